/* Levels under two configurations, paired and counted. */
#include "duban/simulation_changes.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR (3600 * US_PER_S)

static const struct config_clock completion = {.name = "completion"}, other = {.name = "other"};
/* The same clock of another configuration. */
static const struct config_clock completion_too = {.name = "completion"};

static struct history_event level(const struct config_clock *clock, const char *name, size_t rank,
                                  wall_us at)
{
    return (struct history_event){
        .clock = clock, .kind = name, .level = name, .rank = rank, .severity = (int)rank, .at = at};
}

static const struct level_changes *find(const struct simulation_changes *changes, const char *clock,
                                        const char *name)
{
    for (size_t i = 0; i < changes->count; i++)
        if (strcmp(changes->levels[i].clock, clock) == 0 &&
            strcmp(changes->levels[i].level, name) == 0)
            return &changes->levels[i];
    fail();
    return NULL;
}

static void expect(const struct level_changes *level, int64_t same, int64_t appears, int64_t goes,
                   int64_t earlier, int64_t later)
{
    const int64_t expected[LEVEL_CHANGES] = {same, appears, goes, earlier, later};
    for (size_t i = 0; i < LEVEL_CHANGES; i++)
        assert_int_equal(level->count[i], expected[i]);
}

static void each_level_is_compared_with_its_like(void **state)
{
    (void)state;
    struct simulation_changes changes = {0};
    const struct history_event before[] = {
        level(&completion, "yellow", 1, 10 * HOUR),
        level(&other, "yellow", 1, 11 * HOUR),
        level(&completion, "red", 2, 20 * HOUR),
        {.clock = &completion, .kind = "completed", .level = "red", .rank = 2, .at = 30 * HOUR}};
    const struct history_event after[] = {level(&completion_too, "yellow", 1, 8 * HOUR),
                                          level(&completion_too, "red", 2, 20 * HOUR),
                                          level(&completion_too, "black", 3, 25 * HOUR)};
    simulation_changes_add(&changes, "A1", before, COUNT_OF(before), after, COUNT_OF(after));
    simulation_changes_add(&changes, "A2", before, 1, before, 1);
    simulation_changes_sort(&changes);
    assert_int_equal(changes.cases, 1);
    assert_int_equal(changes.count, 4); /* a completion is no level */
    expect(find(&changes, "completion", "yellow"), 1, 0, 0, 1, 0);
    expect(find(&changes, "completion", "red"), 1, 0, 0, 0, 0);
    expect(find(&changes, "completion", "black"), 0, 1, 0, 0, 0);
    expect(find(&changes, "other", "yellow"), 0, 0, 1, 0, 0);
    assert_string_equal(changes.levels[2].level, "black"); /* by clock, then by severity */
    assert_int_equal(changes.examples[LEVEL_EARLIER][0].before, 10 * HOUR);
    assert_int_equal(changes.examples[LEVEL_EARLIER][0].after, 8 * HOUR);
    assert_int_equal(changes.examples[LEVEL_APPEARS][0].before, WALL_NONE);
    simulation_changes_finish(&changes);
}

static void the_second_time_is_compared_with_the_second(void **state)
{
    (void)state;
    struct simulation_changes changes = {0};
    const struct history_event before[] = {level(&completion, "yellow", 1, 10 * HOUR),
                                           level(&completion, "yellow", 1, 50 * HOUR)};
    const struct history_event after[] = {level(&completion, "yellow", 1, 10 * HOUR),
                                          level(&completion, "yellow", 1, 53 * HOUR),
                                          level(&completion, "yellow", 1, 90 * HOUR)};
    simulation_changes_add(&changes, "A1", before, 2, after, 3);
    expect(&changes.levels[0], 1, 1, 0, 0, 1);
    simulation_changes_finish(&changes);
}

static void the_greatest_shifts_are_kept(void **state)
{
    (void)state;
    struct simulation_changes changes = {0};
    for (int i = 0; i < 100; i++) {
        char number[16];
        int shift = (i * 37) % 100; /* each from 0 to 99 once */
        snprintf(number, sizeof number, "A%02d", shift);
        const struct history_event before = level(&completion, "red", 1, 1000 * HOUR);
        const struct history_event after = level(&completion, "red", 1, (1000 + shift) * HOUR);
        simulation_changes_add(&changes, number, &before, 1, &after, 1);
        simulation_changes_add(&changes, number, &before, 1, NULL, 0);
    }
    assert_int_equal(changes.example_count[LEVEL_LATER], EXAMPLES_MOST);
    assert_int_equal(changes.example_count[LEVEL_GOES], EXAMPLES_MOST);
    for (int i = 0; i < EXAMPLES_MOST; i++) {
        char number[16];
        snprintf(number, sizeof number, "A%02d", 99 - i);
        assert_string_equal(changes.examples[LEVEL_LATER][i].case_no, number);
        snprintf(number, sizeof number, "A%02d", i);
        assert_string_equal(changes.examples[LEVEL_GOES][i].case_no, number);
    }
    expect(&changes.levels[0], 1, 0, 100, 0, 99);
    simulation_changes_finish(&changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_is_compared_with_its_like),
        cmocka_unit_test(the_second_time_is_compared_with_the_second),
        cmocka_unit_test(the_greatest_shifts_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
