/* Names in the configuration: what may be one, and what they refer to. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

const char *const config_role_words[ROLES] = {
    "window",    "department", "centre", "supervision", "leader", "handler",
    "applicant", "admin",      "lead",   "part",        "agent",  "system",
};

static const char *const own_kinds[] = {
    "completed",       "returned",        "withdrawn",       "met",      "vanished", "cleared",
    "baseline",        "calendar_ending", "beyond_calendar", "reminder", "test",     "digest",
    "level_withdrawn", "tacit_approval",  "reopened",
};

/* Events of which nobody is told; "normal" is the level of a clock that has reached none. */
static const char *const silent_kinds[] = {"normal", "acknowledged", "dropped", "rules_changed"};

/* What people did at the board, and to its accounts. */
static const char *const act_kinds[] = {
    "denied",        "login",        "revealed",      "silenced",    "resent",        "user_added",
    "user_disabled", "user_enabled", "user_password", "token_added", "token_revoked",
};

/* Told as the sections `alarms` and `selftest` say. */
static const char *const direct_kinds[] = {"alarm", "alarm_over", SELFTEST};

static const char *const general_kinds[] = {"baseline", "calendar_ending", "beyond_calendar",
                                            "test"};

static bool holds(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

bool config_kind_is_reserved(const char *word)
{
    return holds(silent_kinds, COUNT_OF(silent_kinds), word) ||
           holds(act_kinds, COUNT_OF(act_kinds), word) || irregularity_parse(word, NULL) ||
           holds(own_kinds, COUNT_OF(own_kinds), word) ||
           holds(direct_kinds, COUNT_OF(direct_kinds), word);
}

bool config_kind_is_general(const char *kind)
{
    return holds(general_kinds, COUNT_OF(general_kinds), kind);
}

const char **config_event_kinds(const struct config *config, size_t *count)
{
    size_t most = COUNT_OF(own_kinds) + config->policy_count * LEVELS_MOST + IRREGULARITIES;
    const char **kinds = mem_zero(most, sizeof *kinds);
    memcpy(kinds, own_kinds, sizeof own_kinds);
    *count = COUNT_OF(own_kinds);
    for (size_t p = 0; p < config->policy_count; p++) {
        const struct policy *policy = &config->policies[p].policy;
        for (size_t i = 0; i < policy->count; i++) {
            if (!holds(kinds, *count, policy->levels[i].name))
                kinds[(*count)++] = policy->levels[i].name;
        }
    }
    for (size_t i = 0; i < IRREGULARITIES; i++)
        kinds[(*count)++] = irregularity_word((enum irregularity_kind)i);
    return kinds;
}

const char **config_text_kinds(const struct config *config, size_t *count)
{
    size_t routed;
    const char **kinds = config_event_kinds(config, &routed);
    kinds = mem_grow(kinds, routed + COUNT_OF(direct_kinds), sizeof *kinds);
    *count = routed;
    for (size_t i = 0; i < COUNT_OF(direct_kinds); i++) {
        if (!holds(kinds, routed, direct_kinds[i]))
            kinds[(*count)++] = direct_kinds[i];
    }
    return kinds;
}

const struct yaml_node *config_section(struct config_reader *reader, const char *key, bool optional)
{
    const struct yaml_node *section = yaml_get(reader->root, key);
    if (section == NULL && !optional)
        yaml_problem(reader->root, reader->problems, "the section '%s' is missing", key);
    if (section == NULL || !yaml_expect(section, YAML_MAP, reader->problems))
        return NULL;
    return section;
}

bool config_check_name(const struct yaml_node *key, struct problems *problems)
{
    const char *name = key->text;
    if (name[0] >= 'a' && name[0] <= 'z' && strlen(name) < LEVEL_NAME_BYTES &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name))
        return true;
    yaml_problem(key, problems,
                 "'%s' is no name; expected a small letter, then small letters, digits, _ or -, "
                 "%d at most",
                 name, LEVEL_NAME_BYTES - 1);
    return false;
}

bool config_pick(struct config_reader *reader, const struct yaml_node *node, const char *section,
                 size_t *index)
{
    const struct yaml_node *map = yaml_get(reader->root, section);
    if (map == NULL || map->kind != YAML_MAP)
        return false;
    AUTO_FREE const char **names = mem_zero(map->count, sizeof *names);
    for (size_t i = 0; i < map->count; i++)
        names[i] = map->keys[i]->text;
    return yaml_read_choice(node, names, map->count, index, reader->problems);
}
