/* E-mail, through a mail server that takes it in by SMTP (docs/mail.md). */
#ifndef DUBAN_CHANNEL_MAIL_H
#define DUBAN_CHANNEL_MAIL_H

#include "duban/channel.h"

#define CHANNEL_MAIL "mail"

struct mail_options {
    const char *url;      /* smtp://host:port or smtps://host:port */
    const char *tls;      /* of smtp: "starttls" or "none" */
    const char *username; /* NULL: no login */
    char *password;
    const char *from;
    const char *from_name; /* NULL: none */
    const char *reply_to;  /* NULL: none */
    const char *subject;   /* begins every subject; "": nothing does */
    const char *helo;      /* how duban greets; NULL: with the machine's name */
};

extern const struct channel_type channel_mail;

#endif
