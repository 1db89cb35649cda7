/* Every transition of a clock as a sentence, compared with golden/escalation.txt; a test that runs
 * with UPDATE_GOLDEN set writes the file anew. */
#include "duban/escalation.h"

#include "duban/buf.h"
#include "duban/file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN SOURCE_DIR "/tests/unit/golden/escalation.txt"

#define NOW        (1000 * US_PER_S)
#define TELL_AFTER (500 * US_PER_S)
#define NEXT       (2000 * US_PER_S)

static const struct config_policy three = {
    .policy = {.name = "three",
               .count = 3,
               .levels = {{.name = "blue"}, {.name = "yellow"}, {.name = "red"}}},
    .levels = {{.severity = 1}, {.severity = 2}, {.severity = 3, .points = -5}},
};

static const struct config_terms terms = {.rule = {.policy = &three.policy}, .policy = &three};

static const char *level_name(size_t rank)
{
    return rank ? three.policy.levels[rank - 1].name : "normal";
}

struct ending {
    enum clock_condition condition;
    wall_us stopped_at;
    const char *kind, *words;
    bool told_elsewhere;
};

static const struct ending endings[] = {
    {CLOCK_RUNNING, WALL_NONE, NULL, "running", false},
    {CLOCK_SUSPENDED, WALL_NONE, NULL, "suspended", false},
    {CLOCK_STOPPED, TELL_AFTER, "completed", "completed", false},
    {CLOCK_STOPPED, TELL_AFTER - 1, "completed", "completed long ago", false},
    {CLOCK_STOPPED, TELL_AFTER, "completed", "completed as another clock tells", true},
};

/* A clock at a level; `left_out` is the rank of a level that it passes over, 0 for none. Levels
 * were reached 100 s one after the other. */
static struct case_clock clock_at(size_t rank, const struct ending *ending, size_t left_out)
{
    struct case_clock clock = {
        .condition = ending->condition,
        .terms = &terms,
        .rule = terms.rule,
        .state = {.rank = rank, .next_at = ending->condition == CLOCK_RUNNING ? NEXT : WALL_NONE},
        .stopped_at = ending->stopped_at,
        .ending = ending->kind,
        .told_elsewhere = ending->told_elsewhere,
    };
    for (size_t i = 0; i < LEVELS_MOST; i++)
        clock.state.reached_at[i] =
            i < rank && i + 1 != left_out ? (wall_us)(i + 1) * 100 * US_PER_S : WALL_NONE;
    return clock;
}

static void write_events(const struct escalation *result, struct buf *out)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct escalation_event *event = &result->events[i];
        buf_format(out, "%s%s at %d s (%s)", i ? ", " : "", event->kind,
                   (int)(event->at / US_PER_S),
                   strcmp(event->told, TOLD_YES) == 0 ? "told" : event->told);
    }
    buf_text(out, result->count ? "" : "nothing");
}

static void write_transition(size_t stored, bool new_deadline, size_t rank,
                             const struct ending *ending, size_t left_out, struct buf *out)
{
    const struct clock_row row = {
        .rank = stored, .deadline_version = 2, .raised_version = new_deadline ? 1 : 2};
    struct case_clock clock = clock_at(rank, ending, left_out);
    struct escalation result;
    escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
    assert_int_equal(result.rank, rank);
    assert_int_equal(result.next_at, clock.state.next_at);
    buf_format(out, "%s, %s deadline; now %s, %s%s%s: ", level_name(stored),
               new_deadline ? "new" : "same", ending->words, level_name(rank),
               left_out ? " without " : "", left_out ? level_name(left_out) : "");
    write_events(&result, out);
    buf_text(out, ".\n");
}

static void write_all(struct buf *out)
{
    buf_text(out,
             "The level that was stored, and under which deadline; where the clock stands now:\n"
             "what is recorded, when it came true, and whether anybody is told.\n");
    for (size_t left_out = 0; left_out <= 1; left_out++)
        for (size_t end = 0; end < COUNT_OF(endings); end++) {
            buf_text(out, "\n");
            for (int new_deadline = 0; new_deadline <= 1; new_deadline++)
                for (size_t stored = 0; stored <= three.policy.count; stored++)
                    for (size_t rank = left_out ? 2 : 0; rank <= three.policy.count; rank++)
                        write_transition(stored, new_deadline, rank, &endings[end], left_out, out);
        }
}

static void every_transition_is_as_written(void **state)
{
    (void)state;
    AUTO_BUF found;
    AUTO_FREE char *expected = NULL;
    size_t length;
    struct error error;
    buf_init(&found, 1 << 20);
    write_all(&found);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(GOLDEN, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(found.data, 1, found.length, file), found.length);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(file_read(GOLDEN, 1 << 20, &expected, &length, &error));
    assert_string_equal(buf_string(&found), expected);
}

