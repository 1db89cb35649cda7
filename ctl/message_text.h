/* Messages and dead letters as a person reads them. */
#ifndef CTL_MESSAGE_TEXT_H
#define CTL_MESSAGE_TEXT_H

#include "command.h"

#include "duban/buf.h"
#include "duban/config.h"

#include <jansson.h>

/* A text or a number of a JSON object; "" and 0 when it is missing or null. */
const char *json_text(const json_t *object, const char *key);
long long json_number(const json_t *object, const char *key);

/* A state or a verdict as people call it. */
const char *call_state(const struct context *context, const char *word);

/* A kind: a level by its label in the configuration, which may be NULL. */
const char *call_kind(const struct context *context, const struct config *config, const char *kind);

/* An instant of a JSON object, "2026-06-03 09:00:00+08:00" in the default calendar's time, in UTC
 * without a configuration; "-" for a null. */
void add_when(struct buf *out, const struct config *config, const json_t *object, const char *key);

/* The lines of `dead list`. */
void add_dead(struct buf *out, const struct context *context, const struct config *config,
              const json_t *dead);

/* The lines of `message list`. */
void add_messages(struct buf *out, const struct context *context, const struct config *config,
                  const json_t *messages);

/* All about one message, as duban.message_show tells it. The text only when `message` has it. */
void add_message(struct buf *out, const struct context *context, const struct config *config,
                 const json_t *message);

#endif
