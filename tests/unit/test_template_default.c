/* The shipped texts, all of them as people get them: compared with golden/messages.txt. */
#include "duban/channel_kannel.h"
#include "duban/mem.h"
#include "duban/sms_text.h"
#include "duban/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sample_notice.h"

#define GOLDEN SOURCE_DIR "/tests/unit/golden/messages.txt"

/* What is special about a situation, added up. */
enum { LONG_NAMES = 1, OTHER_CLOCK = 2, JOINT = 4 };

struct situation {
    const char *kind, *role;
    unsigned how;
};

static const struct situation situations[] = {
    {"yellow", "window", 0},
    {"yellow", "window", LONG_NAMES},
    {"yellow", "department", 0},
    {"yellow", "department", LONG_NAMES},
    {"yellow", "supervision", 0},
    {"yellow", "supervision", LONG_NAMES},
    {"red", "window", 0},
    {"red", "window", LONG_NAMES},
    {"red", "department", 0},
    {"red", "department", LONG_NAMES},
    {"red", "supervision", 0},
    {"red", "supervision", LONG_NAMES},
    {"completed", "applicant", 0},
    {"completed", "applicant", LONG_NAMES},
    {"completed", "window", 0},
    {"completed", "window", LONG_NAMES},
    {"cleared", "window", 0},
    {"cleared", "window", LONG_NAMES},
    {"cleared", "supervision", 0},
    {"cleared", "supervision", LONG_NAMES},
    {"level_withdrawn", "window", 0},
    {"level_withdrawn", "supervision", LONG_NAMES},
    {"reopened", "window", 0},
    {"reopened", "supervision", LONG_NAMES},
    {"reopened", "applicant", 0},
    {"tacit_approval", "supervision", 0},
    {"tacit_approval", "system", LONG_NAMES},
    {"tacit_approval", "leader", 0},
    {"baseline", "supervision", 0},
    {"calendar_ending", "supervision", 0},
    {"beyond_calendar", "supervision", 0},
    {"reminder", "window", 0},
    {"reminder", "window", LONG_NAMES},
    {"reminder", "department", 0},
    {"reminder", "department", LONG_NAMES},
    {"reminder", "leader", 0},
    {"reminder", "leader", LONG_NAMES},
    {"test", "window", 0},
    {"alarm", "admin", 0},
    {"alarm_over", "admin", 0},
    {"selftest", "window", 0},
    {"orange", "window", 0},
    {"orange", "leader", LONG_NAMES},
    {"orange", "lead", 0},
    {"orange", "part", LONG_NAMES},
    {"yellow", "lead", 0},
    {"yellow", "part", 0},
    {"red", "lead", LONG_NAMES},
    {"red", "part", LONG_NAMES},
    {"reminder", "lead", 0},
    {"reminder", "part", 0},
    {"yellow", "window", OTHER_CLOCK},
    {"yellow", "department", OTHER_CLOCK},
    {"yellow", "supervision", OTHER_CLOCK},
    {"red", "window", OTHER_CLOCK},
    {"red", "department", OTHER_CLOCK},
    {"red", "supervision", OTHER_CLOCK},
    {"reminder", "window", OTHER_CLOCK},
    {"reminder", "leader", OTHER_CLOCK},
    {"orange", "window", OTHER_CLOCK},
    {"cleared", "window", OTHER_CLOCK},
    {"reopened", "leader", OTHER_CLOCK},
    {"yellow", "window", JOINT},
    {"yellow", "department", JOINT},
    {"yellow", "supervision", LONG_NAMES | JOINT},
    {"red", "supervision", JOINT},
    {"reminder", "leader", JOINT},
    {"second_supplement", "supervision", 0},
    {"deadline_changed", "supervision", LONG_NAMES},
    {"two_windows", "supervision", LONG_NAMES},
    {"vanished_case", "supervision", 0},
    {"last_hour_window", "supervision", LONG_NAMES},
};

