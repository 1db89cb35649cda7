/* The types of channels that setup can write, by their own tables of settings. */
#ifndef CTL_SETUP_CHANNEL_H
#define CTL_SETUP_CHANNEL_H

#include "duban/channel.h"

#define SETUP_CHOICE_BYTES 200

/* NULL for a name that is none, and for types that need more than a few texts: approved templates,
 * or a description of the gateway. */
const struct channel_type *setup_channel_type(const char *name);

/* "webhook, kannel, …" */
void setup_channel_choice(char choice[SETUP_CHOICE_BYTES]);

/* What the configuration calls it: sms, robot, mail, hook. */
const char *setup_channel_name(const char *type);

/* Its one secret, or NULL. `type` is a name that setup_channel_type knows, here and below. */
const struct setting *setup_channel_secret(const char *type);

/* A setting that can be given as a text, or NULL. */
const struct setting *setup_channel_setting(const char *type, const char *key);

/* Whether a setting has to be given; and whether a person should be asked for it, having a default
 * or none. */
bool setup_channel_needs(const struct setting *setting);
bool setup_channel_asks(const struct setting *setting);

#endif
