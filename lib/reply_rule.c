/* Rules by which a gateway's replies are understood. */
#include "duban/reply_rule.h"

#include "duban/mem.h"
#include "duban/outcome.h"

#include <stdio.h>
#include <string.h>

#define STATUS_LEAST 100
#define STATUS_MOST  599

/* A value or a list of them; NULL fits everything. */
struct reply_rule {
    enum verdict verdict;
    int64_t pause_us;
    size_t scope; /* enum throttle_scope */
    const struct yaml_node *status, *values, *contains;
    const char *pointer;
};

struct reply_rules {
    size_t count;
    struct reply_rule items[];
};

/* --- pointers --- */

bool json_pointer_check(const char *pointer)
{
    if (*pointer && *pointer != '/')
        return false;
    for (const char *at = pointer; (at = strchr(at, '~')); at++)
        if (at[1] != '0' && at[1] != '1')
            return false;
    return true;
}

/* One step: the name up to the next slash, with ~1 and ~0 read. */
static const json_t *step(const json_t *value, const char *name, size_t length)
{
    AUTO_FREE char *key = mem_zero(length + 1, 1);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        bool escaped = name[i] == '~';
        i += escaped;
        key[used++] = (char)(!escaped ? name[i] : name[i] == '1' ? '/' : '~');
    }
    if (json_is_array(value)) {
        char *end;
        unsigned long index = strtoul(key, &end, 10);
        return used && *end == '\0' && key[0] != '-' ? json_array_get(value, index) : NULL;
    }
    return json_object_get(value, key);
}

const json_t *json_pointer_get(const json_t *root, const char *pointer)
{
    while (root && *pointer) {
        size_t length = strcspn(++pointer, "/");
        root = step(root, pointer, length);
        pointer += length;
    }
    return root;
}

bool json_scalar_text(const json_t *value, char text[80])
{
    int length = -1;
    if (json_is_string(value))
        length = snprintf(text, 80, "%s", json_string_value(value));
    else if (json_is_integer(value))
        length = snprintf(text, 80, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        length = snprintf(text, 80, "%.15g", json_real_value(value));
    else if (json_is_boolean(value))
        length = snprintf(text, 80, "%s", json_is_true(value) ? "true" : "false");
    return length >= 0 && length < 80;
}

/* --- reading --- */

static size_t choices_of(const struct yaml_node *node)
{
    return node->kind == YAML_LIST ? node->count : 1;
}

static const struct yaml_node *choice_of(const struct yaml_node *node, size_t index)
{
    return node->kind == YAML_LIST ? node->values[index] : node;
}

/* "200" or "200-299". */
static bool read_range(const char *text, int *least, int *most)
{
    int end = 0;
    bool one = sscanf(text, "%3d%n", least, &end) == 1 && text[end] == '\0';
    *most = *least;
    if (!one && (sscanf(text, "%3d-%3d%n", least, most, &end) != 2 || text[end]))
        return false;
    return *least >= STATUS_LEAST && *least <= *most && *most <= STATUS_MOST;
}

static bool read_choices(const struct yaml_node *map, const char *key, bool is_status,
                         const struct yaml_node **node, struct problems *problems)
{
    *node = yaml_get(map, key);
    bool fine = true;
    for (size_t i = 0; *node && i < choices_of(*node); i++) {
        const struct yaml_node *choice = choice_of(*node, i);
        const char *text;
        int least, most;
        if (!yaml_read_text(choice, &text, problems)) {
            fine = false;
        } else if (is_status && !read_range(text, &least, &most)) {
            yaml_problem(choice, problems, "'%.20s' is no status; expected one as 200 or 500-599",
                         text);
            fine = false;
        } else if (*text == '\0') {
            yaml_problem(choice, problems, "an empty text says nothing");
            fine = false;
        }
    }
    if (*node && choices_of(*node) == 0) {
        yaml_problem(*node, problems, "the list is empty");
        fine = false;
    }
    return fine;
}

static bool read_verdict(const struct yaml_node *map, struct reply_rule *rule,
                         struct problems *problems)
{
    const char *words[VERDICTS];
    for (enum verdict i = 0; i < VERDICTS; i++)
        words[i] = verdict_word(i);
    const struct yaml_node *node = yaml_get(map, "verdict");
    size_t index;
    if (node == NULL) {
        yaml_problem(map, problems, "'verdict' is missing: what the reply means");
        return false;
    }
    if (!yaml_read_choice(node, words, VERDICTS, &index, problems))
        return false;
    rule->verdict = (enum verdict)index;
    return true;
}

static bool read_pointer(const struct yaml_node *map, struct reply_rule *rule,
                         struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "json");
    if (node == NULL && rule->values) {
        yaml_problem(map, problems, "'is' needs 'json', which tells what is compared");
        return false;
    }
    if (node == NULL)
        return true;
    if (!yaml_read_text(node, &rule->pointer, problems))
        return false;
    if (*rule->pointer && json_pointer_check(rule->pointer))
        return true;
    yaml_problem(node, problems, "'%.40s' is no JSON pointer; expected one as /data/code",
                 rule->pointer);
    return false;
}

