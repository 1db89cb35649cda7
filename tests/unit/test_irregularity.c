/* Irregularities: each rule finds its own and leaves the innocent neighbour alone; the same fact is
 * found under the same number. */
#include "duban/irregularity.h"

#include "duban/irregularity_words.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "irregular_case.h"

static void extend(struct facts *facts, const char *clock, struct limit more, const char *approver,
                   const char *reason)
{
    struct extension *extension = &facts->extensions[facts->extension_count++];
    *extension = (struct extension){.more = more, .at = at(8, 10, 0)};
    snprintf(extension->clock, sizeof extension->clock, "%s", clock);
    snprintf(extension->approver, sizeof extension->approver, "%s", approver);
    snprintf(extension->reason, sizeof extension->reason, "%s", reason);
}

/* --- running the rules --- */

/* "KIND NUMBER DAY: words", a line each; "…" for a number that isn't counted. */
static void note(void *context, const struct irregularity *found)
{
    struct buf *findings = context;
    const struct zone *zone = calendar_zone(config->calendar);
    char day[DAY_TEXT_BYTES];
    AUTO_FREE char *number = mem_format(found->number < 100 ? "%d" : "…", found->number);
    buf_format(findings, "%s %s %s: ", irregularity_word(found->kind), number,
               day_text(zone_day(zone, found->at), day) + 5);
    irregularity_words(config, irregularity_word(found->kind), found->detail, found->at,
                       LOCALE_ZH_CN, findings);
    buf_char(findings, '\n');
}

static void find(const struct facts *facts, wall_us now, struct buf *findings)
{
    struct case_clock clocks[2];
    struct error error;
    assert_int_equal(config->clock_count, COUNT_OF(clocks));
    for (size_t i = 0; i < COUNT_OF(clocks); i++)
        assert_true(case_clock_replay(&config->clocks[i], facts, now, &clocks[i], &error));
    irregularity_find(config, facts, clocks, now, note, findings);
}

static void expect(const char *name, const struct facts *facts, wall_us now, const char *expected)
{
    AUTO_BUF findings;
    buf_init(&findings, 1 << 16);
    find(facts, now, &findings);
    if (strcmp(buf_string(&findings), expected) != 0)
        fail_msg("%s: found\n%swanted\n%s", name, buf_string(&findings), expected);
}

/* --- each rule, and its neighbour --- */

#define LATER at(30, 12, 0)

static void nothing(struct facts *facts)
{
    (void)facts;
}

static void one_supplement(struct facts *facts)
{
    stop(facts, "supplement", at(3, 9, 0), at(4, 9, 0));
    stop(facts, "hearing", at(4, 10, 0), at(5, 9, 0));
}

static void three_supplements(struct facts *facts)
{
    one_supplement(facts);
    stop(facts, "supplement", at(5, 9, 0), at(5, 10, 0));
    stop(facts, "supplement", at(8, 9, 0), at(8, 10, 0));
}

static void review_of_five_days(struct facts *facts)
{
    stop(facts, "expert_review", at(3, 9, 0), at(10, 17, 0));
}

static void review_of_more(struct facts *facts)
{
    stop(facts, "expert_review", at(3, 9, 0), at(10, 17, 1));
}

static void review_without_end(struct facts *facts)
{
    stop(facts, "expert_review", at(3, 9, 0), WALL_NONE);
}

static void hearing_without_end(struct facts *facts)
{
    stop(facts, "hearing", at(3, 9, 0), WALL_NONE);
}

static void hearing_on_the_last_day(struct facts *facts)
{
    stop(facts, "hearing", at(16, 13, 59), at(17, 9, 0)); /* three hours and a minute left */
}

static void hearing_in_the_last_hours(struct facts *facts)
{
    stop(facts, "hearing", at(16, 14, 0), at(17, 9, 0));
}

static void note_in_the_last_hours(struct facts *facts)
{
    stop(facts, "note", at(16, 14, 0), at(16, 15, 0));
}

static void hearing_after_due(struct facts *facts)
{
    stop(facts, "hearing", at(17, 9, 0), at(17, 10, 0));
}

