/* The section `clocks`: what is timed, for which cases, and by which terms. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define COMPLETION "completion"

static const char *const starts[] = {"strictly_after", "roll_forward", NULL};
static const char *const dues[] = {"closing", "end_of_day", "same_time", NULL};
static const char *const suspensions[] = {"workdays", "open_time", NULL};

/* A clock as it is written, the choices still as numbers. */
struct written {
    const char *label;
};

#define AT(field) offsetof(struct written, field)

static const struct setting clock_table[] = {
    {"label", SETTING_TEXT, AT(label), .optional = true,
     .help = "as people call it; else its name"},
    {"from", SETTING_OTHER, .optional = true,
     .help = "what starts it: a milestone (`received_at`, `accepted_at`, `processed_at`, "
             "`reviewed_at`, `approved_at`, `completed_at`), `suspended:REASON`, `resumed:REASON` "
             "(the last one), or `CLOCK.LEVEL`, a level of a clock above; default: `accepted_at`"},
    {"until", SETTING_OTHER, .optional = true,
     .help = "what ends it, or a list of which the first that comes does; default: `completed_at`, "
             "after `suspended:REASON` the end of that suspension"},
    {"deemed_after", SETTING_OTHER, .optional = true,
     .help = "as `5 workdays`: a case that so long after its reception is neither accepted nor "
             "suspended counts as accepted when it was received (行政许可法 32)"},
    {"stopped_by", SETTING_OTHER, .optional = true,
     .help = "which suspensions stop it: `all` (default), `none` (default after "
             "`suspended:REASON`), or a list of reasons"},
    {"policies", SETTING_OTHER, .optional = true,
     .help = "a list of other terms for some cases; the first that matches counts"},
    {"match", SETTING_OTHER, .optional = true, .help = "only cases that match have this clock"},
};

/* What may differ from case to case, likewise. */
struct written_terms {
    size_t start, due, suspensions;
    const char *law;
};

#undef AT
#define AT(field) offsetof(struct written_terms, field)

static const struct setting terms_table[] = {
    {"policy", SETTING_OTHER, .help = "one of `policies`"},
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
    {"extension", SETTING_OTHER, .optional = true,
     .help =
         "what extensions may add in all, as `10 workdays`, `any` or `none`; default: `any` for "
         "promised and statutory limits, `none` for others. Each needs an approver and a reason"},
    {"law", SETTING_TEXT, AT(law), .optional = true,
     .help = "where the limit comes from, as `dubanctl explain` cites it"},
};

bool config_read_limit(const struct yaml_node *node, struct limit *limit, struct problems *problems)
{
    const char *text;
    struct error error;
    if (!yaml_read_text(node, &text, problems))
        return false;
    if (limit_parse(text, limit, &error))
        return true;
    yaml_problem(node, problems, "%s", error.text);
    return false;
}

static void read_own_limit(const struct yaml_node *node, struct config_terms *terms,
                           struct problems *problems)
{
    const char *text;
    if (node == NULL || !yaml_read_text(node, &text, problems))
        return;
    if (strcmp(text, "promised") == 0)
        terms->limit_source = LIMIT_PROMISED;
    else if (strcmp(text, "statutory") == 0)
        terms->limit_source = LIMIT_STATUTORY;
    else if (limit_parse(text, &terms->limit, NULL))
        terms->limit_source = LIMIT_OWN;
    else
        yaml_problem(node, problems,
                     "'%s' is no limit; expected promised, statutory, or a number and workdays, "
                     "days, workhours or hours",
                     text);
}

/* Without the key: as inherited when the limit is, else as its kind of limit has it. */
static void read_extension(const struct yaml_node *map, struct config_terms *terms,
                           struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "extension");
    const char *text;
    if (node == NULL) {
        if (yaml_get(map, "limit")) {
            terms->extends = terms->limit_source != LIMIT_OWN;
            terms->has_most = false;
        }
        return;
    }
    if (!yaml_read_text(node, &text, problems))
        return;
    terms->has_most = false;
    terms->extends = strcmp(text, "none") != 0;
    if (terms->extends && strcmp(text, "any") != 0)
        terms->has_most = config_read_limit(node, &terms->extension_most, problems);
}

/* The policy that `policy:` of a map names, if it does. */
static void read_policy(struct config_reader *reader, const struct yaml_node *map,
                        struct config_terms *terms)
{
    const struct yaml_node *node = yaml_get(map, "policy");
    size_t index;
    if (node && config_pick(reader, node, "policies", &index)) {
        terms->policy = &reader->config->policies[index];
        terms->rule.policy = &terms->policy->policy;
    }
}

/* Changes what `map` writes; the rest stays as it was. */
static void read_terms(struct config_reader *reader, const struct yaml_node *map,
                       const struct written_terms *written, struct config_terms *terms)
{
    const struct yaml_node *calendar = yaml_get(map, "calendar");
    size_t index;
    read_policy(reader, map, terms);
    read_own_limit(yaml_get(map, "limit"), terms, reader->problems);
    read_extension(map, terms, reader->problems);
    if (calendar && config_pick(reader, calendar, "calendars", &index))
        terms->rule.calendar = reader->config->calendars[index].calendar;
    if (yaml_get(map, "start"))
        terms->rule.start_mode = (enum start_mode)written->start;
    if (yaml_get(map, "due"))
        terms->rule.due_mode = (enum due_mode)written->due;
    if (yaml_get(map, "suspensions"))
        terms->rule.suspension_mode = (enum suspension_mode)written->suspensions;
    if (written->law)
        terms->law = written->law;
}

