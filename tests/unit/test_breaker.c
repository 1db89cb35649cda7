/* Breakers: what opens, closes and ends an endpoint, and for how long. */
#include "duban/breaker.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND US_PER_S
#define NOW    (1000 * SECOND)

static const struct channel channel = {
    .breaker_failures = 3, .breaker_first_us = 10 * SECOND, .breaker_most_us = 60 * SECOND};

static bool hear(struct breaker *breaker, enum verdict verdict, bool probe)
{
    return breaker_hear(breaker, &channel, verdict, probe, 0, NOW, UINT64_MAX);
}

static void states_have_words(void **state)
{
    (void)state;
    for (enum endpoint_state i = 0; i < ENDPOINT_STATES; i++)
        assert_int_equal(endpoint_state_of(endpoint_state_word(i)), i);
    assert_int_equal(endpoint_state_of("anything"), ENDPOINT_WELL);
}

static void failures_in_a_row_open_it(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    assert_false(hear(&breaker, VERDICT_TEMPORARY, false));
    assert_false(hear(&breaker, VERDICT_UNKNOWN, false));
    assert_false(hear(&breaker, VERDICT_PERMANENT, false)); /* it answered: not in a row any more */
    assert_false(hear(&breaker, VERDICT_TEMPORARY, false));
    assert_false(hear(&breaker, VERDICT_TEMPORARY, false));
    assert_int_equal(breaker.state, ENDPOINT_WELL);
    assert_true(hear(&breaker, VERDICT_UNKNOWN, false));
    assert_int_equal(breaker.state, ENDPOINT_OPEN);
    assert_int_equal(breaker.until, NOW + 10 * SECOND);
}

static void what_was_sent_before_it_opened_changes_nothing(void **state)
{
    (void)state;
    struct breaker breaker = {.state = ENDPOINT_OPEN, .until = NOW, .openings = 1};
    assert_false(hear(&breaker, VERDICT_DELIVERED, false));
    assert_false(hear(&breaker, VERDICT_TEMPORARY, false));
    assert_int_equal(breaker.state, ENDPOINT_OPEN);
    assert_int_equal(breaker.until, NOW);
}

static void a_probe_closes_it_or_doubles_the_pause(void **state)
{
    (void)state;
    static const span_us pauses_s[] = {20, 40, 60, 60};
    static const enum verdict answers[] = {VERDICT_DELIVERED, VERDICT_ACCEPTED, VERDICT_PERMANENT,
                                           VERDICT_THROTTLED};
    struct breaker breaker = {.state = ENDPOINT_OPEN, .until = NOW, .openings = 1};
    for (size_t i = 0; i < COUNT_OF(pauses_s); i++) {
        assert_true(hear(&breaker, i % 2 ? VERDICT_UNKNOWN : VERDICT_TEMPORARY, true));
        assert_int_equal(breaker.until, NOW + pauses_s[i] * SECOND);
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct breaker closed = breaker;
        assert_true(hear(&closed, answers[i], true));
        assert_int_equal(closed.state, ENDPOINT_WELL);
        assert_int_equal(closed.openings, 0);
    }
}

static void pauses_are_spread_and_bounded(void **state)
{
    (void)state;
    struct breaker breaker = {.failures = 2};
    assert_true(breaker_hear(&breaker, &channel, VERDICT_TEMPORARY, false, 0, NOW, 0));
    assert_int_equal(breaker.until, NOW + 5 * SECOND);
    breaker.openings = INT64_MAX - 1;
    assert_true(hear(&breaker, VERDICT_TEMPORARY, true));
    assert_int_equal(breaker.until, NOW + 60 * SECOND);
}

static void throttling_opens_it_without_being_a_failure(void **state)
{
    (void)state;
    struct breaker breaker = {.failures = 2};
    assert_true(breaker_hear(&breaker, &channel, VERDICT_THROTTLED, false, 30 * SECOND, NOW, 0));
    assert_int_equal(breaker.state, ENDPOINT_OPEN);
    assert_int_equal(breaker.until, NOW + 30 * SECOND);
    assert_int_equal(breaker.openings, 0);
    /* of several replies the longest pause counts; a probe's own replaces it */
    assert_false(breaker_hear(&breaker, &channel, VERDICT_THROTTLED, false, SECOND, NOW, 0));
    assert_true(breaker_hear(&breaker, &channel, VERDICT_THROTTLED, false, 40 * SECOND, NOW, 0));
    assert_int_equal(breaker.until, NOW + 40 * SECOND);
    assert_true(breaker_hear(&breaker, &channel, VERDICT_THROTTLED, true, SECOND, NOW, 0));
    assert_int_equal(breaker.until, NOW + SECOND);
    assert_true(hear(&breaker, VERDICT_DELIVERED, true));
}

static void a_message_that_is_throttled_alone_is_an_answer(void **state)
{
    (void)state;
    struct breaker breaker = {.failures = 2};
    assert_false(hear(&breaker, VERDICT_THROTTLED, false));
    assert_int_equal(breaker.failures, 0);
}

static void what_ended_stays_ended(void **state)
{
    (void)state;
    static const enum verdict ends[] = {VERDICT_REJECTED, VERDICT_GONE};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct breaker breaker = {.state = i ? ENDPOINT_OPEN : ENDPOINT_WELL, .openings = 3};
        assert_true(hear(&breaker, ends[i], i));
        assert_int_equal(breaker.state, i ? ENDPOINT_GONE : ENDPOINT_STOPPED);
        assert_int_equal(breaker.until, WALL_NONE);
        for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
            assert_false(breaker_hear(&breaker, &channel, verdict, true, SECOND, NOW, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_have_words),
        cmocka_unit_test(failures_in_a_row_open_it),
        cmocka_unit_test(what_was_sent_before_it_opened_changes_nothing),
        cmocka_unit_test(a_probe_closes_it_or_doubles_the_pause),
        cmocka_unit_test(pauses_are_spread_and_bounded),
        cmocka_unit_test(throttling_opens_it_without_being_a_failure),
        cmocka_unit_test(a_message_that_is_throttled_alone_is_an_answer),
        cmocka_unit_test(what_ended_stays_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
