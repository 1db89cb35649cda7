/* The section `policies`: levels in their order, and when each is reached. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define AMOUNT_MOST 10000

static const char *const at_words[] = {"exact", "opening"};                 /* enum threshold_at */
static const char *const short_words[] = {"at_start", "last_day", "never"}; /* threshold_short */

static const char *const threshold_keys[] = {
    "level", "before", "after", "share", "when", "at", "short",
};

/* "3 workdays", "1 workhour": an amount of open time. */
static bool read_amount(const struct yaml_node *node, struct level *level,
                        struct problems *problems)
{
    static const struct {
        const char *word;
        enum threshold_unit unit;
    } units[] = {
        {"workday", THRESHOLD_WORKDAY},
        {"workdays", THRESHOLD_WORKDAY},
        {"workhour", THRESHOLD_WORKHOUR},
        {"workhours", THRESHOLD_WORKHOUR},
    };
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return false;
    int amount, used = 0;
    char word[16];
    if (text[0] >= '0' && text[0] <= '9' &&
        sscanf(text, "%6d %15[a-z]%n", &amount, word, &used) == 2 && text[used] == '\0' &&
        amount <= AMOUNT_MOST) {
        for (size_t i = 0; i < COUNT_OF(units); i++) {
            if (strcmp(word, units[i].word) == 0) {
                level->amount = amount;
                level->unit = units[i].unit;
                return true;
            }
        }
    }
    yaml_problem(
        node, problems,
        "'%s' is no amount of working time; expected 3 workdays or 2 workhours, %d at most", text,
        AMOUNT_MOST);
    return false;
}

static bool read_before(const struct yaml_node *node, struct level *level,
                        struct problems *problems)
{
    if (!read_amount(node, level, problems))
        return false;
    level->amount = -level->amount;
    level->at = level->unit == THRESHOLD_WORKDAY ? AT_OPENING : AT_EXACT;
    return true;
}

static bool read_share(const struct yaml_node *node, struct level *level, struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return false;
    int amount, used = 0;
    level->unit = THRESHOLD_SHARE;
    if (text[0] < '0' || text[0] > '9' || sscanf(text, "%4d%n", &amount, &used) != 1 ||
        (text[used] != '\0' && strcmp(text + used, "%") != 0) || amount < 1 || amount > 100) {
        yaml_problem(node, problems, "'%s' is no share of the limit; expected 1%% to 100%%", text);
        return false;
    }
    level->amount = amount;
    return true;
}

static bool read_when(const struct yaml_node *node, struct level *level, struct problems *problems)
{
    static const char *const words[] = {"overdue", "started"};
    size_t index;
    if (!yaml_read_choice(node, words, COUNT_OF(words), &index, problems))
        return false;
    level->unit = index == 0 ? THRESHOLD_WORKDAY : THRESHOLD_START;
    return true;
}

/* Each way to say when, and what may stand beside it. */
static const struct threshold {
    const char *key;
    bool (*read)(const struct yaml_node *, struct level *, struct problems *);
    bool with_at, with_short;
} thresholds[] = {
    {"before", read_before, true, true},
    {"after", read_amount, true, false},
    {"share", read_share, true, false},
    {"when", read_when, false, false},
};

/* The one threshold of a level; NULL after a problem. */
static const struct threshold *read_threshold(const struct yaml_node *map, struct level *level,
                                              struct problems *problems)
{
    const struct threshold *found = NULL;
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        const struct yaml_node *node = yaml_get(map, thresholds[i].key);
        if (node && found) {
            yaml_problem(node, problems, "'%s' beside '%s'; expected one of them",
                         thresholds[i].key, found->key);
            return NULL;
        }
        if (node)
            found = &thresholds[i];
    }
    if (found == NULL) {
        yaml_problem(map, problems,
                     "when the level is reached is missing; expected 'before: 3 workdays', "
                     "'after: 2 workdays', 'share: 90%%', 'when: overdue' or 'when: started'");
        return NULL;
    }
    return found->read(yaml_get(map, found->key), level, problems) ? found : NULL;
}

/* Reads a word that is only allowed beside some thresholds. */
static bool read_manner(const struct yaml_node *map, const char *key, bool allowed,
                        const struct threshold *threshold, const char *const *words, size_t count,
                        size_t *index, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL)
        return true;
    if (!allowed) {
        yaml_problem(node, problems, "'%s' has no meaning beside '%s'", key, threshold->key);
        return false;
    }
    return yaml_read_choice(node, words, count, index, problems);
}

static void read_name(const struct yaml_node *map, struct level *level, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "level");
    const char *name;
    if (node == NULL)
        yaml_problem(map, problems, "'level' is missing: its name, as yellow");
    if (node == NULL || !yaml_read_text(node, &name, problems) ||
        !config_check_name(node, problems))
        return;
    if (config_kind_is_reserved(name))
        yaml_problem(node, problems, "'%s' is duban's own word; expected another name", name);
    snprintf(level->name, sizeof level->name, "%s", name);
}

