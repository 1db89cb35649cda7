/* Typed readers over YAML nodes; what is wrong is reported with its place. */
#include "duban/yaml.h"

#include "duban/instant.h"
#include "duban/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void yaml_problem(const struct yaml_node *node, struct problems *problems, const char *format, ...)
{
    char text[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems_add(problems, node->file, node->line, node->column, "%s", text);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->values[i];
    return NULL;
}

bool yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct problems *problems)
{
    static const char *const names[] = {"a value", "a list", "a map of keys and values"};
    if (node->kind == kind)
        return true;
    yaml_problem(node, problems, "found %s, expected %s", names[node->kind], names[kind]);
    return false;
}

bool yaml_check_keys(const struct yaml_node *map, const char *const *known, size_t count,
                     struct problems *problems)
{
    bool fine = true;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = map->keys[i];
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = strcmp(key->text, known[k]) == 0;
        if (found)
            continue;
        fine = false;
        const char *nearest = problem_nearest(key->text, known, count);
        if (nearest)
            yaml_problem(key, problems, "unknown key '%s'; did you mean '%s'?", key->text, nearest);
        else
            yaml_problem(key, problems, "unknown key '%s'", key->text);
    }
    return fine;
}

static bool is_null(const struct yaml_node *node)
{
    return node->plain && (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
                           strcmp(node->text, "null") == 0);
}

bool yaml_read_text(const struct yaml_node *node, const char **text, struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    if (is_null(node)) {
        yaml_problem(node, problems, "nothing given, expected text");
        return false;
    }
    *text = node->text;
    return true;
}

bool yaml_read_int(const struct yaml_node *node, int64_t least, int64_t most, int64_t *value,
                   struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(node->text, &end, 10);
    const char *digits = node->text + (node->text[0] == '-');
    if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || errno || number < least ||
        number > most) {
        yaml_problem(node, problems, "'%s' is not a whole number from %lld to %lld", node->text,
                     (long long)least, (long long)most);
        return false;
    }
    *value = number;
    return true;
}

bool yaml_read_bool(const struct yaml_node *node, bool *value, struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    bool yes = strcmp(node->text, "true") == 0 || strcmp(node->text, "yes") == 0;
    if (!yes && strcmp(node->text, "false") != 0 && strcmp(node->text, "no") != 0) {
        yaml_problem(node, problems, "'%s' is neither true nor false", node->text);
        return false;
    }
    *value = yes;
    return true;
}

bool yaml_read_choice(const struct yaml_node *node, const char *const *words, size_t count,
                      size_t *index, struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            *index = i;
            return true;
        }
    }
    AUTO_BUF choice;
    buf_init(&choice, 400);
    bool whole = true;
    for (size_t i = 0; i < count && whole; i++)
        whole = buf_format(&choice, "%s%s", i ? ", " : "", words[i]);
    const char *rest = whole ? "" : ", …";
    const char *nearest = problem_nearest(node->text, words, count);
    if (nearest)
        yaml_problem(node, problems, "'%s' is unknown; did you mean '%s'? (one of: %s%s)",
                     node->text, nearest, buf_string(&choice), rest);
    else
        yaml_problem(node, problems, "'%s' is unknown; expected one of: %s%s", node->text,
                     buf_string(&choice), rest);
    return false;
}

struct unit {
    const char *suffix;
    int64_t us;
};

static const struct unit units[] = {
    {"ms", 1000},
    {"s", 1000000},
    {"m", 60 * INT64_C(1000000)},
    {"h", 3600 * INT64_C(1000000)},
    {"d", 86400 * INT64_C(1000000)},
};

/* "5m" → microseconds; false when it isn't of that form or doesn't fit. */
static bool parse_span(const char *text, int64_t *span)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno)
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcmp(end, units[i].suffix) == 0)
            return !__builtin_mul_overflow((int64_t)number, units[i].us, span);
    return false;
}

bool yaml_read_span(const struct yaml_node *node, int64_t least_us, int64_t most_us, int64_t *span,
                    struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    int64_t value;
    char least[SPAN_TEXT_BYTES], most[SPAN_TEXT_BYTES];
    if (parse_span(node->text, &value) && value >= least_us && value <= most_us) {
        *span = value;
        return true;
    }
    yaml_problem(node, problems,
                 "'%s' is not a length of time from %s to %s; expected a number and a unit, as "
                 "250ms, 10s, 5m, 2h or 3d",
                 node->text, span_text(least_us, least), span_text(most_us, most));
    return false;
}

bool yaml_read_rate(const struct yaml_node *node, int64_t most, int64_t least_us, int64_t most_us,
                    int64_t *amount, int64_t *span, struct problems *problems)
{
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    char *end, least[SPAN_TEXT_BYTES], longest[SPAN_TEXT_BYTES];
    errno = 0;
    long long number = strtoll(node->text, &end, 10);
    int64_t length;
    if (node->text[0] >= '1' && node->text[0] <= '9' && errno == 0 && number <= most &&
        strncmp(end, " per ", 5) == 0 && parse_span(end + 5, &length) && length >= least_us &&
        length <= most_us) {
        *amount = number;
        *span = length;
        return true;
    }
    yaml_problem(node, problems,
                 "'%s' is no rate; expected one as 20 per 1m: an amount up to %lld in a length of "
                 "time from %s to %s",
                 node->text, (long long)most, span_text(least_us, least),
                 span_text(most_us, longest));
    return false;
}
