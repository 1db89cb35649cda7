/* Webhooks: a signed JSON document to a URL (docs/webhook.md). */
#ifndef DUBAN_CHANNEL_WEBHOOK_H
#define DUBAN_CHANNEL_WEBHOOK_H

#include "duban/channel.h"

#define CHANNEL_WEBHOOK "webhook"

struct webhook_options {
    char *secret; /* "whsec_…" or any text; see signature.h */
};

extern const struct channel_type channel_webhook;

#endif
