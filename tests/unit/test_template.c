/* Texts with placeholders. */
#include "duban/template.h"

#include "duban/mem.h"
#include "duban/sms_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sample_notice.h"

/* The rendered text; stays until the next call. */
static const char *rendered(const char *text, const struct notice *notice, enum locale locale,
                            size_t units_most)
{
    static char out[4096];
    struct problems problems = {0};
    struct template *template = template_create_text(text, "t", &problems);
    assert_non_null(template);
    AUTO_BUF buf;
    buf_init(&buf, sizeof out);
    template_render(template, notice, locale, units_most, &buf);
    template_destroy(template);
    strcpy(out, buf_string(&buf));
    return out;
}

struct expectation {
    const char *text, *zh, *en;
};

static void check(const struct notice *notice, const struct expectation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rendered(rows[i].text, notice, LOCALE_ZH_CN, 0), rows[i].zh);
        assert_string_equal(rendered(rows[i].text, notice, LOCALE_EN, 0), rows[i].en);
    }
}

static void every_placeholder_has_its_value(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    static const struct notice_count counts[] = {{"yellow", "黄牌", 12}, {"red", "红牌", 5}};
    facts.result = "准予许可";
    facts.at[MILESTONE_COMPLETED] = sample_at("2026-11-24T23:59:59+08:00");
    notice.counts = counts;
    notice.count = 2;
    notice.detail = "d";
    static const char *const cases[] = {"A1已超期", "A2还剩1个工作日"};
    notice.cases = cases;
    notice.case_count = 2;
    notice.departments = counts;
    notice.department_count = 2;
    notice.reminder = 3;
    notice.taken = "red";
    notice.taken_label = "红牌";
    notice.part = "FC202611160083-2";
    notice.part_department = "公安局";
    facts.agent_name = "王代办";
    static const struct expectation rows[] = {
        {"{cases}", "A1已超期；A2还剩1个工作日", "A1已超期; A2还剩1个工作日"},
        {"{departments}", "黄牌12件；红牌5件", "黄牌: 12; 红牌: 5"},
        {"{case_no}", "FC202611160083", "FC202611160083"},
        {"{item}", "食品经营许可证核发", "食品经营许可证核发"},
        {"{kind}", "承诺件", "promised case"},
        {"{window}", "市场监管局3号窗口", "市场监管局3号窗口"},
        {"{department}", "市场监督管理局", "市场监督管理局"},
        {"{centre}", "丰城市政务服务中心", "丰城市政务服务中心"},
        {"{handler}", "李明", "李明"},
        {"{agent}", "王代办", "王代办"},
        {"{applicant}", "张**", "张**"},
        {"{recipient}", "市场监管局3号窗口", "市场监管局3号窗口"},
        {"{role}", "窗口", "window"},
        {"{level}", "黄牌", "黄牌"},
        {"{clock}", "办结", "办结"},
        {"{other_clock}", "", ""},
        {"{cleared}", "红牌", "红牌"},
        {"{reason}", "，摘牌人及原因：d", ", by d"},
        {"{part}", "，待公安局（FC202611160083-2）办理",
         ", waiting for 公安局 (case FC202611160083-2)"},
        {"{stage}", "审核", "review"},
        {"{result}", "准予许可", "准予许可"},
        {"{limit}", "7个工作日", "7 working days"},
        {"{statutory}", "20个工作日", "20 working days"},
        {"{received}", "11月15日", "15 Nov"},
        {"{accepted}", "11月16日", "16 Nov"},
        {"{completed}", "11月24日", "24 Nov"},
        {"{time}", "11月20日09:00", "20 Nov 09:00"},
        {"{due}", "11月25日17:00", "25 Nov 17:00"},
        {"{due_date}", "11月25日", "25 Nov"},
        {"{remaining}", "还剩3个工作日", "3 working days left"},
        {"{days_left}", "3", "3"},
        {"{days_over}", "0", "0"},
        {"{hours_left}", "28", "28"},
        {"{hours_over}", "0", "0"},
        {"{counts}", "黄牌12件、红牌5件", "黄牌: 12, 红牌: 5"},
        {"{total}", "17", "17"},
        {"{reminder}", "3", "3"},
        {"{detail}", "d", "d"},
    };
    check(&notice, rows, COUNT_OF(rows));
    AUTO_BUF document;
    buf_init(&document, 8192);
    template_document(&document);
    size_t lines = 0;
    for (const char *at = buf_string(&document); *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, COUNT_OF(rows)); /* none was forgotten here */
}