static void check_keys(const struct yaml_node *map, struct problems *problems)
{
    size_t own = COUNT_OF(threshold_keys);
    AUTO_FREE const char **known = mem_zero(own + config_level_key_count, sizeof *known);
    memcpy(known, threshold_keys, sizeof threshold_keys);
    memcpy(known + own, config_level_keys, config_level_key_count * sizeof *known);
    yaml_check_keys(map, known, own + config_level_key_count, problems);
}

static void read_level(const struct yaml_node *map, struct level *level, struct config_level *about,
                       struct problems *problems)
{
    if (!yaml_expect(map, YAML_MAP, problems))
        return;
    check_keys(map, problems);
    read_name(map, level, problems);
    config_read_level(map, about, level->name, problems);
    const struct threshold *threshold = read_threshold(map, level, problems);
    if (threshold == NULL)
        return;
    size_t at = level->at, when_short = SHORT_AT_START;
    read_manner(map, "at", threshold->with_at, threshold, at_words, COUNT_OF(at_words), &at,
                problems);
    read_manner(map, "short", threshold->with_short, threshold, short_words, COUNT_OF(short_words),
                &when_short, problems);
    level->at = (enum threshold_at)at;
    level->when_short = (enum threshold_short)when_short;
}

/* Where a threshold lies as far as that can be told without a case: at the start, before due, at
 * it, after. */
static int side(const struct level *level)
{
    if (level->unit == THRESHOLD_START)
        return -2;
    int32_t amount = level->unit == THRESHOLD_SHARE ? level->amount - 100 : level->amount;
    return (amount > 0) - (amount < 0);
}

/* Whether `next` is surely reached before `level`. */
static bool is_earlier(const struct level *next, const struct level *level)
{
    if (next->unit == level->unit && next->amount != level->amount)
        return next->amount < level->amount;
    if (next->unit == level->unit)
        return next->at == AT_OPENING && level->at == AT_EXACT;
    return side(next) < side(level);
}

static void check_order(const struct yaml_node *list, const struct policy *policy,
                        struct problems *problems)
{
    for (size_t i = 1; i < policy->count; i++) {
        const struct level *level = &policy->levels[i];
        if (is_earlier(level, level - 1))
            yaml_problem(list->values[i], problems,
                         "'%s' is reached before '%s'; expected the levels in the order in which "
                         "they are reached",
                         level->name, level[-1].name);
        for (size_t k = 0; k < i; k++) {
            if (level->name[0] && strcmp(level->name, policy->levels[k].name) == 0)
                yaml_problem(list->values[i], problems, "the level '%s' is given twice",
                             level->name);
        }
    }
}

/* A list of levels, or a map with the list under `levels` and where the policy comes from. */
static const struct yaml_node *open_policy(const struct yaml_node *node,
                                           struct config_policy *found, struct problems *problems)
{
    static const char *const keys[] = {"levels", "law"};
    if (node->kind != YAML_MAP)
        return node;
    yaml_check_keys(node, keys, COUNT_OF(keys), problems);
    const struct yaml_node *levels = yaml_get(node, "levels"), *law = yaml_get(node, "law");
    if (law)
        yaml_read_text(law, &found->law, problems);
    if (levels == NULL)
        yaml_problem(node, problems, "'levels' is missing: a list of levels");
    return levels;
}

static void read_policy(const struct yaml_node *node, struct config_policy *found,
                        struct problems *problems)
{
    const struct yaml_node *list = open_policy(node, found, problems);
    if (list == NULL || !yaml_expect(list, YAML_LIST, problems))
        return;
    if (list->count > LEVELS_MOST) {
        yaml_problem(list, problems, "%zu levels; expected %d at most", list->count, LEVELS_MOST);
        return;
    }
    size_t before = problems->total;
    found->policy.count = list->count;
    for (size_t i = 0; i < list->count; i++)
        read_level(list->values[i], &found->policy.levels[i], &found->levels[i], problems);
    if (problems->total == before)
        check_order(list, &found->policy, problems);
}

void config_read_policies(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "policies", false);
    if (section == NULL)
        return;
    config->policies = mem_zero(section->count + 1, sizeof *config->policies); /* the self-test's */
    config->policy_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        struct config_policy *policy = &config->policies[i];
        const struct yaml_node *key = section->keys[i];
        if (config_check_name(key, reader->problems))
            snprintf(policy->policy.name, sizeof policy->policy.name, "%s", key->text);
        read_policy(section->values[i], policy, reader->problems);
    }
    config_order_levels(config);
}