static bool read_pause(const struct yaml_node *map, struct reply_rule *rule,
                       struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "pause");
    if (node && rule->verdict != VERDICT_THROTTLED) {
        yaml_problem(node, problems, "'pause' belongs to the verdict throttled");
        return false;
    }
    return node == NULL || yaml_read_span(node, US_PER_S, US_PER_DAY, &rule->pause_us, problems);
}

/* In the order of enum throttle_scope. */
static bool read_scope(const struct yaml_node *map, struct reply_rule *rule,
                       struct problems *problems)
{
    static const char *const words[] = {"message", "channel"};
    const struct yaml_node *node = yaml_get(map, "scope");
    if (node && rule->verdict != VERDICT_THROTTLED) {
        yaml_problem(node, problems, "'scope' belongs to the verdict throttled");
        return false;
    }
    return node == NULL || yaml_read_choice(node, words, COUNT_OF(words), &rule->scope, problems);
}

static bool read_rule(const struct yaml_node *map, struct reply_rule *rule,
                      struct problems *problems)
{
    static const char *const keys[] = {"verdict",  "status", "json", "is",
                                       "contains", "pause",  "scope"};
    if (!yaml_expect(map, YAML_MAP, problems) ||
        !yaml_check_keys(map, keys, COUNT_OF(keys), problems))
        return false;
    bool fine = read_verdict(map, rule, problems);
    fine &= read_choices(map, "status", true, &rule->status, problems);
    fine &= read_choices(map, "is", false, &rule->values, problems);
    fine &= read_choices(map, "contains", false, &rule->contains, problems);
    fine &= read_pointer(map, rule, problems);
    fine &= read_pause(map, rule, problems);
    fine &= read_scope(map, rule, problems);
    if (fine && !rule->status && !rule->pointer && !rule->contains) {
        yaml_problem(map, problems, "the rule fits every reply; expected status, json or contains");
        return false;
    }
    return fine;
}

static bool accepts(const struct reply_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].verdict == VERDICT_ACCEPTED ||
            rules->items[i].verdict == VERDICT_DELIVERED)
            return true;
    return false;
}

struct reply_rules *reply_rules_create(const struct yaml_node *node, struct problems *problems)
{
    if (!yaml_expect(node, YAML_LIST, problems))
        return NULL;
    struct reply_rules *rules = mem_zero(1, sizeof *rules + node->count * sizeof *rules->items);
    bool fine = true;
    for (rules->count = 0; rules->count < node->count; rules->count++)
        fine &= read_rule(node->values[rules->count], &rules->items[rules->count], problems);
    if (fine && !accepts(rules)) {
        yaml_problem(node, problems, "no rule says what means accepted");
        fine = false;
    }
    if (fine)
        return rules;
    reply_rules_destroy(rules);
    return NULL;
}

void reply_rules_destroy(struct reply_rules *rules)
{
    free(rules);
}

/* --- judging --- */

static bool status_fits(const struct reply_rule *rule, int status)
{
    for (size_t i = 0; rule->status && i < choices_of(rule->status); i++) {
        int least, most;
        if (read_range(choice_of(rule->status, i)->text, &least, &most) && status >= least &&
            status <= most)
            return true;
    }
    return rule->status == NULL;
}

static bool json_fits(const struct reply_rule *rule, const json_t *root)
{
    if (rule->pointer == NULL)
        return true;
    const json_t *value = json_pointer_get(root, rule->pointer);
    char text[80];
    if (value == NULL || rule->values == NULL)
        return value != NULL;
    for (size_t i = 0; json_scalar_text(value, text) && i < choices_of(rule->values); i++)
        if (strcmp(choice_of(rule->values, i)->text, text) == 0)
            return true;
    return false;
}

static bool text_fits(const struct reply_rule *rule, const char *body)
{
    for (size_t i = 0; rule->contains && i < choices_of(rule->contains); i++)
        if (strstr(body, choice_of(rule->contains, i)->text))
            return true;
    return rule->contains == NULL;
}

static void apply(const struct reply_rule *rule, const struct http_reply *reply,
                  struct outcome *outcome)
{
    if (rule->verdict != VERDICT_THROTTLED) {
        outcome_quote(outcome, rule->verdict, reply);
        return;
    }
    outcome_throttle(outcome, reply);
    outcome->scope = (enum throttle_scope)rule->scope;
    if (outcome->retry_after_us < rule->pause_us)
        outcome->retry_after_us = rule->pause_us;
}

bool reply_rules_judge(const struct reply_rules *rules, const struct http_reply *reply,
                       const json_t *root, struct outcome *outcome)
{
    for (size_t i = 0; rules && i < rules->count; i++) {
        const struct reply_rule *rule = &rules->items[i];
        if (status_fits(rule, reply->status) && json_fits(rule, root) &&
            text_fits(rule, reply->body)) {
            apply(rule, reply, outcome);
            return true;
        }
    }
    return false;
}
