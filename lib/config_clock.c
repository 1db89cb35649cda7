/* The section `clocks`: what is timed, for which cases, and by which policy. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define COMPLETION "completion"

static const char *const milestones[MILESTONES + 1] = {
    "received_at", "accepted_at", "processed_at", "reviewed_at", "approved_at", "completed_at",
};
static const char *const starts[] = {"strictly_after", "roll_forward", NULL};
static const char *const dues[] = {"closing", "end_of_day", "same_time", NULL};
static const char *const suspensions[] = {"workdays", "open_time", NULL};

/* A clock as it is written, the choices still as numbers. */
struct written {
    const char *label;
    size_t from, until, start, due, suspensions;
};

#define AT(field) offsetof(struct written, field)

static const struct setting clock_table[] = {
    {"label", SETTING_TEXT, AT(label), .optional = true,
     .help = "as people call it; else its name"},
    {"from", SETTING_CHOICE, AT(from), "accepted_at", .choices = milestones,
     .help = "the milestone that starts it"},
    {"until", SETTING_CHOICE, AT(until), "completed_at", .choices = milestones,
     .help = "the milestone that ends it"},
    {"limit", SETTING_OTHER, .optional = true,
     .help = "`promised` (default) or `statutory`, the limits of the case; or one of its own, as "
             "`5 workdays`, `8 workhours`, `30 days` or `48 hours`"},
    {"calendar", SETTING_OTHER, .optional = true, .help = "one of `calendars`; else the default"},
    {"start", SETTING_CHOICE, AT(start), "strictly_after", .choices = starts,
     .help = "how a start on a rest day counts"},
    {"due", SETTING_CHOICE, AT(due), "closing", .choices = dues,
     .help = "when the last day of a limit in days ends"},
    {"suspensions", SETTING_CHOICE, AT(suspensions), "workdays", .choices = suspensions,
     .help = "how suspended time is given back to a limit in days"},
    {"policy", SETTING_OTHER, .help = "one of `policies`"},
    {"policies", SETTING_OTHER, .optional = true,
     .help = "a list of other policies for some cases; the first that matches counts"},
    {"match", SETTING_OTHER, .optional = true, .help = "only cases that match have this clock"},
};

#undef AT
#define AT(field) offsetof(struct config_match, field)

static const struct setting match_table[] = {
    {"item", SETTING_TEXT, AT(item), .optional = true, .help = "code of the item"},
    {"kind", SETTING_TEXT, AT(kind), .optional = true, .choices = case_kind_words,
     .help = "kind of the case"},
    {"department", SETTING_TEXT, AT(department), .optional = true,
     .help = "code of the department"},
    {"window", SETTING_TEXT, AT(window), .optional = true, .help = "code of the window"},
};

static const struct setting choice_table[] = {
    {"policy", SETTING_OTHER, .help = "one of `policies`"},
};

/* "5 workdays": a limit of the clock's own. */
static bool parse_limit(const char *text, struct limit *limit)
{
    int value, used = 0;
    char word[16];
    if (text[0] < '0' || text[0] > '9' ||
        sscanf(text, "%7d %15[a-z]%n", &value, word, &used) != 2 || text[used] != '\0' ||
        value > LIMIT_VALUE_MOST)
        return false;
    size_t length = strlen(word);
    if (word[length - 1] == 's')
        word[length - 1] = '\0';
    limit->value = value;
    return limit_unit_parse(word, &limit->unit, NULL);
}

static void read_limit(const struct yaml_node *node, struct config_clock *clock,
                       struct problems *problems)
{
    const char *text = "promised";
    if (node && !yaml_read_text(node, &text, problems))
        return;
    if (strcmp(text, "promised") == 0)
        clock->limit_source = LIMIT_PROMISED;
    else if (strcmp(text, "statutory") == 0)
        clock->limit_source = LIMIT_STATUTORY;
    else if (parse_limit(text, &clock->limit))
        clock->limit_source = LIMIT_OWN;
    else
        yaml_problem(node, problems,
                     "'%s' is no limit; expected promised, statutory, or a number and workdays, "
                     "days, workhours or hours",
                     text);
}

