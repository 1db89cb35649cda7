/* The delivery rules: every verdict, age and kind of channel. */
#include "duban/delivery.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND US_PER_S
#define HOUR   (3600 * US_PER_S)

static const struct channel_type repeatable = {.name = "webhook", .repeatable = true};
static const struct channel_type not_repeatable = {.name = "kannel"};

static struct channel channel_of(const struct channel_type *type, const char *unknown)
{
    return (struct channel){
        .name = "c",
        .type = type,
        .retry_first_us = 10 * SECOND,
        .retry_most_us = HOUR,
        .give_up_us = 24 * HOUR,
        .unknown = unknown,
        .fallback = "hook",
    };
}

static void what_may_be_repeated(void **state)
{
    (void)state;
    struct channel webhook = channel_of(&repeatable, "park"),
                   sms = channel_of(&not_repeatable, "park");
    struct channel resent = channel_of(&not_repeatable, "resend");
    assert_true(delivery_is_repeatable(&webhook));
    assert_false(delivery_is_repeatable(&sms));
    assert_true(delivery_is_repeatable(&resent));
}

/* least … most of the wait; both -1: not tried again. */
struct rule {
    enum verdict verdict;
    const char *unknown; /* NULL: a channel whose receiver can tell a repeat */
    int32_t attempt;
    span_us age, asked; /* asked: the receiver's Retry-After */
    span_us least, most;
    const char *dead;
};

static const struct rule rules[] = {
    {VERDICT_DELIVERED, NULL, 1, 0, 0, -1, -1, ""},
    {VERDICT_ACCEPTED, NULL, 1, 0, 0, -1, -1, ""},
    {VERDICT_DELIVERED, "park", 99, 99 * HOUR, 0, -1, -1, ""},
    {VERDICT_PERMANENT, NULL, 1, 0, 0, -1, -1, "refused for good: why"},
    {VERDICT_TEMPORARY, NULL, 1, 0, 0, 5 * SECOND, 10 * SECOND, ""},
    {VERDICT_TEMPORARY, "park", 2, 0, 0, 10 * SECOND, 20 * SECOND, ""},
    {VERDICT_TEMPORARY, NULL, 40, 0, 0, HOUR / 2, HOUR, ""},
    {VERDICT_TEMPORARY, NULL, 40, 22 * HOUR, 0, HOUR / 2, HOUR, ""},
    {VERDICT_TEMPORARY, NULL, 40, 24 * HOUR, 0, -1, -1, "given up after 40 tries: why"},
    {VERDICT_UNKNOWN, NULL, 1, 0, 0, 5 * SECOND, 10 * SECOND, ""},
    {VERDICT_UNKNOWN, "resend", 1, 0, 0, 5 * SECOND, 10 * SECOND, ""},
    {VERDICT_UNKNOWN, "park", 1, 0, 0, -1, -1, "outcome unknown, it may have arrived: why"},
    {VERDICT_UNKNOWN, NULL, 3, 24 * HOUR, 0, -1, -1, "given up after 3 tries: why"},
    {VERDICT_REJECTED, NULL, 1, 0, 0, 0, 0, ""},
    {VERDICT_REJECTED, "park", 24, 25 * HOUR, 0, 0, 0, ""},
    {VERDICT_GONE, NULL, 1, 0, 0, 0, 0, ""},
    {VERDICT_GONE, NULL, 24, 25 * HOUR, 0, 0, 0, ""},
    {VERDICT_THROTTLED, NULL, 1, 0, 0, 5 * SECOND, 10 * SECOND, ""},
    {VERDICT_THROTTLED, "park", 1, 0, 2 * HOUR, 2 * HOUR, 2 * HOUR, ""},
    {VERDICT_THROTTLED, NULL, 1, 0, SECOND, 5 * SECOND, 10 * SECOND, ""},
    {VERDICT_THROTTLED, NULL, 1, 0, 24 * HOUR, 24 * HOUR, 24 * HOUR, ""},
    {VERDICT_THROTTLED, NULL, 1, 0, 24 * HOUR + 1, 24 * HOUR, 24 * HOUR, ""},
    {VERDICT_THROTTLED, NULL, 2, 23 * HOUR, 2 * HOUR, HOUR, HOUR, ""},
    {VERDICT_THROTTLED, NULL, 2, 24 * HOUR - 1, 0, 1, 1, ""},
    {VERDICT_THROTTLED, NULL, 2, 24 * HOUR, 0, -1, -1, "given up after 2 tries: why"},
    {VERDICT_TEMPORARY, NULL, 1, 0, 2 * HOUR, 5 * SECOND, 10 * SECOND, ""},
};

