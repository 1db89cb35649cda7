/* Short messages through Kannel's HTTP interface (docs/sms-kannel.md). */
#ifndef DUBAN_CHANNEL_KANNEL_H
#define DUBAN_CHANNEL_KANNEL_H

#include "duban/channel.h"

#include <stdint.h>

#define CHANNEL_KANNEL "kannel"

struct kannel_options {
    const char *url; /* of sendsms, without a query */
    const char *username;
    char *password;
    const char *from;    /* sender number; NULL: the gateway's own */
    int64_t dlr_mask;    /* which delivery reports are wanted; 0 none */
    const char *dlr_url; /* where to: {id} stands for the message's id, {secret} for the
                            channel's receipt_path; Kannel fills in %d and the like; NULL
                            without reports */
};

extern const struct channel_type channel_kannel;

#endif