/* The table of docs/sms-kannel.md is the table of the code. */
static void every_placeholder_is_documented(void **state)
{
    (void)state;
    static char page[65536];
    FILE *file = fopen(SOURCE_DIR "/docs/sms-kannel.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    AUTO_BUF document;
    buf_init(&document, 8192);
    template_document(&document);
    char *line, *rest = document.data;
    while ((line = strsep(&rest, "\n")) && *line) {
        const char *name = strsep(&line, "\t");
        AUTO_FREE char *row = mem_format("| `%s` | %s |\n", name, line);
        if (strstr(page, row) == NULL)
            fail_msg("missing: %s", row);
    }
}

static void what_is_missing_leaves_nothing(void **state)
{
    (void)state;
    struct notice notice = sample_notice(NULL);
    notice.window_name = notice.department_name = "";
    notice.due_at = WALL_NONE;
    static const struct expectation rows[] = {
        {"<{case_no}{item}{kind}{window}{department}{handler}{applicant}{stage}{result}{limit}"
         "{statutory}{received}{accepted}{completed}{due}{due_date}{remaining}{days_left}"
         "{days_over}{hours_left}{hours_over}{counts}{reminder}{detail}>",
         "<>", "<>"},
        {"{total}", "0", "0"},
    };
    check(&notice, rows, COUNT_OF(rows));
}

static void codes_stand_in_for_names(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    notice.window_name = notice.department_name = "";
    facts.kind = "并联件";
    facts.stage = "x1";
    static const struct expectation row = {"{department} {window} {kind} {stage}",
                                           "SCJG SCJG-03 并联件 x1", "SCJG SCJG-03 并联件 x1"};
    check(&notice, &row, 1);
}

static void clocks_and_parts_may_lack_a_name(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    notice.clock_label = "completion"; /* none is configured */
    notice.part = "P2";
    static const struct expectation plain[] = {
        {"{clock}", "办结", "completion"},
        {"{other_clock}", "", ""},
        {"{part}", "，待办件P2办理", ", waiting for case P2"},
        {"{cleared}", "预警", "warning"},
        {"{reason}", "", ""},
    };
    check(&notice, plain, COUNT_OF(plain));
    notice.clock = notice.clock_label = "first_reply";
    notice.part = "";
    static const struct expectation other[] = {
        {"{clock}", "first_reply", "first_reply"},
        {"{other_clock}{remaining}", "first_reply还剩3个工作日",
         "first_reply, 3 working days left"},
        {"{part}", "", ""},
    };
    check(&notice, other, COUNT_OF(other));
}

static void only_applicants_read_their_name(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_string_equal(rendered("{applicant}", &notice, LOCALE_EN, 0), "张**");
    notice.role = "applicant";
    assert_string_equal(rendered("{applicant}", &notice, LOCALE_EN, 0), "张小三");
}

static void the_distance_reads_well_at_every_point(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    static const struct {
        const char *at;
        int32_t workdays_left;
        span_us open_left_s;
        const char *zh, *en;
    } cases[] = {
        {"2026-11-24T09:00:00+08:00", 1, 50400, "还剩1个工作日", "1 working day left"},
        {"2026-11-25T09:00:00+08:00", 0, 25200, "今日到期", "due today"},
        {"2026-11-24T18:00:00+08:00", 0, 25200, "即将到期", "due soon"},
        {"2026-11-25T17:00:00+08:00", 0, 0, "已超期", "overdue"},
        {"2026-11-25T17:30:00+08:00", 0, -1, "已超期", "overdue"},
        {"2026-11-26T09:00:00+08:00", -1, -1, "已超期1个工作日", "1 working day overdue"},
        {"2026-11-30T09:00:00+08:00", -3, -9, "已超期3个工作日", "3 working days overdue"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct notice notice = sample_notice(&facts);
        notice.event_at = sample_at(cases[i].at);
        notice.workdays_left = cases[i].workdays_left;
        notice.open_left = cases[i].open_left_s * US_PER_S;
        check(&notice, &(struct expectation){"{remaining}", cases[i].zh, cases[i].en}, 1);
    }
}

static void amounts_are_never_negative_and_hours_rounded_up(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    static const struct expectation over = {"{days_left} {days_over} {hours_left} {hours_over}",
                                            "0 2 0 15", "0 2 0 15"};
    notice.workdays_left = -2;
    notice.open_left = -(14 * 3600 + 1) * US_PER_S;
    check(&notice, &over, 1);
}

static void dates_know_their_year_and_midnight(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    notice.event_at = sample_at("2026-12-30T09:00:00+08:00");
    notice.due_at = sample_at("2027-01-01T00:00:00+08:00");
    static const struct expectation midnight = {"{due} {due_date}", "12月31日24:00 12月31日",
                                                "31 Dec 24:00 31 Dec"};
    check(&notice, &midnight, 1);
    notice.due_at = sample_at("2027-01-04T08:59:59+08:00");
    static const struct expectation next_year = {
        "{due} {due_date}", "2027年1月4日08:59 2027年1月4日", "4 Jan 2027 08:59 4 Jan 2027"};
    check(&notice, &next_year, 1);
    /* Shanghai's year has begun while UTC's has not. */
    notice.event_at = sample_at("2027-01-01T00:30:00+08:00");
    check(&notice, &(struct expectation){"{due_date}", "1月4日", "4 Jan"}, 1);
}

static void limits_are_told_in_their_unit(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    static const struct {
        struct limit limit;
        struct expectation row;
    } cases[] = {
        {{0, LIMIT_WORKDAY}, {"{limit}", "当日", "the same day"}},
        {{1, LIMIT_WORKDAY}, {"{limit}", "1个工作日", "1 working day"}},
        {{15, LIMIT_DAY}, {"{limit}", "15天", "15 days"}},
        {{4, LIMIT_WORKHOUR}, {"{limit}", "4个工作小时", "4 working hours"}},
        {{1, LIMIT_HOUR}, {"{limit}", "1小时", "1 hour"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        facts.limit = cases[i].limit;
        check(&notice, &cases[i].row, 1);
    }
}

static void braces_stand_for_themselves_when_doubled(void **state)
{
    (void)state;
    struct notice notice = sample_notice(NULL);
    assert_string_equal(rendered("{{{total}}} }}{{ {{total}}", &notice, LOCALE_EN, 0),
                        "{0} }{ {total}");
}

static void broken_templates_are_problems(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "t: the text is empty"},
        {"{case}", "t: {case} is no placeholder; did you mean {cases}?"},
        {"{case_number}", "t: {case_number} is no placeholder"},
        {"{departement}", "t: {departement} is no placeholder; did you mean {department}?"},
        {"{}", "t: {} is no placeholder"},
        {"{case_no", "t: a brace { is not closed; write {{ for a brace itself"},
        {"{case_no{item}", "t: a brace { is not closed; write {{ for a brace itself"},
        {"a } b", "t: a brace } was never opened; write }} for a brace"},
        {"【丰城】办结",
         "t: the text contains 【 or 】, which only the gateway may add, around the "
         "signature"},
        {"办结】", "t: the text contains 【 or 】, which only the gateway may add, around the "
                   "signature"},
        {"a\tb", "t: the text contains a control character"},
        {"a\x7F", "t: the text contains a control character"},
        {"a\xC2\x85", "t: the text contains a control character"},
        {"a\xFF", "t: the text is not UTF-8"},
        {"{督办督办督办督办督办督办督办督办}", "t: {督办督办督办督办督办} is no placeholder"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problems problems = {0};
        struct error error = {""};
        struct template *template = template_create_text(cases[i].text, "t", &problems);
        assert_null(template);
        problems_error(&problems, &error);
        assert_string_equal(error.text, cases[i].problem);
        problems_finish(&problems);
    }
}

static void all_problems_are_told_at_their_place(void **state)
{
    (void)state;
    const char *yaml = "red: '{a} {item} } {b}'\nlist: []\n";
    struct problems problems = {0};
    struct yaml_document *document = yaml_load_text(yaml, strlen(yaml), "t.yaml", &problems);
    const struct yaml_node *root = yaml_root(document);
    assert_null(template_create(yaml_get(root, "red"), &problems));
    assert_int_equal(problems.count, 3);
    assert_null(template_create(yaml_get(root, "list"), &problems));
    assert_int_equal(problems.count, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(problems.items[i].line, 1);
        assert_int_equal(problems.items[i].column, 6);
    }
    problems_finish(&problems);
    yaml_destroy(document);
}

static void long_names_give_way_the_longest_first(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "建筑工程施工许可证核发(含消防)"; /* 16 */
    notice.window_name = "住房城乡建设局窗口";          /* 9 */
    static const struct {
        size_t most;
        const char *text;
    } cases[] = {
        {0, "建筑工程施工许可证核发(含消防)/住房城乡建设局窗口/FC202611160083"},
        {41, "建筑工程施工许可证核发(含消防)/住房城乡建设局窗口/FC202611160083"},
        {40, "建筑工程施工许可证核发(含消…/住房城乡建设局窗口/FC202611160083"},
        {34, "建筑工程施工许可…/住房城乡建设局窗口/FC202611160083"},
        {32, "建筑工程施工许…/住房城乡建设局…/FC202611160083"},
        {26, "建筑工程…/住房城乡…/FC202611160083"},
        /* It can't be made to fit, so nothing is maimed in vain. */
        {25, "建筑工程施工许可证核发(含消防)/住房城乡建设局窗口/FC202611160083"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text =
            rendered("{item}/{window}/{case_no}", &notice, LOCALE_ZH_CN, cases[i].most);
        assert_string_equal(text, cases[i].text);
    }
    for (size_t most = 26; most < 42; most++)
        assert_true(sms_units(rendered("{item}/{window}/{case_no}", &notice, LOCALE_EN, most)) <=
                    most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_placeholder_has_its_value),
        cmocka_unit_test(every_placeholder_is_documented),
        cmocka_unit_test(what_is_missing_leaves_nothing),
        cmocka_unit_test(codes_stand_in_for_names),
        cmocka_unit_test(clocks_and_parts_may_lack_a_name),
        cmocka_unit_test(only_applicants_read_their_name),
        cmocka_unit_test(the_distance_reads_well_at_every_point),
        cmocka_unit_test(amounts_are_never_negative_and_hours_rounded_up),
        cmocka_unit_test(dates_know_their_year_and_midnight),
        cmocka_unit_test(limits_are_told_in_their_unit),
        cmocka_unit_test(braces_stand_for_themselves_when_doubled),
        cmocka_unit_test(broken_templates_are_problems),
        cmocka_unit_test(all_problems_are_told_at_their_place),
        cmocka_unit_test(long_names_give_way_the_longest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
