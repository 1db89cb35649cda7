/* Short messages through China Mobile's 云MAS (docs/sms-mas.md). */
#ifndef DUBAN_CHANNEL_MAS_H
#define DUBAN_CHANNEL_MAS_H

#include "duban/channel.h"

#include <stdint.h>

#define CHANNEL_MAS "mas"

struct mas_options {
    const char *url;       /* of the platform, without a path */
    const char *text_path; /* NULL: by the URL's scheme */
    const char *template_path;
    const char *ec_name, *ap_id;
    char *secret_key;
    const char *sign;      /* the signature's code */
    const char *sign_name; /* its text, to be counted; NULL: not known */
    const char *add_serial;
    bool send_secret;
    int64_t parameter_most; /* characters that a parameter of a template holds */
};

extern const struct channel_type channel_mas;

#endif