static void hearing_after_an_earlier_stop(struct facts *facts)
{
    stop(facts, "supplement", at(3, 9, 0), at(5, 9, 0)); /* due two days later */
    stop(facts, "hearing", at(16, 16, 0), at(17, 9, 0));
}

static void a_good_extension(struct facts *facts)
{
    extend(facts, "", (struct limit){5, LIMIT_WORKDAY}, "李局长", "情况复杂");
}

static void extensions_of_all_sorts(struct facts *facts)
{
    extend(facts, "", (struct limit){1, LIMIT_WORKDAY}, "", "情况复杂");
    extend(facts, "", (struct limit){2, LIMIT_WORKDAY}, "李局长", "");
    extend(facts, "", (struct limit){3, LIMIT_DAY}, "李局长", "情况复杂");
    extend(facts, "", (struct limit){6, LIMIT_WORKDAY}, "李局长", "情况复杂");
    extend(facts, "reply", (struct limit){4, LIMIT_WORKHOUR}, "李局长", "情况复杂");
    extend(facts, "reply", (struct limit){1, LIMIT_WORKHOUR}, "", "");
    extend(facts, "nobody's", (struct limit){1, LIMIT_WORKHOUR}, "", "");
}

static void due_as_ours(struct facts *facts)
{
    facts->promised_due_at = at(16, 0, 1);
}

static void due_two_days_away(struct facts *facts)
{
    facts->promised_due_at = at(18, 24, 0); /* the end of Thursday the 18th */
}

static void due_after_the_holiday(struct facts *facts)
{
    facts->promised_due_at = at(22, 17, 0); /* three working days: the 19th is a holiday */
}

static void due_long_before(struct facts *facts)
{
    facts->promised_due_at = at(11, 17, 0);
}

static void due_elsewhere_while_suspended(struct facts *facts)
{
    due_long_before(facts);
    hearing_without_end(facts);
}

static void steps_in_order(struct facts *facts)
{
    facts->at[MILESTONE_PROCESSED] = at(3, 10, 0);
    facts->at[MILESTONE_APPROVED] = at(4, 10, 0);
    complete(facts, at(4, 10, 1));
}

static void steps_out_of_order(struct facts *facts)
{
    steps_in_order(facts);
    facts->at[MILESTONE_REVIEWED] = at(3, 9, 59);
}

static void equal_steps(struct facts *facts)
{
    steps_in_order(facts);
    facts->at[MILESTONE_REVIEWED] = facts->at[MILESTONE_APPROVED] = at(4, 10, 1);
}

static void equal_steps_of_an_instant_case(struct facts *facts)
{
    equal_steps(facts);
    facts->kind = "instant";
}

static void returned_at_once(struct facts *facts)
{
    facts->status = CASE_RETURNED;
    facts->result = "不属于本机关职权";
    facts->at[MILESTONE_COMPLETED] = facts->at[MILESTONE_ACCEPTED];
}

static void completed_before_accepted(struct facts *facts)
{
    facts->kind = "instant";
    complete(facts, at(2, 9, 59));
}

static void completed_when_accepted(struct facts *facts)
{
    facts->kind = "instant";
    complete(facts, at(2, 10, 0));
}

static void completed_without_steps(struct facts *facts)
{
    complete(facts, at(4, 10, 1));
}

static void instant_without_steps(struct facts *facts)
{
    facts->kind = "instant";
    completed_without_steps(facts);
}

static void completed_again_without_steps(struct facts *facts)
{
    completed_without_steps(facts);
    facts->reopened_at = at(3, 10, 0);
}

static void accepted_on_the_fifth_day(struct facts *facts)
{
    facts->at[MILESTONE_ACCEPTED] = at(8, 17, 0);
}

static void accepted_on_the_sixth_day(struct facts *facts)
{
    facts->at[MILESTONE_ACCEPTED] = at(9, 9, 0);
}

static void never_accepted(struct facts *facts)
{
    facts->at[MILESTONE_ACCEPTED] = WALL_NONE;
    facts->stage = "received";
}

static void asked_for_papers(struct facts *facts)
{
    never_accepted(facts);
    stop(facts, "supplement", at(5, 9, 0), WALL_NONE);
}