/* The policy that `policy:` of a map names; NULL after a problem. */
static const struct config_policy *read_policy(struct config_reader *reader,
                                               const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_get(map, "policy");
    size_t index;
    if (node == NULL)
        yaml_problem(map, reader->problems, "'policy' is missing: one of 'policies'");
    if (node == NULL || !config_pick(reader, node, "policies", &index))
        return NULL;
    return &reader->config->policies[index];
}

static void read_choice(struct config_reader *reader, const struct yaml_node *map,
                        struct config_policy_choice *choice)
{
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    const struct setting_group groups[] = {
        {match_table, COUNT_OF(match_table), &choice->match},
        {choice_table, COUNT_OF(choice_table), choice},
    };
    settings_read_groups(map, NULL, groups, COUNT_OF(groups), reader->problems);
    choice->policy = read_policy(reader, map);
}

static void read_choices(struct config_reader *reader, const struct yaml_node *list,
                         struct config_clock *clock)
{
    if (list == NULL || !yaml_expect(list, YAML_LIST, reader->problems))
        return;
    clock->choices = mem_zero(list->count, sizeof *clock->choices);
    clock->choice_count = list->count;
    for (size_t i = 0; i < list->count; i++)
        read_choice(reader, list->values[i], &clock->choices[i]);
}

static void read_rule(struct config_reader *reader, const struct yaml_node *map,
                      const struct written *written, struct clock_rule *rule)
{
    const struct yaml_node *calendar = yaml_get(map, "calendar");
    const struct config_policy *policy = read_policy(reader, map);
    size_t index;
    *rule = (struct clock_rule){
        .calendar = reader->config->calendar,
        .policy = policy ? &policy->policy : NULL,
        .start_mode = (enum start_mode)written->start,
        .due_mode = (enum due_mode)written->due,
        .suspension_mode = (enum suspension_mode)written->suspensions,
    };
    if (calendar && config_pick(reader, calendar, "calendars", &index))
        rule->calendar = reader->config->calendars[index].calendar;
}

static void read_clock(struct config_reader *reader, const struct yaml_node *map,
                       struct config_clock *clock)
{
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    struct written written = {0};
    settings_read(map, NULL, clock_table, COUNT_OF(clock_table), &written, reader->problems);
    clock->label = written.label ? written.label : clock->name;
    clock->from = (enum milestone)written.from;
    clock->until = (enum milestone)written.until;
    if (clock->from >= clock->until)
        yaml_problem(map, reader->problems, "it runs from %s until %s; expected a later end",
                     milestones[clock->from], milestones[clock->until]);
    read_limit(yaml_get(map, "limit"), clock, reader->problems);
    settings_read(yaml_get(map, "match"), map, match_table, COUNT_OF(match_table), &clock->match,
                  reader->problems);
    read_rule(reader, map, &written, &clock->rule);
    read_choices(reader, yaml_get(map, "policies"), clock);
}

void config_read_clocks(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "clocks", false);
    if (section == NULL)
        return;
    if (yaml_get(section, COMPLETION) == NULL)
        yaml_problem(section, reader->problems,
                     "the clock '" COMPLETION "' is missing, which every case has");
    config->clocks = mem_zero(section->count + 1, sizeof *config->clocks); /* the self-test's */
    config->clock_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        config_check_name(section->keys[i], reader->problems);
        if (strcmp(section->keys[i]->text, SELFTEST) == 0)
            yaml_problem(section->keys[i], reader->problems,
                         "'" SELFTEST "' is duban's own word; expected another name");
        config->clocks[i].name = section->keys[i]->text;
        read_clock(reader, section->values[i], &config->clocks[i]);
    }
}

void config_document_clocks(struct buf *out)
{
    buf_text(out, "\n### `clocks`\n\n");
    settings_document(clock_table, COUNT_OF(clock_table), out);
    buf_text(out, "\n### `match` of a clock, and the entries of its `policies`\n\n");
    settings_document(match_table, COUNT_OF(match_table), out);
}

const struct config_clock *config_clock_named(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->clock_count; i++)
        if (strcmp(config->clocks[i].name, name) == 0)
            return &config->clocks[i];
    return NULL;
}