/* Details as irregularity_words makes them. */
static const struct {
    const char *kind, *texts[LOCALES];
} found[] = {
    {"second_supplement",
     {"第2次要求补正（至多1次）", "papers asked for 2 times, at most 1 allowed"}},
    {"deadline_changed",
     {"黄牌后到期由11月25日改为12月15日", "due moved from 25 Nov to 15 Dec after 黄牌"}},
    {"two_windows",
     {"两头受理：另在住建局窗口（AL2026004567）",
      "also received at 住建局窗口 (case AL2026004567)"}},
    {"vanished_case",
     {"尚未办结，已从审批系统消失", "has left the approval system while it was open"}},
    {"last_hour_window",
     {"2026年11月办结20件，19件在到期前1个工作小时内",
      "19 of 20 cases of 2026-11 completed within the last 1 working hour before due"}},
};

static void make_irregular(struct notice *notice, struct facts *facts, enum locale locale)
{
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        if (strcmp(found[i].kind, notice->kind) != 0)
            continue;
        notice->detail = found[i].texts[locale];
        notice->due_at = WALL_NONE;
    }
    if (strcmp(notice->kind, "vanished_case") == 0)
        facts->item_name = "";
    if (strcmp(notice->kind, "last_hour_window") == 0)
        notice->facts = NULL;
}

static void make_late(struct notice *notice)
{
    notice->event_at = sample_at("2026-11-27T09:00:00+08:00");
    notice->workdays_left = -2;
    notice->open_left = -7 * 3600 * US_PER_S;
    notice->level = "red";
    notice->level_label = "红牌";
}

static void take_back(struct notice *notice)
{
    notice->level = "normal";
    notice->level_label = "normal";
    notice->taken = "red";
    notice->taken_label = "红牌";
    if (strcmp(notice->kind, "level_withdrawn") == 0)
        notice->detail = "王主任: 系统日期录错";
}

static void make_general(struct notice *notice)
{
    static const struct notice_count counts[] = {{"yellow", "黄牌", 128}, {"red", "红牌", 45}};
    notice->facts = NULL;
    notice->window_name = notice->department_name = "";
    notice->due_at = WALL_NONE;
    notice->counts = counts;
    notice->count = strcmp(notice->kind, "baseline") == 0 ? 2 : 0;
    notice->detail = notice->count ? "" : "cn只到2026年12月31日。";
    if (strcmp(notice->kind, "test") == 0)
        notice->detail = "admin 2026-11-20 09:00";
}

static void render(const struct situation *situation, enum locale locale, struct buf *out)
{
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    notice.kind = situation->kind;
    notice.role = situation->role;
    if (situation->how & LONG_NAMES) {
        facts.item_name = "建筑工程施工许可证核发(含消防设计审查、人防工程建设审批)";
        notice.window_name = "住房和城乡建设局综合服务2号窗口";
        notice.department_name = "住房和城乡建设局行政审批科";
    }
    if (situation->how & OTHER_CLOCK) {
        notice.clock = "first_reply";
        notice.clock_label = "受理";
    }
    if (situation->how & JOINT) {
        notice.part = "FC202611160083-2";
        notice.part_department = "住房和城乡建设局";
    }
    if (strcmp(situation->kind, "red") == 0 || strcmp(situation->kind, "reminder") == 0 ||
        strcmp(situation->kind, "tacit_approval") == 0)
        make_late(&notice);
    if (strcmp(situation->kind, "cleared") == 0 || strcmp(situation->kind, "level_withdrawn") == 0)
        take_back(&notice);
    if (strcmp(situation->kind, "reminder") == 0)
        notice.reminder = 12;
    if (strcmp(situation->kind, "orange") == 0)
        notice.level_label = "橙牌";
    if (strcmp(situation->kind, "completed") == 0)
        facts.at[MILESTONE_COMPLETED] = sample_at("2026-11-24T15:10:00+08:00");
    if (strcmp(situation->kind, "selftest") == 0)
        facts.case_no = "duban-selftest-1795659773-TEST";
    if (strcmp(situation->kind, "alarm") == 0 || strcmp(situation->kind, "alarm_over") == 0 ||
        strcmp(situation->kind, "baseline") == 0 ||
        strcmp(situation->kind, "calendar_ending") == 0 ||
        strcmp(situation->kind, "beyond_calendar") == 0 || strcmp(situation->kind, "test") == 0)
        make_general(&notice);
    make_irregular(&notice, &facts, locale);

    struct problems problems = {0};
    const char *text = template_default(situation->kind, situation->role, locale);
    struct template *template = template_create_text(text, "shipped", &problems);
    assert_non_null(template);
    template_render(template, &notice, locale, SMS_TEXT_UNITS, out);
    template_destroy(template);
}