static void read_choice(struct config_reader *reader, const struct yaml_node *map,
                        const struct config_terms *own, struct config_choice *choice)
{
    struct written_terms written = {0};
    const struct setting_group groups[] = {
        {config_match_table, config_match_count, &written},
        {terms_table, COUNT_OF(terms_table), &written},
    };
    choice->terms = *own;
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    settings_read_groups(map, NULL, groups, COUNT_OF(groups), reader->problems);
    config_read_match(map, &choice->match, reader->problems);
    read_terms(reader, map, &written, &choice->terms);
}

static void read_choices(struct config_reader *reader, const struct yaml_node *list,
                         struct config_clock *clock)
{
    if (list == NULL || !yaml_expect(list, YAML_LIST, reader->problems))
        return;
    clock->choices = mem_zero(list->count, sizeof *clock->choices);
    clock->choice_count = list->count;
    for (size_t i = 0; i < list->count; i++)
        read_choice(reader, list->values[i], &clock->terms, &clock->choices[i]);
}

static void read_stopped_by(const struct yaml_node *node, struct config_clock *clock,
                            struct problems *problems)
{
    clock->stopped_by_all = node == NULL && clock->from.kind != POINT_SUSPENDED;
    if (node == NULL)
        return;
    if (node->kind == YAML_LIST) {
        clock->stopped_by = mem_zero(node->count, sizeof *clock->stopped_by);
        for (size_t i = 0; i < node->count; i++)
            if (yaml_read_text(node->values[i], &clock->stopped_by[clock->stopped_by_count],
                               problems))
                clock->stopped_by_count++;
        return;
    }
    static const char *const words[] = {"all", "none"};
    size_t index;
    if (yaml_read_choice(node, words, COUNT_OF(words), &index, problems))
        clock->stopped_by_all = index == 0;
}

static void read_match(const struct yaml_node *map, struct match *match, struct problems *problems)
{
    if (map == NULL || !yaml_expect(map, YAML_MAP, problems))
        return;
    const struct setting_group group = {config_match_table, config_match_count, match};
    settings_read_groups(map, NULL, &group, 1, problems);
    config_read_match(map, match, problems);
}

static void read_deemed(const struct yaml_node *node, struct config_clock *clock,
                        struct problems *problems)
{
    if (node == NULL)
        return;
    clock->has_deemed = config_read_limit(node, &clock->deemed_after, problems);
    if (clock->from.kind != POINT_MILESTONE || clock->from.milestone != MILESTONE_ACCEPTED)
        yaml_problem(node, problems, "only a clock from accepted_at begins with an acceptance");
}

static void read_clock(struct config_reader *reader, const struct yaml_node *map,
                       struct config_clock *clock)
{
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    struct written written = {0};
    struct written_terms terms = {0};
    const struct setting_group groups[] = {{clock_table, COUNT_OF(clock_table), &written},
                                           {terms_table, COUNT_OF(terms_table), &terms}};
    settings_read_groups(map, NULL, groups, COUNT_OF(groups), reader->problems);
    clock->label = written.label ? written.label : clock->name;
    clock->suspensions = &reader->config->suspensions;
    clock->terms =
        (struct config_terms){.rule = {.calendar = reader->config->calendar}, .extends = true};
    if (yaml_get(map, "policy") == NULL)
        yaml_problem(map, reader->problems, "'policy' is missing: one of 'policies'");
    read_terms(reader, map, &terms, &clock->terms);
    read_choices(reader, yaml_get(map, "policies"), clock);
    config_read_points(reader, map, clock);
    read_deemed(yaml_get(map, "deemed_after"), clock, reader->problems);
    read_stopped_by(yaml_get(map, "stopped_by"), clock, reader->problems);
    read_match(yaml_get(map, "match"), &clock->match, reader->problems);
    config_clock_set_versions(clock);
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
        config->clocks[i].first = config->clocks;
        read_clock(reader, section->values[i], &config->clocks[i]);
    }
    config_set_rules_version(config);
}

void config_finish_clocks(struct config *config)
{
    for (size_t i = 0; i < config->clock_count; i++) {
        struct config_clock *clock = &config->clocks[i];
        match_finish(&clock->match);
        for (size_t k = 0; k < clock->choice_count; k++)
            match_finish(&clock->choices[k].match);
        free(clock->choices);
        free(clock->stopped_by);
    }
    free(config->clocks);
}

void config_document_clocks(struct buf *out)
{
    buf_text(out, "\n### `clocks`\n\n");
    settings_document(clock_table, COUNT_OF(clock_table), out);
    buf_text(out, "\n### Terms of a clock, and of the entries of its `policies`\n\n");
    settings_document(terms_table, COUNT_OF(terms_table), out);
    buf_text(out, "\n### `match` of a clock, and the entries of its `policies`\n\n");
    settings_document(config_match_table, config_match_count, out);
}

const struct config_clock *config_clock_named(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->clock_count; i++)
        if (strcmp(config->clocks[i].name, name) == 0)
            return &config->clocks[i];
    return NULL;
}

bool config_clocks_depend(const struct config *config)
{
    for (size_t i = 0; i < config->clock_count; i++)
        if (config->clocks[i].from.kind == POINT_LEVEL || config->clocks[i].has_deemed)
            return true;
    return false;
}

const struct config_terms *config_terms(const struct config_clock *clock, const struct facts *facts)
{
    for (size_t i = 0; i < clock->choice_count; i++)
        if (match_fits(&clock->choices[i].match, facts))
            return &clock->choices[i].terms;
    return &clock->terms;
}
