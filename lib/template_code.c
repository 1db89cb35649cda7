/* Approved templates: codes and parameters, read from the configuration. */
#include "duban/template_code.h"

#include "duban/mem.h"
#include "duban/problem.h"
#include "duban/template_field.h"

#include <string.h>

#define CODE_BYTES_MOST 64
#define NAME_BYTES_MOST 32

struct parameter {
    const char *name;
    size_t placeholder;
};

struct template_code {
    const struct yaml_node *channels; /* channel → code */
    size_t count;
    struct parameter *parameters;
};

/* While it is read. */
struct reading {
    struct template_code *code;
    const struct template *text;
    struct problems *problems;
};

static bool is_plain_word(const char *word, size_t bytes_most)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_-.";
    size_t length = strspn(word, allowed);
    return length > 0 && length <= bytes_most && word[length] == '\0';
}

static size_t count_placeholders(const struct template *text)
{
    size_t count = 0;
    while (template_placeholder(text, count))
        count++;
    return count;
}

static bool find_placeholder(const struct reading *reading, const struct yaml_node *node,
                             size_t *index)
{
    const struct template_field *field;
    for (size_t i = 0; (field = template_placeholder(reading->text, i)); i++) {
        if (strcmp(field->name, node->text) == 0) {
            *index = i;
            return true;
        }
    }
    const char *nearest = template_field_nearest(node->text);
    if (template_field_find(node->text))
        yaml_problem(node, reading->problems, "the text has no {%s}, so it can't be a parameter",
                     node->text);
    else
        yaml_problem(node, reading->problems, "'%.40s' is no placeholder%s%s%s", node->text,
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
    return false;
}

static bool is_new(const struct reading *reading, const struct parameter *parameter,
                   const struct yaml_node *node)
{
    for (size_t i = 0; i < reading->code->count; i++) {
        const struct parameter *other = &reading->code->parameters[i];
        bool same_name = strcmp(other->name, parameter->name) == 0;
        if (same_name || other->placeholder == parameter->placeholder) {
            yaml_problem(node, reading->problems, "'%s' is given twice",
                         same_name ? parameter->name : node->text);
            return false;
        }
    }
    return true;
}

static void add_parameter(struct template_code *code, struct parameter parameter)
{
    code->parameters = mem_grow(code->parameters, code->count + 1, sizeof parameter);
    code->parameters[code->count++] = parameter;
}

/* `value` names the placeholder, `name` the parameter. */
static bool read_parameter(struct reading *reading, const struct yaml_node *name,
                           const struct yaml_node *value)
{
    struct parameter parameter;
    const char *text;
    if (!yaml_read_text(value, &text, reading->problems) ||
        !find_placeholder(reading, value, &parameter.placeholder))
        return false;
    parameter.name = name->text;
    if (!is_plain_word(parameter.name, NAME_BYTES_MOST)) {
        yaml_problem(name, reading->problems,
                     "expected the name of a parameter: letters, digits and _, %d at most",
                     NAME_BYTES_MOST);
        return false;
    }
    if (!is_new(reading, &parameter, value))
        return false;
    add_parameter(reading->code, parameter);
    return true;
}

/* Every placeholder must be sent, or the text would say what the provider's doesn't. */
static bool check_complete(const struct reading *reading, const struct yaml_node *node)
{
    bool complete = true;
    const struct template_field *field;
    for (size_t i = 0; (field = template_placeholder(reading->text, i)); i++) {
        bool found = false;
        for (size_t k = 0; k < reading->code->count && !found; k++)
            found = reading->code->parameters[k].placeholder == i;
        if (!found)
            yaml_problem(node, reading->problems, "the text's {%s} is missing", field->name);
        complete &= found;
    }
    return complete;
}

static bool read_parameters(struct reading *reading, const struct yaml_node *node)
{
    if (node == NULL) {
        for (size_t i = 0; i < count_placeholders(reading->text); i++)
            add_parameter(reading->code,
                          (struct parameter){template_placeholder(reading->text, i)->name, i});
        return true;
    }
    bool is_map = node->kind == YAML_MAP;
    if (!is_map && !yaml_expect(node, YAML_LIST, reading->problems))
        return false;
    bool fine = true;
    for (size_t i = 0; i < node->count; i++)
        fine &= read_parameter(reading, is_map ? node->keys[i] : node->values[i], node->values[i]);
    return fine && check_complete(reading, node);
}

static bool read_codes(struct reading *reading, const struct yaml_node *node)
{
    if (node == NULL || !yaml_expect(node, YAML_MAP, reading->problems))
        return node == NULL;
    bool fine = true;
    for (size_t i = 0; i < node->count; i++) {
        const char *word;
        if (!yaml_read_text(node->values[i], &word, reading->problems)) {
            fine = false;
        } else if (!is_plain_word(word, CODE_BYTES_MOST)) {
            yaml_problem(node->values[i], reading->problems,
                         "expected the code of a template as the provider gives it: letters, "
                         "digits, _ and -, %d at most",
                         CODE_BYTES_MOST);
            fine = false;
        }
    }
    reading->code->channels = node;
    return fine;
}

struct template_code *template_code_create(const struct yaml_node *map, const struct template *text,
                                           struct problems *problems)
{
    struct reading reading = {
        .code = mem_zero(1, sizeof *reading.code), .text = text, .problems = problems};
    bool fine = read_codes(&reading, yaml_get(map, "code"));
    fine &= read_parameters(&reading, yaml_get(map, "params"));
    if (fine)
        return reading.code;
    template_code_destroy(reading.code);
    return NULL;
}

void template_code_destroy(struct template_code *code)
{
    if (code == NULL)
        return;
    free(code->parameters);
    free(code);
}

const char *template_code_find(const struct template_code *code, const char *channel)
{
    const struct yaml_node *node = code ? yaml_get(code->channels, channel) : NULL;
    return node ? node->text : NULL;
}

const struct yaml_node *template_code_channels(const struct template_code *code)
{
    return code->channels;
}

bool template_code_parameter(const struct template_code *code, size_t index, const char **name,
                             size_t *placeholder)
{
    if (index >= code->count)
        return false;
    *name = code->parameters[index].name;
    *placeholder = code->parameters[index].placeholder;
    return true;
}
