/* What the tests of the group robots share: the settings and the situations they are tried in. */
#ifndef ROBOT_CASE_H
#define ROBOT_CASE_H

#include "duban/mem.h"
#include "duban/robot.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "sample_notice.h"

struct robot_situation {
    const char *kind, *role, *level_label;
    bool overdue, of_a_case;
};

static const struct robot_situation robot_situations[] = {
    {"yellow", "window", "黄牌", false, true},
    {"yellow", "department", "黄牌", false, true},
    {"red", "window", "红牌", true, true},
    {"red", "supervision", "红牌", true, true},
    {"orange", "leader", "橙牌", false, true},
    {"completed", "window", "", false, true},
    {"cleared", "window", "", false, true},
    {"baseline", "supervision", "", false, false},
    {"calendar_ending", "supervision", "", false, false},
    {"beyond_calendar", "supervision", "", false, false},
    {"reminder", "department", "红牌", true, true},
    {"reminder", "window", "黄牌", false, true},
    {"test", "admin", "", false, false},
    {"alarm", "admin", "", false, false},
    {"alarm_over", "admin", "", false, false},
    {"selftest", "window", "", true, true},
    {"level_withdrawn", "supervision", "", false, true},
    {"reopened", "window", "", false, true},
    {"tacit_approval", "supervision", "红牌", true, true},
};

/* The body for a notice in the words of a text of one's own. The caller frees it. */
static char *robot_body_of(const struct channel *channel, const struct notice *notice,
                           const char *text, enum locale locale)
{
    struct problems problems = {0};
    struct template *template = template_create_text(text, "test", &problems);
    assert_non_null(template);
    const struct wording wording = {
        .id = "m1", .text = template, .notice = notice, .locale = locale};
    struct buf body;
    buf_init(&body, 65536);
    assert_true(channel->type->compose(channel, &wording, &body, NULL));
    assert_false(body.overflowed);
    template_destroy(template);
    return buf_take(&body);
}

/* The same in a situation; NULL: in the shipped words. */
static char *robot_body(const struct channel *channel, const struct robot_situation *situation,
                        const char *text, enum locale locale)
{
    static const struct notice_count counts[] = {{"yellow", "黄牌", 128}, {"red", "红牌", 45}};
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(situation->of_a_case ? &facts : NULL);
    notice.kind = situation->kind;
    notice.role = situation->role;
    notice.level_label = situation->level_label;
    if (situation->overdue) {
        notice.event_at = sample_at("2026-11-27T09:00:00+08:00");
        notice.workdays_left = -2;
        notice.open_left = -7 * 3600 * US_PER_S;
    }
    if (strcmp(situation->kind, "reminder") == 0)
        notice.reminder = 3;
    if (strcmp(situation->kind, "cleared") == 0 || strcmp(situation->kind, "level_withdrawn") == 0)
        notice.taken = notice.taken_label = "红牌";
    if (strcmp(situation->kind, "level_withdrawn") == 0)
        notice.detail = "王主任: 系统日期录错";
    if (strcmp(situation->kind, "completed") == 0)
        facts.at[MILESTONE_COMPLETED] = sample_at("2026-11-24T15:10:00+08:00");
    if (!situation->of_a_case) {
        notice.window_name = notice.department_name = "";
        notice.due_at = WALL_NONE;
        notice.counts = counts;
        notice.count = COUNT_OF(counts);
        notice.detail = "cn只到2026年12月31日。";
    }
    const char *shipped = template_default(situation->kind, situation->role, locale);
    return robot_body_of(channel, &notice, text ? text : shipped, locale);
}

/* The JSON of a body, which the caller releases. */
static inline json_t *robot_json(const char *body)
{
    json_error_t error;
    json_t *json = json_loads(body, 0, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, body);
    return json;
}

/* The body that a page of docs/ shows first is the one that is sent, however it is spaced. */
static inline void assert_documented(const char *page, const char *body)
{
    static char text[65536];
    AUTO_FREE char *path = mem_format("%s/docs/%s", SOURCE_DIR, page);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *example = strstr(text, "```json\n");
    assert_non_null(example);
    example += strlen("```json\n");
    *strstr(example, "```") = '\0';
    json_t *json = robot_json(example);
    char *compact = json_dumps(json, JSON_COMPACT);
    assert_string_equal(body, compact);
    free(compact);
    json_decref(json);
}

/* A text of `characters` times "督", for limits. The caller frees it. */
static inline char *robot_long_text(size_t characters)
{
    struct buf text;
    buf_init(&text, 65536);
    while (characters--)
        buf_text(&text, "督");
    return buf_take(&text);
}

#endif