static void check(const struct rule *rule, uint64_t random)
{
    const struct channel_type *type = rule->unknown ? &not_repeatable : &repeatable;
    struct channel channel = channel_of(type, rule->unknown ? rule->unknown : "park");
    struct outcome outcome = {
        .verdict = rule->verdict, .retry_after_us = rule->asked, .detail = "why"};
    struct delivery result;
    delivery_decide(&channel, &outcome, rule->attempt, rule->age, random, &result);
    assert_string_equal(result.dead_reason, rule->dead);
    assert_true(result.retry_after_us >= rule->least);
    assert_true(result.retry_after_us <= rule->most);
}

static void verdicts_become_deliveries(void **state)
{
    (void)state;
    static const uint64_t randoms[] = {0, 1, UINT64_MAX / 2, UINT64_MAX};
    bool seen[VERDICTS] = {false};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        for (size_t j = 0; j < COUNT_OF(randoms); j++)
            check(&rules[i], randoms[j]);
        seen[rules[i].verdict] = true;
    }
    for (size_t i = 0; i < VERDICTS; i++)
        assert_true(seen[i]);
}

static void waits_are_spread(void **state)
{
    (void)state;
    struct channel channel = channel_of(&repeatable, "park");
    struct outcome outcome = {.verdict = VERDICT_TEMPORARY};
    struct delivery early, late;
    delivery_decide(&channel, &outcome, 1, 0, 0, &early);
    delivery_decide(&channel, &outcome, 1, 0, UINT64_MAX, &late);
    assert_int_equal(early.retry_after_us, 5 * SECOND);
    assert_int_equal(late.retry_after_us, 10 * SECOND);
}

static struct delivery decide(struct channel *channel, enum verdict verdict,
                              enum throttle_scope scope, span_us age)
{
    struct outcome outcome = {.verdict = verdict, .scope = scope, .retry_after_us = 2 * HOUR};
    struct delivery result;
    delivery_decide(channel, &outcome, 1, age, 0, &result);
    return result;
}

static void only_a_throttled_endpoint_has_a_pause(void **state)
{
    (void)state;
    struct channel channel = channel_of(&repeatable, "park");
    const enum throttle_scope all = THROTTLE_ENDPOINT;
    assert_int_equal(decide(&channel, VERDICT_THROTTLED, all, 0).pause_us, 2 * HOUR);
    assert_int_equal(decide(&channel, VERDICT_THROTTLED, THROTTLE_MESSAGE, 0).pause_us, 0);
    assert_int_equal(decide(&channel, VERDICT_TEMPORARY, all, 0).pause_us, 0);
    /* no longer than this message lives, which then tries once; but the dead ask for nothing */
    assert_int_equal(decide(&channel, VERDICT_THROTTLED, all, 23 * HOUR).pause_us, HOUR);
    assert_int_equal(decide(&channel, VERDICT_THROTTLED, all, 24 * HOUR).pause_us, 2 * HOUR);
}

static void the_dead_have_a_fallback(void **state)
{
    (void)state;
    struct channel channel = channel_of(&not_repeatable, "park");
    const enum throttle_scope one = THROTTLE_MESSAGE;
    assert_string_equal(decide(&channel, VERDICT_PERMANENT, one, 0).fallback, "hook");
    assert_string_equal(decide(&channel, VERDICT_TEMPORARY, one, 24 * HOUR).fallback, "hook");
    assert_null(decide(&channel, VERDICT_TEMPORARY, one, 0).fallback);
    assert_null(decide(&channel, VERDICT_DELIVERED, one, 0).fallback);
    assert_null(decide(&channel, VERDICT_UNKNOWN, one, 0).fallback);
    channel.fallback_unsure = true;
    assert_string_equal(decide(&channel, VERDICT_UNKNOWN, one, 0).fallback, "hook");
    channel.fallback = NULL;
    assert_null(decide(&channel, VERDICT_PERMANENT, one, 0).fallback);
}

static void a_reason_is_cut_to_fit_and_needs_no_detail(void **state)
{
    (void)state;
    struct channel channel = channel_of(&repeatable, "park");
    struct outcome outcome = {.verdict = VERDICT_PERMANENT};
    struct delivery result;
    delivery_decide(&channel, &outcome, 1, 0, 0, &result);
    assert_string_equal(result.dead_reason, "refused for good");
    memset(outcome.detail, 'x', sizeof outcome.detail - 1);
    delivery_decide(&channel, &outcome, 1, 0, 0, &result);
    assert_int_equal(strlen(result.dead_reason), strlen("refused for good: ") + 199);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_repeated),
        cmocka_unit_test(verdicts_become_deliveries),
        cmocka_unit_test(waits_are_spread),
        cmocka_unit_test(only_a_throttled_endpoint_has_a_pause),
        cmocka_unit_test(the_dead_have_a_fallback),
        cmocka_unit_test(a_reason_is_cut_to_fit_and_needs_no_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
