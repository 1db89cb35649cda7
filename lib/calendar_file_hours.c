/* Calendar files: weekly opening hours. */
#include "calendar_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

const char *const weekday_words[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                      "friday", "saturday", "sunday"};

/* "9:00" or "24:00" → seconds of the day; moves *text behind it. */
static bool parse_time(const char **text, int32_t *second)
{
    int hour = 0, minute = 0, used = 0;
    if (**text < '0' || **text > '9' || sscanf(*text, "%2d:%n", &hour, &used) != 1 || used == 0)
        return false;
    const char *digits = *text + used;
    if (strspn(digits, "0123456789") != 2 || sscanf(digits, "%2d", &minute) != 1)
        return false;
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0))
        return false;
    *text = digits + 2;
    *second = (hour * 60 + minute) * 60;
    return true;
}

static bool parse_span(const char *text, int32_t *opens, int32_t *closes)
{
    if (!parse_time(&text, opens))
        return false;
    text += strspn(text, " ");
    if (*text++ != '-')
        return false;
    text += strspn(text, " ");
    return parse_time(&text, closes) && *text == '\0';
}

static bool read_span(const struct yaml_node *node, struct day_hours *hours,
                      struct problems *problems)
{
    int32_t opens, closes;
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    if (!parse_span(node->text, &opens, &closes)) {
        yaml_problem(node, problems, "'%.40s' is not a span of opening hours; expected 09:00-12:00",
                     node->text);
        return false;
    }
    if (opens >= closes) {
        yaml_problem(node, problems,
                     "'%s' closes before it opens; end it at 24:00 and go on the next day",
                     node->text);
        return false;
    }
    if (hours->count == HOURS_SPANS_MOST) {
        yaml_problem(node, problems, "more than %d spans in a day", HOURS_SPANS_MOST);
        return false;
    }
    if (hours->count && opens < hours->spans[hours->count - 1].closes) {
        yaml_problem(node, problems, "'%s' begins before the span in front of it ends", node->text);
        return false;
    }
    hours->spans[hours->count].opens = opens;
    hours->spans[hours->count++].closes = closes;
    return true;
}

bool hours_read(const struct yaml_node *node, struct day_hours *hours, struct problems *problems)
{
    struct day_hours result = {0};
    bool fine = true;
    if (node->kind == YAML_LIST)
        for (size_t i = 0; i < node->count; i++)
            fine &= read_span(node->values[i], &result, problems);
    else if (node->kind != YAML_SCALAR || strcmp(node->text, "closed") != 0)
        fine = read_span(node, &result, problems);
    if (fine)
        *hours = result;
    return fine;
}

/* Keys that stand for several weekdays; later ones, and single weekdays, win. */
static const struct {
    const char *word;
    int first, last;
} groups[] = {{"daily", 1, 7}, {"weekdays", 1, 5}, {"weekend", 6, 7}};

static void set_days(const struct yaml_node *node, int first, int last, struct layer *layer)
{
    struct day_hours hours;
    if (node == NULL || !hours_read(node, &hours, layer->problems))
        return;
    for (int day = first; day <= last; day++)
        layer->plan->week[day] = hours;
}

static void read_hours(const struct yaml_node *map, struct layer *layer)
{
    const char *known[COUNT_OF(groups) + 7];
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        known[i] = groups[i].word;
    memcpy(known + COUNT_OF(groups), weekday_words, sizeof weekday_words);
    if (!yaml_expect(map, YAML_MAP, layer->problems))
        return;
    yaml_check_keys(map, known, COUNT_OF(known), layer->problems);
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        set_days(yaml_get(map, groups[i].word), groups[i].first, groups[i].last, layer);
    for (int day = 1; day <= 7; day++)
        set_days(yaml_get(map, weekday_words[day - 1]), day, day, layer);
}

static bool read_flag(const struct yaml_node *node, struct problems *problems)
{
    bool flag = false;
    return node && yaml_read_bool(node, &flag, problems) && flag;
}

void week_read(const struct yaml_node *root, struct layer *layer)
{
    struct day_hours *week = layer->plan->week;
    const struct yaml_node *hours = yaml_get(root, "hours");
    const struct yaml_node *always = yaml_get(root, "round_the_clock");
    const struct yaml_node *weekends = yaml_get(root, "weekends_count");
    if (read_flag(always, layer->problems)) {
        if (hours)
            yaml_problem(hours, layer->problems, "hours contradict round_the_clock");
        for (int day = 1; day <= 7; day++)
            week[day] = (struct day_hours){.count = 1, .spans = {{.opens = 0, .closes = 86400}}};
    } else if (hours) {
        read_hours(hours, layer);
    }
    if (read_flag(weekends, layer->problems)) {
        for (int day = 6; day <= 7; day++) {
            const char *word = weekday_words[day - 1];
            if (yaml_get(hours, "weekend") || yaml_get(hours, word))
                yaml_problem(weekends, layer->problems,
                             "%s has hours of its own; leave weekends_count out", word);
            week[day] = week[1];
        }
    }
}
