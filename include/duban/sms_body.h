/* The stored body of a short message to a provider that may make the text itself:
 *
 *     {"text": "…", "code": "SMS_154950909", "params": [{"name": "item", "value": "…"}, …]}
 *
 * The text is the whole message as the receiver reads it, without the provider's signature; it is
 * kept for audit and length. Code and parameters are what such a provider is sent; without a code
 * it is the text. */
#ifndef DUBAN_SMS_BODY_H
#define DUBAN_SMS_BODY_H

#include "duban/channel.h"
#include "duban/sms_text.h"

#include <jansson.h>

/* Composes it for a channel whose parameters hold `characters_most` characters each. Fails when
 * the text can't be said there: no code where one is required, or a value that is too long and
 * may not be cut. */
bool sms_body_compose(const struct channel *channel, const struct wording *wording,
                      size_t characters_most, struct buf *body, struct error *error) MUST_USE;

struct sms_body {
    json_t *root; /* owns the others */
    const char *text;
    const char *code;     /* "" for none */
    const json_t *params; /* an array of {"name", "value"}, both texts */
};

/* Reads a message's body, for a request. */
bool sms_body_read(const struct message *message, struct sms_body *body,
                   struct error *error) MUST_USE;
void sms_body_finish(struct sms_body *body);

/* The index-th parameter; false past the last. */
bool sms_body_parameter(const struct sms_body *body, size_t index, const char **name,
                        const char **value);

/* Whether a setting is a signature as a provider knows it: 2 to 20 characters without 【】. Adds a
 * problem at `node`. */
bool sms_check_signature(const char *setting, const char *signature, const struct yaml_node *node,
                         struct problems *problems);

/* How many units and segments are billed for a text with its signature. Only for channels with
 * `billing`. A signature that isn't known isn't counted. */
struct sms_size sms_bill(const struct channel *channel, const char *text);

#endif
