/* Conditions of duban itself: raised once, over once. */
#include "duban/alarm.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define AFTER (180 * US_PER_S)

struct step {
    int64_t at_s;
    bool holds;
    enum alarm_change change;
};

static void walk(const struct step *steps, size_t count)
{
    struct alarms alarms = {0};
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *detail = mem_format("since step %zu", i);
        enum alarm_change change = alarm_update(&alarms, "database:state", steps[i].holds, AFTER,
                                                detail, steps[i].at_s * US_PER_S);
        if (change != steps[i].change)
            fail_msg("step %zu: %d, expected %d", i, change, steps[i].change);
    }
}

static void a_condition_is_raised_when_it_has_held_for_long_enough(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, false, ALARM_SAME},     {10, true, ALARM_SAME},    {189, true, ALARM_SAME},
        {190, true, ALARM_RAISED},  {191, true, ALARM_SAME},   {9000, true, ALARM_SAME},
        {9001, false, ALARM_OVER},  {9002, false, ALARM_SAME}, {9003, true, ALARM_SAME},
        {9183, true, ALARM_RAISED}, {9184, false, ALARM_OVER},
    };
    walk(steps, COUNT_OF(steps));
}

static void a_break_begins_it_anew(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, true, ALARM_SAME},    {179, true, ALARM_SAME}, {179, false, ALARM_SAME},
        {180, true, ALARM_SAME},  {359, true, ALARM_SAME}, {360, true, ALARM_RAISED},
        {361, false, ALARM_OVER},
    };
    walk(steps, COUNT_OF(steps));
}

static void a_time_that_goes_back_begins_it_anew(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {1000, true, ALARM_SAME},  {500, true, ALARM_SAME}, {679, true, ALARM_SAME},
        {680, true, ALARM_RAISED}, {100, true, ALARM_SAME}, {100, false, ALARM_OVER},
    };
    walk(steps, COUNT_OF(steps));
}

static void subjects_stand_for_themselves_and_keep_the_words_of_their_beginning(void **state)
{
    (void)state;
    struct alarms alarms = {0};
    assert_null(alarm_find(&alarms, "a"));
    assert_int_equal(alarm_update(&alarms, "a", true, 0, "first", 5), ALARM_RAISED);
    assert_int_equal(alarm_update(&alarms, "b", false, 0, "", 6), ALARM_SAME);
    assert_int_equal(alarm_update(&alarms, "a", true, 0, "second", 7), ALARM_SAME);
    assert_int_equal(alarm_update(&alarms, "b", true, 0, "other", 8), ALARM_RAISED);
    assert_int_equal(alarm_update(&alarms, "a", false, 0, "third", 9), ALARM_OVER);
    const struct alarm *alarm = alarm_find(&alarms, "a");
    assert_string_equal(alarm->detail, "first");
    assert_int_equal(alarm->since, 5);
    assert_false(alarm->raised);
    assert_true(alarm_find(&alarms, "b")->raised);
}

static void a_long_detail_is_cut_at_a_character(void **state)
{
    (void)state;
    char detail[3 * ALARM_DETAIL_BYTES + 1] = "";
    struct alarms alarms = {0};
    for (size_t i = 0; i < ALARM_DETAIL_BYTES; i++)
        strcat(detail, "督");
    alarm_update(&alarms, "a", true, 0, detail, 1);
    const char *kept = alarm_find(&alarms, "a")->detail;
    assert_int_equal(strlen(kept), (ALARM_DETAIL_BYTES - 1) / 3 * 3);
    assert_int_equal(utf8_length(kept), (ALARM_DETAIL_BYTES - 1) / 3);
}

static void an_id_is_the_same_for_the_same_alarm_only(void **state)
{
    (void)state;
    char id[ALARM_ID_BYTES], other[ALARM_ID_BYTES];
    alarm_id("中心", "queue:7", 100, false, "http://a", id);
    assert_string_equal(id, alarm_id("中心", "queue:7", 100, false, "http://a", other));
    assert_int_equal(strlen(id), 22);
    assert_string_not_equal(id, alarm_id("别处", "queue:7", 100, false, "http://a", other));
    assert_string_not_equal(id, alarm_id("中心", "queue:8", 100, false, "http://a", other));
    assert_string_not_equal(id, alarm_id("中心", "queue:7", 101, false, "http://a", other));
    assert_string_not_equal(id, alarm_id("中心", "queue:7", 100, true, "http://a", other));
    assert_string_not_equal(id, alarm_id("中心", "queue:7", 100, false, "http://b", other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_is_raised_when_it_has_held_for_long_enough),
        cmocka_unit_test(a_break_begins_it_anew),
        cmocka_unit_test(a_time_that_goes_back_begins_it_anew),
        cmocka_unit_test(subjects_stand_for_themselves_and_keep_the_words_of_their_beginning),
        cmocka_unit_test(a_long_detail_is_cut_at_a_character),
        cmocka_unit_test(an_id_is_the_same_for_the_same_alarm_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
