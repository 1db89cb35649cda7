/* Facts: the words of the contract, and every reason to set a row aside. */
#include "duban/facts.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW  (INT64_C(1780000000) * US_PER_S)
#define SKEW (300 * US_PER_S)
#define DAY  US_PER_DAY

/* A case that is fine: accepted two days ago, open. */
static struct facts usual(void)
{
    struct facts facts = {
        .case_no = "SP20260301000001",
        .kind = "promised",
        .department_code = "D01",
        .window_code = "W01",
        .stage = "processing",
        .has_limit = true,
        .limit = {.value = 5, .unit = LIMIT_WORKDAY},
        .promised_due_at = WALL_NONE,
        .status = CASE_OPEN,
        .updated_at = NOW - DAY,
    };
    for (size_t i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = NOW - 2 * DAY;
    return facts;
}

static void is_fine(const struct facts *facts)
{
    struct error error = {""};
    bool fine = facts_check(facts, NOW, SKEW, &error);
    assert_string_equal(error.text, "");
    assert_true(fine);
}

static void is_refused(const struct facts *facts, const char *reason)
{
    struct error error;
    assert_false(facts_check(facts, NOW, SKEW, &error));
    assert_string_equal(error.text, reason);
}

/* Checks the usual case after one change. */
#define FINE_WITH(change)                                                                          \
    do {                                                                                           \
        struct facts facts = usual();                                                              \
        change;                                                                                    \
        is_fine(&facts);                                                                           \
    } while (0)
#define REFUSED_WITH(change, reason)                                                               \
    do {                                                                                           \
        struct facts facts = usual();                                                              \
        change;                                                                                    \
        is_refused(&facts, reason);                                                                \
    } while (0)

static void words_go_there_and_back(void **state)
{
    (void)state;
    struct error error;
    for (int i = 0; i < CASE_STATUSES; i++) {
        enum case_status status = CASE_OPEN;
        assert_true(case_status_parse(case_status_word((enum case_status)i), &status, &error));
        assert_int_equal(status, i);
    }
    for (int i = 0; i < MILESTONES; i++) {
        enum milestone milestone = MILESTONE_RECEIVED;
        assert_true(milestone_parse(milestone_column((enum milestone)i), &milestone, &error));
        assert_int_equal(milestone, i);
    }
    enum case_status status = CASE_RETURNED;
    assert_false(case_status_parse("办结", &status, &error));
    assert_int_equal(status, CASE_RETURNED);
    assert_string_equal(error.text, "status '办结' is unknown; expected one of: open, suspended, "
                                    "completed, returned, withdrawn");
    enum milestone milestone;
    assert_false(milestone_parse("", &milestone, &error));
    assert_string_equal(error.text,
                        "milestone is empty; expected one of: received_at, accepted_at, "
                        "processed_at, reviewed_at, approved_at, completed_at");
}

static void names_and_places_are_needed(void **state)
{
    (void)state;
    char longest[CASE_NO_BYTES_MOST + 2];
    memset(longest, '7', sizeof longest);
    longest[CASE_NO_BYTES_MOST + 1] = '\0';
    REFUSED_WITH(facts.case_no = longest, "case_no has 101 bytes; expected 100 at most");
    longest[CASE_NO_BYTES_MOST] = '\0';
    FINE_WITH(facts.case_no = longest);
    FINE_WITH(facts.case_no = "审〔2026〕17号");
    REFUSED_WITH(facts.case_no = "", "case_no is empty");
    REFUSED_WITH(facts.case_no = "SP\n1", "case_no has a control character (0x0a)");
    REFUSED_WITH(facts.case_no = "SP\x7f", "case_no has a control character (0x7f)");
    FINE_WITH(facts.window_code = "");
    FINE_WITH(facts.department_code = "");
    REFUSED_WITH(facts.window_code = facts.department_code = "",
                 "window_code and department_code are both empty");
    FINE_WITH(facts.kind = "");
    REFUSED_WITH(facts.stage = "",
                 "stage is empty; expected one of: received, accepted, processing, review, "
                 "approval, completed");
}

static void limits_have_a_range(void **state)
{
    (void)state;
    FINE_WITH(facts.has_limit = false; facts.limit.value = -1);
    FINE_WITH(facts.limit.value = 0);
    FINE_WITH(facts.limit.value = LIMIT_VALUE_MOST);
    REFUSED_WITH(facts.limit.value = -1, "limit_value is -1; expected 0 to 100000");
    REFUSED_WITH(facts.has_statutory = true; facts.statutory.value = LIMIT_VALUE_MOST + 1,
                                             "statutory_value is 100001; expected 0 to 100000");
}

static void the_future_is_refused_beyond_the_skew(void **state)
{
    (void)state;
    FINE_WITH(facts.at[MILESTONE_REVIEWED] = NOW + SKEW);
    REFUSED_WITH(facts.at[MILESTONE_REVIEWED] = NOW + SKEW + 1,
                 "reviewed_at 2026-05-28T20:31:40.000001Z lies in the future");
    REFUSED_WITH(facts.updated_at = WALL_NONE, "updated_at is empty");
}

static void acceptance_is_needed_once_past_receiving(void **state)
{
    (void)state;
    FINE_WITH(facts.at[MILESTONE_ACCEPTED] = WALL_NONE; facts.stage = "received");
    FINE_WITH(facts.at[MILESTONE_ACCEPTED] = WALL_NONE; facts.status = CASE_RETURNED);
    REFUSED_WITH(facts.at[MILESTONE_ACCEPTED] = WALL_NONE,
                 "accepted_at is empty, but the stage is processing");
}

static void completion_agrees_with_the_status(void **state)
{
    (void)state;
    FINE_WITH(facts.status = CASE_COMPLETED; facts.at[MILESTONE_COMPLETED] = NOW - DAY);
    FINE_WITH(facts.status = CASE_RETURNED; facts.at[MILESTONE_COMPLETED] = NOW - DAY);
    REFUSED_WITH(facts.status = CASE_COMPLETED,
                 "the status is completed, but completed_at is empty");
    REFUSED_WITH(facts.at[MILESTONE_COMPLETED] = NOW - DAY,
                 "the status is open, but completed_at is given");
    /* Wrong, but it can be worked with: before it was accepted two days ago. */
    FINE_WITH(facts.status = CASE_COMPLETED; facts.at[MILESTONE_COMPLETED] = NOW - 3 * DAY);
}

static void suspensions_agree_with_the_status(void **state)
{
    (void)state;
    struct suspension open = {.from = NOW - DAY, .to = WALL_NONE};
    struct suspension past = {.from = NOW - DAY, .to = NOW - DAY / 2};
    FINE_WITH(facts.suspension_count = 1; facts.suspensions[0] = past;
              facts.updated_at = NOW - DAY / 2);
    FINE_WITH(facts.suspension_count = 1; facts.suspensions[0] = open;
              facts.status = CASE_SUSPENDED);
    FINE_WITH(facts.suspension_count = 1; facts.suspensions[0] = open;
              facts.status = CASE_WITHDRAWN);
    REFUSED_WITH(facts.status = CASE_SUSPENDED,
                 "the status is suspended, but no suspension is open");
    REFUSED_WITH(
        facts.suspension_count = 1; facts.suspensions[0] = past; facts.updated_at = NOW - DAY / 2;
        facts.status = CASE_SUSPENDED, "the status is suspended, but no suspension is open");
    REFUSED_WITH(facts.suspension_count = 1;
                 facts.suspensions[0] = open,
                 "the status is open, but the last suspension has not ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_go_there_and_back),
        cmocka_unit_test(names_and_places_are_needed),
        cmocka_unit_test(limits_have_a_range),
        cmocka_unit_test(the_future_is_refused_beyond_the_skew),
        cmocka_unit_test(acceptance_is_needed_once_past_receiving),
        cmocka_unit_test(completion_agrees_with_the_status),
        cmocka_unit_test(suspensions_agree_with_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