static void refused_in_time(struct facts *facts)
{
    never_accepted(facts);
    returned_at_once(facts);
    facts->at[MILESTONE_COMPLETED] = at(5, 9, 0);
}

static void refused_late(struct facts *facts)
{
    refused_in_time(facts);
    facts->at[MILESTONE_COMPLETED] = at(10, 9, 0);
}

static void returned_without_a_word(struct facts *facts)
{
    returned_at_once(facts);
    facts->result = " \n";
}

static void returned_after_a_notice(struct facts *facts)
{
    stop(facts, "supplement", at(2, 11, 0), at(3, 11, 0));
    returned_without_a_word(facts);
}

struct situation {
    const char *name;
    void (*change)(struct facts *facts);
    wall_us now; /* 0: LATER */
    const char *expected;
};

static const char unprocessed[] =
    "completed_without_processing 1 06-04: 已办结，却无承办、审核、批准记录\n";

static void each_rule_and_its_neighbour(void **state)
{
    (void)state;
    const struct situation situations[] = {
        {"nothing", nothing, 0, ""},
        {"one supplement", one_supplement, 0, ""},
        {"three supplements", three_supplements, 0,
         "second_supplement 2 06-05: 第2次要求补正（至多1次）\n"
         "second_supplement 3 06-08: 第3次要求补正（至多1次）\n"},
        {"a review of five days", review_of_five_days, 0, ""},
        {"a longer review", review_of_more, 0,
         "suspension_too_long … 06-10: 专家评审停表自6月3日起，超过5个工作日\n"},
        {"a review that lasts", review_without_end, at(10, 17, 0), ""},
        {"a review that lasts too long", review_without_end, at(10, 17, 1),
         "suspension_too_long … 06-10: 专家评审停表自6月3日起，超过5个工作日\n"},
        {"a reason without a limit", hearing_without_end, 0, ""},
        {"a minute before the last hours", hearing_on_the_last_day, 0, ""},
        {"in the last hours", hearing_in_the_last_hours, 0,
         "late_suspension … 06-16: 到期前3个工作小时内才停表（听证，6月16日14:00）\n"},
        {"what stops nothing", note_in_the_last_hours, 0, ""},
        {"after due", hearing_after_due, 0, ""},
        {"due as it was then", hearing_after_an_earlier_stop, 0, ""},
        {"a good extension", a_good_extension, 0, ""},
        {"extensions of all sorts", extensions_of_all_sorts, 0,
         "extension_refused … 06-08: 延期1个工作日没有批准人，不计入\n"
         "extension_refused … 06-08: 延期2个工作日没有理由，不计入\n"
         "extension_refused … 06-08: 延期3天与时限单位不同，不计入\n"
         "extension_refused … 06-08: 延期6个工作日超出允许，超出部分不计入\n"
         "extension_refused … 06-08: 延期1个工作小时没有批准人，不计入\n"},
        {"due on the same day", due_as_ours, 0, ""},
        {"due two days away", due_two_days_away, 0, ""},
        {"due three days away", due_after_the_holiday, at(10, 9, 0),
         "due_differs … 06-02: 审批系统记6月22日到期，督办算得6月16日\n"},
        {"due long before", due_long_before, at(10, 9, 0),
         "due_differs … 06-02: 审批系统记6月11日到期，督办算得6月16日\n"},
        {"due elsewhere, unknown", due_elsewhere_while_suspended, 0, ""},
        {"steps in order", steps_in_order, 0, ""},
        {"out of order", steps_out_of_order, 0, "stages_out_of_order 23 06-04: 审核时间早于承办\n"},
        {"equal", equal_steps, 0,
         "stages_out_of_order 34 06-04: 审核与批准时间相同\n"
         "stages_out_of_order 45 06-04: 批准与办结时间相同\n"},
        {"equal, instant", equal_steps_of_an_instant_case, 0, ""},
        {"returned at once", returned_at_once, 0, ""},
        {"completed before accepted", completed_before_accepted, 0,
         "completed_before_accepted 1 06-02: 办结（6月2日09:59）早于受理（6月2日10:00）\n"},
        {"completed when accepted", completed_when_accepted, 0, ""},
        {"no steps", completed_without_steps, 0, unprocessed},
        {"no steps, instant", instant_without_steps, 0, ""},
        {"no steps, again", completed_again_without_steps, 0,
         "completed_without_processing … 06-04: 已办结，却无承办、审核、批准记录\n"},
        {"accepted in time", accepted_on_the_fifth_day, 0, ""},
        {"accepted late", accepted_on_the_sixth_day, 0,
         "accepted_late 1 06-08: 收件后超过5个工作日才受理（6月9日）\n"},
        {"not yet late", never_accepted, at(8, 17, 0), ""},
        {"never accepted", never_accepted, at(8, 17, 1),
         "accepted_late 1 06-08: 收件后超过5个工作日未受理，也未告知补正\n"},
        {"asked for papers", asked_for_papers, 0, ""},
        {"refused in time", refused_in_time, 0, ""},
        {"refused late", refused_late, 0,
         "accepted_late 1 06-08: 收件后超过5个工作日未受理，也未告知补正\n"},
        {"returned without a word", returned_without_a_word, 0,
         "returned_without_notice 1 06-02: 退件未说明理由，也未一次性告知\n"},
        {"returned after a notice", returned_after_a_notice, 0, ""},
    };
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        struct facts facts = plain();
        situations[i].change(&facts);
        expect(situations[i].name, &facts, situations[i].now ? situations[i].now : LATER,
               situations[i].expected);
    }
}

