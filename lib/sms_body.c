/* The stored body of a short message, and what it costs. */
#include "duban/sms_body.h"

#include "duban/mem.h"
#include "duban/template_field.h"
#include "duban/utf8.h"

#include <string.h>

#define TEXT_BYTES_MOST 65536

static size_t signature_units(const struct channel *channel)
{
    struct channel_billing billing = {0};
    if (channel->type->billing)
        channel->type->billing(channel, &billing);
    return billing.signature ? sms_units(billing.signature) + 2 : 0;
}

static json_t *json_text(const char *text)
{
    AUTO_BUF valid;
    buf_init(&valid, TEXT_BYTES_MOST);
    utf8_add(&valid, text);
    return json_string(buf_string(&valid));
}

static json_t *parameters(const struct template_code *code, const struct template_values *values)
{
    json_t *list = json_array();
    const char *name;
    size_t placeholder;
    for (size_t i = 0; template_code_parameter(code, i, &name, &placeholder); i++) {
        json_t *parameter = json_object();
        json_object_set_new(parameter, "name", json_string(name));
        json_object_set_new(parameter, "value", json_text(values->texts[placeholder]));
        json_array_append_new(list, parameter);
    }
    return list;
}

static bool add_code(const struct wording *wording, const char *code, size_t units_most,
                     size_t characters_most, json_t *root, struct error *error)
{
    AUTO_BUF text;
    struct template_values values;
    buf_init(&text, TEXT_BYTES_MOST);
    if (!template_render_values(wording->text, wording->notice, wording->locale, units_most,
                                characters_most, &text, &values, error))
        return false;
    json_object_set_new(root, "text", json_text(buf_string(&text)));
    json_object_set_new(root, "code", json_string(code));
    json_object_set_new(root, "params", parameters(wording->code, &values));
    template_values_finish(&values);
    return true;
}

static void add_text(const struct wording *wording, size_t units_most, json_t *root)
{
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    template_render(wording->text, wording->notice, wording->locale, units_most, &text);
    json_object_set_new(root, "text", json_text(buf_string(&text)));
}

static int append(const char *bytes, size_t length, void *out)
{
    return buf_add(out, bytes, length) ? 0 : -1;
}

bool sms_body_compose(const struct channel *channel, const struct wording *wording,
                      size_t characters_most, struct buf *body, struct error *error)
{
    bool may = channel->type->code != CODE_NONE;
    const char *code = may ? template_code_find(wording->code, channel->name) : NULL;
    if (code == NULL && channel->type->code == CODE_REQUIRED)
        return error_set(error, "the text of %s for %s has no approved template on %s",
                         wording->notice->kind, wording->notice->role, channel->name);
    json_t *root = json_object();
    size_t units_most = sms_room(wording->segments, signature_units(channel));
    bool fine = true;
    if (code)
        fine = add_code(wording, code, units_most, characters_most, root, error);
    else
        add_text(wording, units_most, root);
    if (fine)
        json_dump_callback(root, append, body, JSON_COMPACT);
    json_decref(root);
    return fine;
}

static bool check_parameters(const json_t *params)
{
    if (params && !json_is_array(params))
        return false;
    for (size_t i = 0; i < json_array_size(params); i++) {
        const json_t *parameter = json_array_get(params, i);
        if (!json_is_string(json_object_get(parameter, "name")) ||
            !json_is_string(json_object_get(parameter, "value")))
            return false;
    }
    return true;
}

bool sms_body_read(const struct message *message, struct sms_body *body, struct error *error)
{
    struct sms_body read = {.root = json_loadb(message->body, message->body_length, 0, NULL)};
    read.text = json_string_value(json_object_get(read.root, "text"));
    const char *code = json_string_value(json_object_get(read.root, "code"));
    read.code = code ? code : "";
    read.params = json_object_get(read.root, "params");
    if (read.text && check_parameters(read.params)) {
        *body = read;
        return true;
    }
    json_decref(read.root);
    return error_set(error, "the stored body is no short message");
}

void sms_body_finish(struct sms_body *body)
{
    json_decref(body->root);
    *body = (struct sms_body){0};
}

bool sms_body_parameter(const struct sms_body *body, size_t index, const char **name,
                        const char **value)
{
    const json_t *parameter = json_array_get(body->params, index);
    if (parameter == NULL)
        return false;
    *name = json_string_value(json_object_get(parameter, "name"));
    *value = json_string_value(json_object_get(parameter, "value"));
    return true;
}

bool sms_check_signature(const char *setting, const char *signature, const struct yaml_node *node,
                         struct problems *problems)
{
    size_t characters = utf8_length(signature);
    if (strstr(signature, "【") || strstr(signature, "】"))
        yaml_problem(node, problems,
                     "%s: expected the signature without 【】, which the provider adds", setting);
    else if (characters < 2 || characters > 20)
        yaml_problem(node, problems, "%s: a signature has 2 to 20 characters", setting);
    else
        return true;
    return false;
}

struct sms_size sms_bill(const struct channel *channel, const char *text)
{
    struct channel_billing billing = {0};
    channel->type->billing(channel, &billing);
    AUTO_BUF whole;
    buf_init(&whole, 2 * TEXT_BYTES_MOST);
    if (billing.signature)
        buf_format(&whole, "【%s】", billing.signature);
    buf_text(&whole, text);
    const char *billed = buf_string(&whole);
    return billing.gsm7 && sms_is_gsm7(billed) ? sms_measure_gsm7(billed) : sms_measure(billed);
}
