/* Acts in JSON. */
#include "duban/act.h"

#include "json_read.h"

#include <string.h>

/* A text that fits whole; null counts as missing. */
static bool read_text(const char *key, const json_t *value, char *text, size_t room,
                      struct error *error)
{
    if (json_is_null(value))
        return true;
    if (!json_is_string(value))
        return error_set(error, "%s is no text", key);
    const char *from = json_string_value(value);
    if (json_string_length(value) >= room)
        return error_set(error, "%s is too long", key);
    for (const char *at = from; *at; at++)
        if (((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7f)
            return error_set(error, "%s has control characters", key);
    memcpy(text, from, strlen(from) + 1);
    return true;
}

static bool read_member(struct act *act, const char *key, const json_t *value, struct error *error)
{
    if (strcmp(key, "clock") == 0)
        return read_text(key, value, act->clock, sizeof act->clock, error);
    if (strcmp(key, "note") == 0)
        return read_text(key, value, act->note, sizeof act->note, error);
    if (strcmp(key, "reason") == 0)
        return read_text(key, value, act->reason, sizeof act->reason, error);
    if (strcmp(key, "until") != 0)
        return error_set(error, "only clock, note, reason and until are known");
    char until[64] = "";
    return read_text(key, value, until, sizeof until, error) &&
           (until[0] == '\0' || instant_parse(until, &act->until, NULL) ||
            error_set(error, "until is no instant such as 2026-06-01T17:00:00+08:00"));
}

bool act_read(struct act *act, const char *text, size_t length, struct error *error)
{
    struct act read = {.until = WALL_NONE};
    const char *key;
    json_t *value;
    *act = read;
    if (length == 0)
        return true;
    AUTO_JSON *object = json_read_document(text, length, NULL);
    if (!json_is_object(object))
        return error_set(error, "the body is no JSON object");
    json_object_foreach(object, key,
                        value) if (!read_member(&read, key, value, error)) return false;
    *act = read;
    return true;
}
