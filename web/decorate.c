/* Labels and calendars for the database's answers. */
#include "decorate.h"

#include <string.h>

#define DAYS_MOST 400

static const struct config_level *find_level(const struct config *config, const char *name)
{
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++)
            if (strcmp(config->policies[p].policy.levels[i].name, name) == 0)
                return &config->policies[p].levels[i];
    return NULL;
}

int level_severity(const struct config *config, const char *name)
{
    const struct config_level *level = find_level(config, name);
    return level ? level->severity : strcmp(name, "normal") == 0 ? 0 : -1;
}

const char *level_label(const struct config *config, const char *name)
{
    const struct config_level *level = find_level(config, name);
    if (level)
        return level->label;
    return strcmp(name, "normal") != 0 ? name : config->locale == LOCALE_ZH_CN ? "正常" : "normal";
}

const char *clock_label(const struct config *config, const char *name)
{
    const struct config_clock *clock = config_clock_named(config, name);
    return clock && clock->label ? clock->label : name;
}

/* The first level of that severity, over all policies. */
static json_t *level_json(const struct config *config, int severity)
{
    for (size_t p = 0; p < config->policy_count; p++) {
        const struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++)
            if (policy->levels[i].severity == severity)
                return json_pack("{s:s, s:s, s:s, s:i}", "name", policy->policy.levels[i].name,
                                 "label", policy->levels[i].label, "colour",
                                 policy->levels[i].colour, "severity", severity);
    }
    return NULL;
}

json_t *levels_json(const struct config *config)
{
    json_t *list = json_array(), *level;
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i}", "name", "normal", "label",
                                          level_label(config, "normal"), "colour", "green",
                                          "severity", 0));
    for (int severity = 1; (level = level_json(config, severity)) != NULL; severity++)
        json_array_append_new(list, level);
    return list;
}

json_t *clocks_json(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->clock_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", config->clocks[i].name, "label",
                                              clock_label(config, config->clocks[i].name)));
    return list;
}

/* --- time --- */

static const struct calendar *calendar_of(const struct config *config, const char *version)
{
    for (size_t i = 0; version && i < config->calendar_count; i++)
        if (strcmp(calendar_version(config->calendars[i].calendar), version) == 0)
            return config->calendars[i].calendar;
    return NULL;
}

wall_us json_instant(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    wall_us at;
    return text && instant_parse(text, &at, NULL) ? at : WALL_NONE;
}

static bool left(const struct calendar *calendar, wall_us now, wall_us due, int32_t *workdays,
                 span_us *open)
{
    day_number today, day;
    /* What is due at midnight is due at the end of the day before. */
    return calendar_day_of(calendar, now, &today, NULL) &&
           calendar_day_of(calendar, due - 1, &day, NULL) &&
           calendar_workdays_between(calendar, today, day, workdays, NULL) &&
           calendar_open_between(calendar, now, due, open, NULL);
}

void decorate_left(const struct config *config, json_t *clock, wall_us now)
{
    const char *state = json_string_value(json_object_get(clock, "state"));
    const struct calendar *calendar =
        calendar_of(config, json_string_value(json_object_get(clock, "calendar_version")));
    wall_us due = json_instant(clock, "due_at");
    int32_t workdays;
    span_us open;
    bool known = calendar && state && strcmp(state, "running") == 0 && due != WALL_NONE &&
                 left(calendar, now, due, &workdays, &open);
    json_object_set_new(clock, "workdays_left", known ? json_integer(workdays) : json_null());
    json_object_set_new(clock, "open_left_s", known ? json_integer(open / US_PER_S) : json_null());
}

void decorate_open(const struct config *config, json_t *root, wall_us now)
{
    char closes[INSTANT_TEXT_BYTES];
    day_number today;
    struct calendar_day day;
    json_object_set_new(root, "open_until", json_null());
    if (!calendar_day_of(config->calendar, now, &today, NULL) ||
        !calendar_day(config->calendar, today, &day, NULL))
        return;
    for (size_t i = 0; i < day.span_count; i++)
        if (day.spans[i].opens <= now && now < day.spans[i].closes)
            json_object_set_new(root, "open_until",
                                json_string(instant_text(day.spans[i].closes, closes)));
}

static const char *day_word(const struct calendar_day *day)
{
    switch (day->kind) {
    case DAY_HOLIDAY:
        return "holiday";
    case DAY_MAKEUP:
        return "makeup";
    case DAY_REGULAR:
    case DAY_SPECIAL:
        break;
    }
    return day->working ? "working" : "rest";
}

static json_t *day_json(const struct calendar *calendar, const struct calendar_day *day)
{
    char date[DAY_TEXT_BYTES], opens[INSTANT_TEXT_BYTES], closes[INSTANT_TEXT_BYTES];
    json_t *object = json_pack("{s:s, s:s, s:s, s:n, s:n}", "date", day_text(day->day, date),
                               "kind", day_word(day), "name", day->name, "opens", "closes");
    if (day->span_count > 0) {
        wall_us first = day->spans[0].opens, last = day->spans[day->span_count - 1].closes;
        instant_text_offset(first, calendar_offset_s(calendar, first), opens);
        instant_text_offset(last, calendar_offset_s(calendar, last), closes);
        json_object_set_new(object, "opens", json_string(opens));
        json_object_set_new(object, "closes", json_string(closes));
    }
    return object;
}

json_t *days_json(const struct calendar *calendar, wall_us from, wall_us to)
{
    json_t *list = json_array();
    day_number first, last;
    struct calendar_day day;
    if (!calendar_day_of(calendar, from, &first, NULL) ||
        !calendar_day_of(calendar, to - 1, &last, NULL))
        return list;
    if (last - first >= DAYS_MOST)
        last = first + DAYS_MOST - 1;
    for (day_number at = first; at <= last && calendar_day(calendar, at, &day, NULL); at++)
        json_array_append_new(list, day_json(calendar, &day));
    return list;
}