/* --- the same fact --- */

struct number {
    enum irregularity_kind kind;
    int32_t numbers[8];
    size_t count;
};

static void keep_number(void *context, const struct irregularity *found)
{
    struct number *number = context;
    if (found->kind == number->kind)
        number->numbers[number->count++] = found->number;
}

static struct number numbers_of(enum irregularity_kind kind, const struct facts *facts, wall_us now)
{
    struct case_clock clocks[2];
    struct number number = {.kind = kind};
    for (size_t i = 0; i < COUNT_OF(clocks); i++)
        assert_true(case_clock_replay(&config->clocks[i], facts, now, &clocks[i], NULL));
    irregularity_find(config, facts, clocks, now, keep_number, &number);
    return number;
}

static void the_same_fact_has_the_same_number(void **state)
{
    (void)state;
    struct facts before = plain(), after;
    three_supplements(&before);
    stop(&before, "expert_review", at(9, 9, 0), WALL_NONE);
    extend(&before, "", (struct limit){1, LIMIT_WORKDAY}, "", "");
    after = before;
    /* Time passes, the review ends, somebody's name is typed in, other facts come. */
    after.suspensions[4].to = at(24, 9, 0);
    after.status = CASE_OPEN;
    snprintf(after.extensions[0].approver, sizeof after.extensions[0].approver, "李局长");
    stop(&after, "hearing", at(24, 10, 0), at(24, 11, 0));
    extend(&after, "", (struct limit){2, LIMIT_WORKDAY}, "", "");
    after.updated_at = at(24, 11, 0);
    static const struct {
        enum irregularity_kind kind;
        size_t before, after;
    } kinds[] = {{IRREGULAR_SECOND_SUPPLEMENT, 2, 2},
                 {IRREGULAR_LONG_SUSPENSION, 1, 1},
                 {IRREGULAR_EXTENSION_REFUSED, 1, 2}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct number one = numbers_of(kinds[i].kind, &before, at(23, 9, 0));
        struct number two = numbers_of(kinds[i].kind, &after, LATER);
        assert_int_equal(one.count, kinds[i].before);
        assert_int_equal(two.count, kinds[i].after);
        assert_memory_equal(one.numbers, two.numbers, one.count * sizeof *one.numbers);
        assert_int_not_equal(two.numbers[0], two.numbers[1]);
    }
}

