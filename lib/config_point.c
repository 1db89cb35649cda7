/* Where clocks begin and end: milestones, suspensions, levels of other clocks. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

#define MILESTONE_CHOICE                                                                           \
    "received_at, accepted_at, processed_at, reviewed_at, approved_at, completed_at, "             \
    "suspended:REASON, resumed:REASON or CLOCK.LEVEL"

/* What follows the prefix; NULL when it isn't there. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 && text[length] ? text + length : NULL;
}

static bool has_level(const struct policy *policy, const char *level)
{
    for (size_t i = 0; policy && i < policy->count; i++)
        if (strcmp(policy->levels[i].name, level) == 0)
            return true;
    return false;
}

static bool clock_has_level(const struct config_clock *clock, const char *level)
{
    bool found = has_level(clock->terms.rule.policy, level);
    for (size_t i = 0; i < clock->choice_count; i++)
        found |= has_level(clock->choices[i].terms.rule.policy, level);
    return found;
}

/* "completion.yellow": of a clock that stands before this one, so that there is no circle. */
static bool read_level(struct config_reader *reader, const struct yaml_node *node, const char *text,
                       const struct config_clock *own, struct clock_point *point)
{
    const char *dot = strchr(text, '.');
    size_t length = (size_t)(dot - text);
    for (const struct config_clock *clock = reader->config->clocks; clock < own; clock++) {
        if (strlen(clock->name) != length || strncmp(clock->name, text, length) != 0)
            continue;
        if (!clock_has_level(clock, dot + 1)) {
            yaml_problem(node, reader->problems, "the clock '%s' has no level '%s'", clock->name,
                         dot + 1);
            return false;
        }
        *point = (struct clock_point){.kind = POINT_LEVEL, .clock = clock, .level = dot + 1};
        return true;
    }
    yaml_problem(node, reader->problems,
                 "'%s': expected a level of a clock that stands before this one", text);
    return false;
}

static bool read_point(struct config_reader *reader, const struct yaml_node *node,
                       const struct config_clock *own, struct clock_point *point)
{
    const char *text, *reason;
    if (!yaml_read_text(node, &text, reader->problems))
        return false;
    if ((reason = after(text, "suspended:")) != NULL)
        *point = (struct clock_point){.kind = POINT_SUSPENDED, .reason = reason};
    else if ((reason = after(text, "resumed:")) != NULL)
        *point = (struct clock_point){.kind = POINT_RESUMED, .reason = reason};
    else if (strchr(text, '.'))
        return read_level(reader, node, text, own, point);
    else if (milestone_parse(text, &point->milestone, NULL))
        point->kind = POINT_MILESTONE;
    else {
        static const char *const milestones[MILESTONES] = {"received_at",  "accepted_at",
                                                           "processed_at", "reviewed_at",
                                                           "approved_at",  "completed_at"};
        const char *nearest = problem_nearest(text, milestones, MILESTONES);
        yaml_problem(node, reader->problems, "'%s' is unknown; %s%s%sexpected " MILESTONE_CHOICE,
                     text, nearest ? "did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'? " : "");
        return false;
    }
    return true;
}

/* Of two milestones the end has to come later. */
static void check_order(const struct config_clock *clock, const struct clock_point *until,
                        const struct yaml_node *map, struct problems *problems)
{
    if (clock->from.kind == POINT_MILESTONE && until->kind == POINT_MILESTONE &&
        clock->from.milestone >= until->milestone)
        yaml_problem(map, problems, "it runs from %s until %s; expected a later end",
                     milestone_column(clock->from.milestone), milestone_column(until->milestone));
    if (until->kind == POINT_LEVEL)
        yaml_problem(map, problems, "it ends with a level; expected %s",
                     "a milestone, suspended:REASON or resumed:REASON");
}

static void read_until(struct config_reader *reader, const struct yaml_node *map,
                       struct config_clock *clock)
{
    const struct yaml_node *node = yaml_get(map, "until");
    if (node == NULL) {
        clock->until[clock->until_count++] = (struct clock_point){
            .kind = clock->from.kind == POINT_SUSPENDED ? POINT_RESUMED : POINT_MILESTONE,
            .milestone = MILESTONE_COMPLETED,
            .reason = clock->from.reason};
        if (clock->from.kind == POINT_MILESTONE && clock->from.milestone == MILESTONE_COMPLETED)
            check_order(clock, &clock->until[0], map, reader->problems);
        return;
    }
    bool list = node->kind == YAML_LIST;
    size_t count = list ? node->count : 1;
    if (count == 0 || count > UNTIL_MOST) {
        yaml_problem(node, reader->problems, "%zu ends; expected 1 to %d", count, UNTIL_MOST);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct clock_point *until = &clock->until[clock->until_count];
        if (!read_point(reader, list ? node->values[i] : node, clock, until))
            continue;
        clock->until_count++;
        check_order(clock, until, map, reader->problems);
    }
}

void config_read_points(struct config_reader *reader, const struct yaml_node *map,
                        struct config_clock *clock)
{
    const struct yaml_node *from = yaml_get(map, "from");
    clock->from = (struct clock_point){.kind = POINT_MILESTONE, .milestone = MILESTONE_ACCEPTED};
    if (from == NULL || read_point(reader, from, clock, &clock->from))
        read_until(reader, map, clock);
}