/* What must hold for each of them, whatever the file says. */
static void check_rules(const struct clock_row *row, const struct case_clock *clock)
{
    struct escalation result;
    size_t told = 0, told_levels = 0;
    bool stopped = clock->condition == CLOCK_STOPPED;
    bool running = clock->condition == CLOCK_RUNNING;
    escalation_decide(row, clock, NOW, TELL_AFTER, &result);
    assert_true(result.count <= COUNT_OF(result.events));
    for (size_t i = 0; i < result.count; i++) {
        const struct escalation_event *event = &result.events[i];
        bool is_told = strcmp(event->told, TOLD_YES) == 0;
        bool is_level =
            strcmp(event->kind, "cleared") != 0 && strcmp(event->kind, "completed") != 0;
        told += is_told;
        told_levels += is_told && is_level;
        assert_true(event->at <= NOW);
        assert_true(event->rank <= result.rank);
        if (is_level)
            assert_string_equal(event->kind, level_name(event->rank));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(event->kind, result.events[j].kind);
    }
    assert_true(told_levels <= (running ? 1 : 0));
    assert_true(told <= (stopped ? 1 : 2));
    if (running && result.rank > row->rank)
        assert_int_equal(told_levels, 1);
    if (stopped)
        assert_string_equal(result.events[result.count - 1].kind, "completed");
}

static void no_transition_breaks_a_rule(void **state)
{
    (void)state;
    for (size_t end = 0; end < COUNT_OF(endings); end++)
        for (size_t rank = 0; rank <= three.policy.count; rank++)
            for (size_t stored = 0; stored <= three.policy.count; stored++)
                for (int32_t raised = 1; raised <= 2; raised++) {
                    struct case_clock clock = clock_at(rank, &endings[end], 0);
                    check_rules(&(struct clock_row){stored, 2, raised}, &clock);
                }
}

/* A level that was reached by the facts only after the present is raised as of now. */
static void nothing_is_dated_in_the_future(void **state)
{
    (void)state;
    struct case_clock clock = clock_at(1, &endings[0], 0);
    struct escalation result;
    clock.state.reached_at[0] = NOW + 1;
    escalation_decide(&(struct clock_row){0, 1, 1}, &clock, NOW, TELL_AFTER, &result);
    assert_int_equal(result.count, 1);
    assert_int_equal(result.events[0].at, NOW);
}

/* Written down, a decision calls for nothing more: else a clock would be raised again and again. */
static void a_decision_that_is_written_calls_for_nothing(void **state)
{
    (void)state;
    for (size_t end = 0; end < 2; end++)
        for (size_t rank = 0; rank <= three.policy.count; rank++)
            for (size_t stored = 0; stored <= three.policy.count; stored++) {
                struct case_clock clock = clock_at(rank, &endings[end], 0);
                struct clock_row row = {stored, 2, 1};
                struct escalation result;
                escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
                row = (struct clock_row){result.rank, 2, 2};
                escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
                assert_int_equal(result.count, 0);
            }
}

/* A level's name decides, not the rank that it had in the policy it was raised under. */
static void a_level_keeps_its_name_under_another_policy(void **state)
{
    (void)state;
    const struct clock_row stored = {.rank = 1, .deadline_version = 2, .raised_version = 2};
    struct case_clock clock = clock_at(2, &endings[0], 0);
    struct escalation result;
    struct clock_row row = escalation_row(&stored, "yellow", &three.policy);
    assert_int_equal(row.rank, 2);
    escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
    assert_int_equal(result.count, 0);
    row = escalation_row(&(struct clock_row){0, 2, 2}, "normal", &three.policy);
    assert_int_equal(row.rank, 0);
}

/* It is cleared, and what holds instead is told, even if the ranks are the same. */
static void a_level_that_is_no_longer_known_is_cleared(void **state)
{
    (void)state;
    const struct clock_row stored = {.rank = 2, .deadline_version = 2, .raised_version = 2};
    struct escalation result;
    const struct clock_row row = escalation_row(&stored, "amber", &three.policy);
    assert_int_equal(row.rank, RANK_LOST);
    struct case_clock clock = clock_at(2, &endings[0], 0);
    escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
    assert_int_equal(result.count, 3);
    assert_string_equal(result.events[0].kind, "cleared");
    assert_string_equal(result.events[1].kind, "blue");
    assert_string_not_equal(result.events[1].told, TOLD_YES);
    assert_string_equal(result.events[2].kind, "yellow");
    assert_string_equal(result.events[2].told, TOLD_YES);
    clock = clock_at(0, &endings[0], 0);
    escalation_decide(&row, &clock, NOW, TELL_AFTER, &result);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.events[0].kind, "cleared");
}

static void a_clock_that_is_dropped_clears_its_level(void **state)
{
    (void)state;
    struct escalation result;
    escalation_drop(&(struct clock_row){2, 3, 2}, NOW, &result);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.events[0].kind, "cleared");
    assert_string_equal(result.events[0].told, TOLD_YES);
    assert_int_equal(result.rank, 0);
    assert_int_equal(result.next_at, WALL_NONE);
    escalation_drop(&(struct clock_row){0, 3, 3}, NOW, &result);
    assert_int_equal(result.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_keeps_its_name_under_another_policy),
        cmocka_unit_test(a_level_that_is_no_longer_known_is_cleared),
        cmocka_unit_test(a_clock_that_is_dropped_clears_its_level),
        cmocka_unit_test(every_transition_is_as_written),
        cmocka_unit_test(no_transition_breaks_a_rule),
        cmocka_unit_test(nothing_is_dated_in_the_future),
        cmocka_unit_test(a_decision_that_is_written_calls_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