/* Once per pair of dates. */
static void other_dates_are_another_fact(void **state)
{
    (void)state;
    struct facts facts = plain();
    due_long_before(&facts);
    int32_t first = numbers_of(IRREGULAR_DUE_DIFFERS, &facts, at(9, 9, 0)).numbers[0];
    facts.promised_due_at += 3600 * US_PER_S; /* the same day */
    facts.updated_at = at(10, 9, 0);
    assert_int_equal(numbers_of(IRREGULAR_DUE_DIFFERS, &facts, at(10, 9, 0)).numbers[0], first);
    facts.limit.value++;
    int32_t ours = numbers_of(IRREGULAR_DUE_DIFFERS, &facts, at(10, 9, 0)).numbers[0];
    assert_int_not_equal(ours, first);
    facts.promised_due_at -= US_PER_DAY;
    assert_int_not_equal(numbers_of(IRREGULAR_DUE_DIFFERS, &facts, at(10, 9, 0)).numbers[0], ours);
}

/* --- switches and parameters --- */

static void what_is_off_is_not_found(void **state)
{
    (void)state;
    struct irregularity_rules rules = config->irregularities;
    struct facts facts = plain();
    three_supplements(&facts);
    config->irregularities.on[IRREGULAR_SECOND_SUPPLEMENT] = false;
    expect("off", &facts, LATER, "");
    config->irregularities.on[IRREGULAR_SECOND_SUPPLEMENT] = true;
    config->irregularities.supplements_most = 2;
    expect("two are allowed", &facts, LATER,
           "second_supplement 3 06-08: 第3次要求补正（至多2次）\n");
    config->irregularities.supplement = "hearing";
    expect("another reason", &facts, LATER, "");
    config->irregularities.ignores_equal = 1;
    facts = plain();
    equal_steps(&facts);
    expect("equal steps", &facts, LATER, "");
    config->irregularities.tolerance = (struct limit){0, LIMIT_DAY};
    facts = plain();
    facts.promised_due_at = at(17, 0, 1);
    expect("another day", &facts, at(10, 9, 0),
           "due_differs … 06-02: 审批系统记6月17日到期，督办算得6月16日\n");
    config->irregularities = rules;
}

static size_t routes_of(enum irregularity_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < config->route_count; i++)
        count += strcmp(config->routes[i].kind, irregularity_word(kind)) == 0;
    return count;
}

static void rules_are_those_of_the_file(void **state)
{
    (void)state;
    const struct irregularity_rules *rules = &config->irregularities;
    assert_true(rules->any);
    assert_false(rules->on[IRREGULAR_VANISHED]);
    assert_int_equal(rules->supplements_most, 1);
    assert_string_equal(rules->notice, "supplement");
    assert_int_equal(rules->accepted_after.value, 5);
    assert_int_equal(rules->changed_from, 1);
    assert_int_equal(rules->vanished_from, 2);
    assert_int_equal(rules->reopened_from, 1);
    assert_int_equal(rules->reception_within_us, 10 * US_PER_DAY);
    assert_int_equal(rules->habit_cases, 5);
    assert_int_equal(rules->habit_share, 80);
    /* The section's, the rule's own, its route, and nobody. */
    assert_int_equal(routes_of(IRREGULAR_SECOND_SUPPLEMENT), 1);
    assert_int_equal(routes_of(IRREGULAR_VANISHED_AFTER_LEVEL), 2);
    assert_int_equal(routes_of(IRREGULAR_DUE_DIFFERS), 1);
    assert_int_equal(routes_of(IRREGULAR_REOPENED_AFTER_LEVEL), 0);
    assert_int_equal(routes_of(IRREGULAR_VANISHED), 0);
}

/* --- the last hour --- */

static void the_last_hour_is_open_time_before_due(void **state)
{
    (void)state;
    static const struct {
        int hour, minute;
        bool last;
    } cases[] = {{15, 59, false}, {16, 0, true}, {17, 0, true}, {17, 1, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts facts = plain();
        struct case_clock clock;
        complete(&facts, at(16, cases[i].hour, cases[i].minute));
        assert_true(case_clock_replay(&config->clocks[0], &facts, LATER, &clock, NULL));
        assert_int_equal(irregularity_is_last_hour(config, &clock), cases[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_and_its_neighbour),
        cmocka_unit_test(the_same_fact_has_the_same_number),
        cmocka_unit_test(other_dates_are_another_fact),
        cmocka_unit_test(what_is_off_is_not_found),
        cmocka_unit_test(rules_are_those_of_the_file),
        cmocka_unit_test(the_last_hour_is_open_time_before_due),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
