/* Pieces of explanations: instants, limits, masked names, as JSON. */
#include "explanation_parts.h"

#include "duban/mask.h"
#include "duban/mem.h"

#define TEXT_BYTES_MOST (64u << 10)

json_t *explained_instant(const struct explanation_request *request, wall_us at)
{
    char text[INSTANT_TEXT_BYTES];
    if (at == WALL_NONE)
        return json_null();
    wall_us second = at - (at % US_PER_S + US_PER_S) % US_PER_S;
    int32_t offset_s = calendar_offset_s(request->config->calendar, at);
    return json_string(instant_text_offset(second, offset_s, text));
}

static json_t *stored_instant(const struct explanation_request *request, const json_t *state,
                              const char *key)
{
    wall_us at;
    if (!instant_parse(explained_string(state, key), &at, NULL))
        return json_null();
    return explained_instant(request, at);
}

json_t *explained_limit(struct limit limit)
{
    return json_pack("{s:i, s:s}", "value", (int)limit.value, "unit", limit_unit_word(limit.unit));
}

json_t *explained_day(day_number day)
{
    char text[DAY_TEXT_BYTES];
    return json_string(day_text(day, text));
}

json_t *explained_word(const char *word)
{
    return word && *word ? json_string(word) : json_null();
}

static json_t *masked(void (*mask)(struct buf *out, const char *text), const char *text)
{
    AUTO_BUF out;
    buf_init(&out, TEXT_BYTES_MOST);
    if (text == NULL || *text == '\0')
        return json_null();
    mask(&out, text);
    return json_string(buf_string(&out));
}

json_t *explained_name(const char *name)
{
    return masked(mask_name, name);
}

json_t *explained_phone(const char *phone)
{
    return masked(mask_phone, phone);
}

json_t *explained_address(const char *address)
{
    return masked(mask_address, address);
}

json_t *explained_text(const char *text)
{
    return masked(mask_text, text);
}

const char *explained_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

void explained_copy(json_t *object, const json_t *state, const char *key)
{
    json_t *value = json_object_get(state, key);
    json_object_set_new(object, key, value ? json_deep_copy(value) : json_null());
}

void explained_copy_instant(const struct explanation_request *request, json_t *object,
                            const json_t *state, const char *key)
{
    json_object_set_new(object, key, stored_instant(request, state, key));
}
