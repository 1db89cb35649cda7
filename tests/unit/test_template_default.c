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

struct situation {
    const char *kind, *role;
    bool long_names;
};

static const struct situation situations[] = {
    {"yellow", "window", false},
    {"yellow", "window", true},
    {"yellow", "department", false},
    {"yellow", "department", true},
    {"yellow", "supervision", false},
    {"yellow", "supervision", true},
    {"red", "window", false},
    {"red", "window", true},
    {"red", "department", false},
    {"red", "department", true},
    {"red", "supervision", false},
    {"red", "supervision", true},
    {"completed", "applicant", false},
    {"completed", "applicant", true},
    {"completed", "window", false},
    {"completed", "window", true},
    {"cleared", "window", false},
    {"cleared", "window", true},
    {"baseline", "supervision", false},
    {"calendar_ending", "supervision", false},
    {"beyond_calendar", "supervision", false},
    {"reminder", "window", false},
    {"reminder", "window", true},
    {"reminder", "department", false},
    {"reminder", "department", true},
    {"reminder", "leader", false},
    {"reminder", "leader", true},
    {"test", "window", false},
    {"alarm", "admin", false},
    {"alarm_over", "admin", false},
    {"selftest", "window", false},
    {"orange", "window", false},
    {"orange", "leader", true},
    {"second_supplement", "supervision", false},
    {"deadline_changed", "supervision", true},
    {"two_windows", "supervision", true},
    {"vanished_case", "supervision", false},
    {"last_hour_window", "supervision", true},
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
    if (situation->long_names) {
        facts.item_name = "建筑工程施工许可证核发(含消防设计审查、人防工程建设审批)";
        notice.window_name = "住房和城乡建设局综合服务2号窗口";
        notice.department_name = "住房和城乡建设局行政审批科";
    }
    if (strcmp(situation->kind, "red") == 0 || strcmp(situation->kind, "reminder") == 0)
        make_late(&notice);
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
            buf_format(&all, "%s %s %s%s (%zu units)\n    %s\n", locale_words[locale],
                       situations[i].kind, situations[i].role,
                       situations[i].long_names ? ", long names" : "", size.units,
                       buf_string(&text));
        }
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = fopen(GOLDEN, "w");
        assert_non_null(file);
        fputs(buf_string(&all), file);
        fclose(file);
    }
    assert_string_equal(buf_string(&all), read_golden());
}

static void chinese_texts_are_one_message_with_the_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
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
        AUTO_BUF text;
        buf_init(&text, 4096);
        render(&situations[i], LOCALE_EN, &text);
        assert_true(sms_measure(buf_string(&text)).segments <= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_the_golden_ones),
        cmocka_unit_test(chinese_texts_are_one_message_with_the_signature),
        cmocka_unit_test(english_texts_are_two_messages_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
