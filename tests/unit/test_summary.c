/* Digests: what they say of many cases, and how it fits. */
#include "duban/file.h"
#include "duban/mem.h"
#include "duban/sms_text.h"
#include "duban/summary.h"
#include "duban/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sample_notice.h"

#define GOLDEN SOURCE_DIR "/tests/unit/golden/digests.txt"

static struct summary_entry red(const char *line, wall_us due_at)
{
    return (struct summary_entry){"红牌", "公安局", line, true, 2, due_at};
}

static void the_worst_come_first(void **state)
{
    (void)state;
    struct summary_entry entries[] = {
        {"办结", "公安局", "done", false, 0, 1},
        {"黄牌", "税务局", "soon", false, 1, 20},
        {"黄牌", "税务局", "sooner", false, 1, 10},
        red("late", 9),
        red("later", 5),
        {"橙牌", "税务局", "orange", false, 2, 30},
    };
    struct summary summary;
    summary_init(&summary, entries, COUNT_OF(entries));
    static const char *const cases[] = {"later", "late", "orange", "sooner", "soon", "done"};
    assert_int_equal(summary.case_count, COUNT_OF(cases));
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(summary.cases[i], cases[i]);
    assert_false(summary.has_more_cases);
    static const struct notice_count labels[] = {
        {"", "红牌", 2}, {"", "橙牌", 1}, {"", "黄牌", 2}, {"", "办结", 1}};
    assert_int_equal(summary.label_count, COUNT_OF(labels));
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        assert_string_equal(summary.labels[i].label, labels[i].label);
        assert_int_equal(summary.labels[i].clocks, labels[i].clocks);
    }
    assert_int_equal(summary.department_count, 2);
    assert_string_equal(summary.departments[0].label, "公安局");
    assert_int_equal(summary.departments[0].clocks, 3);
    summary_finish(&summary);
}

/* The shipped text for a role with `count` cases, in so many segments. */
static char *render(const char *role, size_t count, enum locale locale, int64_t segments,
                    size_t signature)
{
    struct summary_entry *entries = mem_zero(count, sizeof *entries);
    char(*lines)[48] = mem_zero(count, sizeof *lines);
    static const char *const departments[] = {"市场监督管理局", "公安局", "自然资源和规划局",
                                              "税务局"};
    for (size_t i = 0; i < count; i++) {
        snprintf(lines[i], sizeof lines[i], "SP20261122%06zu%s", i,
                 i % 3 ? "还剩3个工作日" : "已超期2个工作日");
        entries[i] = (struct summary_entry){.label = i % 3 ? "黄牌" : "红牌",
                                            .department = departments[i % COUNT_OF(departments)],
                                            .line = lines[i],
                                            .late = i % 3 == 0,
                                            .rank = i % 3 ? 1 : 2,
                                            .due_at = (wall_us)i};
    }
    struct summary summary;
    summary_init(&summary, entries, count);
    struct notice notice = {
        .kind = "digest", .role = role, .zone = sample_zone(), .centre = "", .due_at = WALL_NONE};
    summary_fill(&summary, &notice);
    struct problems problems = {0};
    struct template *template =
        template_create_text(template_default("digest", role, locale), "shipped", &problems);
    AUTO_BUF text;
    buf_init(&text, 65536);
    template_render(template, &notice, locale, sms_room(segments, signature), &text);
    template_destroy(template);
    summary_finish(&summary);
    free(lines);
    free(entries);
    return buf_take(&text);
}

/* With GOLDEN_UPDATE in the environment the file is written anew, to be read by a person. */
static void a_burst_reads_well(void **state)
{
    (void)state;
    static const struct {
        const char *role;
        size_t count;
        int64_t segments;
    } rows[] = {
        {"window", 200, 1},     {"window", 200, 2}, {"window", 2, 2},    {"department", 9, 2},
        {"supervision", 60, 2}, {"leader", 7, 3},   {"applicant", 3, 2}, {"handler", 20, 2},
    };
    AUTO_BUF all;
    buf_init(&all, 1u << 20);
    for (enum locale locale = 0; locale < LOCALES; locale++)
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            AUTO_FREE char *text = render(rows[i].role, rows[i].count, locale, rows[i].segments, 0);
            buf_format(&all, "%s %s, %zu cases, at most %lld segments (%zu units)\n    %s\n",
                       locale_words[locale], rows[i].role, rows[i].count,
                       (long long)rows[i].segments, sms_units(text), text);
        }
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = fopen(GOLDEN, "w");
        assert_non_null(file);
        fputs(buf_string(&all), file);
        fclose(file);
    }
    char *golden;
    size_t length;
    assert_true(file_read(GOLDEN, 1u << 20, &golden, &length, NULL));
    assert_string_equal(buf_string(&all), golden);
    free(golden);
}

static void a_digest_fills_no_more_than_its_segments(void **state)
{
    (void)state;
    static const char *const roles[] = {"window", "department", "supervision", "leader", "handler"};
    static const size_t counts[] = {2, 3, 19, 20, 21, 200, 5000};
    for (int64_t segments = 1; segments <= 5; segments++)
        for (size_t r = 0; r < COUNT_OF(roles); r++)
            for (size_t c = 0; c < COUNT_OF(counts); c++) {
                AUTO_FREE char *text = render(roles[r], counts[c], LOCALE_ZH_CN, segments, 6);
                AUTO_FREE char *whole = mem_format("【安澜政务】%s", text);
                assert_in_range(sms_measure(whole).segments, 1,
                                /* counts, departments and one case may need two */
                                segments == 1 ? 2 : (size_t)segments);
            }
}

static void a_line_tells_the_case_and_its_time(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    static const struct {
        const char *kind, *zh, *en, *clock;
    } rows[] = {
        {"yellow", "FC202611160083还剩3个工作日", "FC202611160083 3 working days left", NULL},
        {"reminder", "FC202611160083还剩3个工作日", "FC202611160083 3 working days left", NULL},
        {"yellow", "FC202611160083受理还剩3个工作日", "FC202611160083 受理, 3 working days left",
         "受理"},
        {"completed", "FC202611160083办结", "FC202611160083 completed", NULL},
        {"cleared", "FC202611160083预警解除", "FC202611160083 warning cleared", NULL},
        {"level_withdrawn", "FC202611160083摘牌", "FC202611160083 level withdrawn", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (enum locale locale = 0; locale < LOCALES; locale++) {
            AUTO_BUF line;
            buf_init(&line, 4096);
            notice.kind = rows[i].kind;
            notice.clock = rows[i].clock ? "first_reply" : "completion";
            notice.clock_label = rows[i].clock;
            summary_line(&notice, locale, &line);
            assert_string_equal(buf_string(&line), locale == LOCALE_EN ? rows[i].en : rows[i].zh);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_come_first),
        cmocka_unit_test(a_burst_reads_well),
        cmocka_unit_test(a_digest_fills_no_more_than_its_segments),
        cmocka_unit_test(a_line_tells_the_case_and_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
