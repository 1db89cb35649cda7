/* Webhooks: a signed JSON document to a URL (docs/webhook.md). */
#ifndef DUBAN_CHANNEL_WEBHOOK_H
#define DUBAN_CHANNEL_WEBHOOK_H

#include "duban/channel.h"

#define CHANNEL_WEBHOOK "webhook"

#define WEBHOOK_HEADERS_MOST 8

struct webhook_header {
    const char *name; /* borrowed from the configuration */
    char *value;      /* owned, wiped */
};

struct webhook_options {
    char *secret;            /* "whsec_…" or any text; see signature.h */
    char *old_secret;        /* signs too, while receivers change over; NULL: none */
    const char *format;      /* "standard" or "cloudevents" */
    const char *source;      /* of CloudEvents */
    char *certificate, *key; /* paths of what duban shows to receivers that ask; NULL: nothing */
    size_t header_count;
    struct webhook_header headers[WEBHOOK_HEADERS_MOST];
};

extern const struct channel_type channel_webhook;

/* The settings that no table can tell (channel_webhook_settings.c): `headers`, with the files they
 * name, and whether certificate and key can be used together. */
bool webhook_read(void *options, const struct yaml_node *map, struct problems *problems);
void webhook_finish(void *options);

#endif