static char *read_golden(void)
{
    static char text[65536];
    FILE *file = fopen(GOLDEN, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return text;
}

/* With GOLDEN_UPDATE in the environment the file is written anew, to be read by a person. */
static void texts_are_the_golden_ones(void **state)
{
    (void)state;
    AUTO_BUF all;
    buf_init(&all, 65536);
    for (enum locale locale = 0; locale < LOCALES; locale++)
        for (size_t i = 0; i < COUNT_OF(situations); i++) {
            AUTO_BUF text;
            buf_init(&text, 4096);
            render(&situations[i], locale, &text);
            struct sms_size size = sms_measure(buf_string(&text));
            buf_format(&all, "%s %s %s%s%s%s (%zu units)\n    %s\n", locale_words[locale],
                       situations[i].kind, situations[i].role,
                       situations[i].how & LONG_NAMES ? ", long names" : "",
                       situations[i].how & OTHER_CLOCK ? ", of another clock" : "",
                       situations[i].how & JOINT ? ", joint" : "", size.units, buf_string(&text));
        }
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = fopen(GOLDEN, "w");
        assert_non_null(file);
        fputs(buf_string(&all), file);
        fclose(file);
    }
    assert_string_equal(buf_string(&all), read_golden());
}

/* What says more than one event: the part that holds a joint case up, or the draft of a notice. */
static bool is_wide(const struct situation *situation)
{
    return (situation->how & JOINT) || strcmp(situation->kind, "tacit_approval") == 0;
}

static void chinese_texts_are_one_message_with_the_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        if (is_wide(&situations[i]))
            continue;
        AUTO_BUF text;
        buf_init(&text, 4096);
        render(&situations[i], LOCALE_ZH_CN, &text);
        assert_true(sms_units(buf_string(&text)) <= SMS_TEXT_UNITS);
        buf_text(&text, "【丰城政务服务中】");
        assert_int_equal(sms_measure(buf_string(&text)).segments, 1);
    }
}

static void english_texts_are_two_messages_at_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        if (is_wide(&situations[i]))
            continue;
        AUTO_BUF text;
        buf_init(&text, 4096);
        render(&situations[i], LOCALE_EN, &text);
        assert_true(sms_measure(buf_string(&text)).segments <= 2);
    }
}

static void what_says_more_is_three_messages_at_most_in_chinese(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        AUTO_BUF text;
        buf_init(&text, 4096);
        render(&situations[i], LOCALE_ZH_CN, &text);
        buf_text(&text, "【丰城政务服务中】");
        assert_true(sms_measure(buf_string(&text)).segments <= 3);
    }
}

/* A proposal grants nothing, whoever reads it. */
static void a_proposal_says_that_it_has_no_effect(void **state)
{
    (void)state;
    static const char *const roles[] = {"supervision", "system", "department", "window", "leader"};
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        assert_non_null(strstr(template_default("tacit_approval", roles[i], LOCALE_ZH_CN), "签发"));
        assert_non_null(
            strstr(template_default("tacit_approval", roles[i], LOCALE_EN), "has no effect"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_the_golden_ones),
        cmocka_unit_test(chinese_texts_are_one_message_with_the_signature),
        cmocka_unit_test(english_texts_are_two_messages_at_most),
        cmocka_unit_test(what_says_more_is_three_messages_at_most_in_chinese),
        cmocka_unit_test(a_proposal_says_that_it_has_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
