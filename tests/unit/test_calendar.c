/* Calendar operations against a naive oracle that walks minutes and days, and their laws. */
#include "calendar_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CALENDARS 12
#define QUESTIONS 300

static const char *const zones[] = {"Asia/Shanghai", "America/New_York", "Europe/Berlin",
                                    "Australia/Lord_Howe"};

/* Runs a check on several random calendars in several zones. */
static void for_each_calendar(void (*check)(const struct oracle *, uint64_t *))
{
    uint64_t seed = 20261122;
    for (int i = 0; i < CALENDARS; i++) {
        struct oracle *oracle = oracle_create(zones[i % 4], &seed);
        assert_non_null(oracle->calendar);
        for (int q = 0; q < QUESTIONS; q++)
            check(oracle, &seed);
        oracle_destroy(oracle);
    }
}

static int walk_open(const struct oracle *oracle, int from, int to)
{
    int open = 0;
    for (int i = from; i < to; i++)
        open += oracle->open[i];
    return open;
}

static void check_instants(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    int minute = random_below(seed, oracle->minutes), next = minute;
    bool open;
    wall_us opening;
    day_number day;
    assert_true(calendar_is_open(oracle->calendar, oracle_at(oracle, minute), &open, &error));
    assert_int_equal(open, oracle->open[minute]);
    assert_true(calendar_day_of(oracle->calendar, oracle_at(oracle, minute), &day, &error));
    assert_int_equal(day - oracle->first_day, oracle_day_of(oracle, minute));
    while (next < oracle->minutes && !oracle->open[next])
        next++;
    bool found =
        calendar_next_opening(oracle->calendar, oracle_at(oracle, minute), &opening, &error);
    assert_int_equal(found, next < oracle->minutes);
    if (found)
        assert_int_equal(opening, oracle_at(oracle, next));
}

static void instants_agree_with_the_walk(void **state)
{
    (void)state;
    for_each_calendar(check_instants);
}

static void check_open_time(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    int from = random_below(seed, oracle->minutes), to = random_below(seed, oracle->minutes + 1);
    int middle = random_below(seed, oracle->minutes);
    span_us amount, first, second;
    const struct calendar *calendar = oracle->calendar;
    assert_true(calendar_open_between(calendar, oracle_at(oracle, from), oracle_at(oracle, to),
                                      &amount, &error));
    int expected = from < to ? walk_open(oracle, from, to) : -walk_open(oracle, to, from);
    assert_int_equal(amount, expected * US_PER_MINUTE);
    /* splitting adds up */
    assert_true(calendar_open_between(calendar, oracle_at(oracle, from), oracle_at(oracle, middle),
                                      &first, &error));
    assert_true(calendar_open_between(calendar, oracle_at(oracle, middle), oracle_at(oracle, to),
                                      &second, &error));
    assert_int_equal(first + second, amount);
}

static void open_time_agrees_with_the_walk(void **state)
{
    (void)state;
    for_each_calendar(check_open_time);
}

/* The earliest minute with `amount` open minutes since `from`; −1 beyond the end. */
static int walk_forward(const struct oracle *oracle, int from, int amount)
{
    while (amount > 0 && from < oracle->minutes)
        amount -= oracle->open[from++];
    return amount > 0 ? -1 : from;
}

/* The same backwards: the earliest minute, so on past closed ones, until one is open. */
static int walk_backward(const struct oracle *oracle, int from, int amount)
{
    while (amount > 0 && from > 0)
        amount -= oracle->open[--from];
    if (amount > 0)
        return -1;
    int earliest = from;
    while (earliest > 0 && !oracle->open[earliest - 1])
        earliest--;
    return earliest == 0 ? from : earliest;
}

static void check_adding(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    const struct calendar *calendar = oracle->calendar;
    int from = random_below(seed, oracle->minutes), amount = random_below(seed, 30000) + 1;
    int expected = walk_forward(oracle, from, amount);
    wall_us start = oracle_at(oracle, from), end, more;
    span_us back;
    bool found = calendar_add_open(calendar, start, amount * US_PER_MINUTE, &end, &error);
    assert_int_equal(found, expected >= 0);
    if (found) {
        assert_int_equal(end, oracle_at(oracle, expected));
        assert_true(calendar_open_between(calendar, start, end, &back, &error));
        assert_int_equal(back, amount * US_PER_MINUTE); /* measuring gives it back */
        if (calendar_add_open(calendar, start, amount * US_PER_MINUTE + 1, &more, &error))
            assert_true(more > end); /* adding is monotonic */
    }
    expected = walk_backward(oracle, from, amount);
    found = calendar_add_open(calendar, start, -amount * US_PER_MINUTE, &end, &error);
    assert_int_equal(found, expected >= 0);
    if (found)
        assert_int_equal(end, oracle_at(oracle, expected));
}

static void adding_agrees_with_the_walk(void **state)
{
    (void)state;
    for_each_calendar(check_adding);
}

static void check_monotonic(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    int a = random_below(seed, oracle->minutes), b = random_below(seed, oracle->minutes);
    span_us amount = (random_below(seed, 4000) - 2000) * US_PER_MINUTE + random_below(seed, 9);
    wall_us early = oracle_at(oracle, a < b ? a : b), late = oracle_at(oracle, a < b ? b : a);
    wall_us from_early, from_late, same;
    if (calendar_add_open(oracle->calendar, early, amount, &from_early, &error) &&
        calendar_add_open(oracle->calendar, late, amount, &from_late, &error))
        assert_true(from_early <= from_late);
    assert_true(calendar_add_open(oracle->calendar, early, 0, &same, &error));
    assert_int_equal(same, early);
}

static void adding_is_monotonic_in_the_start(void **state)
{
    (void)state;
    for_each_calendar(check_monotonic);
}

/* The n-th working day after (or before) a day; −1 beyond the ends. */
static int walk_workdays(const struct oracle *oracle, int day, int amount)
{
    int step = amount < 0 ? -1 : 1;
    while (amount != 0) {
        day += step;
        if (day < 0 || day >= ORACLE_DAYS)
            return -1;
        if (oracle_works(oracle, day))
            amount -= step;
    }
    return day;
}

static void check_workdays(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    const struct calendar *calendar = oracle->calendar;
    int from = random_below(seed, ORACLE_DAYS), amount = random_below(seed, 200) - 100;
    int expected = walk_workdays(oracle, from, amount), to = random_below(seed, ORACLE_DAYS);
    int32_t between, count = 0;
    day_number result;
    bool found = calendar_add_workdays(calendar, oracle->first_day + from, amount, &result, &error);
    assert_int_equal(found, expected >= 0);
    if (found) {
        assert_int_equal(result - oracle->first_day, expected);
        assert_true(calendar_workdays_between(calendar, oracle->first_day + from, result, &between,
                                              &error));
        /* measuring gives the amount back; going back, the start itself counts if it works */
        assert_int_equal(between, amount + (amount < 0 ? 1 - oracle_works(oracle, from) : 0));
    }
    for (int day = (from < to ? from : to) + 1; day <= (from < to ? to : from); day++)
        count += oracle_works(oracle, day);
    assert_true(calendar_workdays_between(calendar, oracle->first_day + from,
                                          oracle->first_day + to, &between, &error));
    assert_int_equal(between, from < to ? count : -count);
}

static void workdays_agree_with_the_walk(void **state)
{
    (void)state;
    for_each_calendar(check_workdays);
}

static void check_rolling(const struct oracle *oracle, uint64_t *seed)
{
    struct error error;
    int from = random_below(seed, ORACLE_DAYS), next = from, last = from;
    day_number result;
    while (next < ORACLE_DAYS && !oracle_works(oracle, next))
        next++;
    while (last >= 0 && !oracle_works(oracle, last))
        last--;
    bool found = calendar_roll_forward(oracle->calendar, oracle->first_day + from, &result, &error);
    assert_int_equal(found, next < ORACLE_DAYS);
    if (found)
        assert_int_equal(result - oracle->first_day, next);
    found = calendar_roll_back(oracle->calendar, oracle->first_day + from, &result, &error);
    assert_int_equal(found, last >= 0);
    if (found)
        assert_int_equal(result - oracle->first_day, last);
}

static void rolling_agrees_with_the_walk(void **state)
{
    (void)state;
    for_each_calendar(check_rolling);
}

static struct calendar *load(const char *text)
{
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_text(text, strlen(text), "test.yaml", &problems);
    problems_finish(&problems);
    assert_non_null(calendar);
    return calendar;
}

static wall_us instant(const char *text)
{
    wall_us at;
    struct error error;
    assert_true(instant_parse(text, &at, &error));
    return at;
}

static void both_ends_are_named(void **state)
{
    (void)state;
    struct calendar *calendar = load("name: short\nzone: Asia/Shanghai\n"
                                     "valid: {from: 2026-03-02, until: 2026-03-06}\n"
                                     "hours: {weekdays: 09:00-17:00}\n");
    struct error error;
    wall_us at;
    span_us amount;
    day_number day, monday = day_from_civil(2026, 3, 2), friday = day_from_civil(2026, 3, 6);
    wall_us begin = instant("2026-03-02T00:00:00+08:00"),
            end = instant("2026-03-07T00:00:00+08:00");
    static const char *const ends = "calendar 'short' ends on 2026-03-06: ";
    static const char *const begins = "calendar 'short' begins on 2026-03-02: ";
    /* everything up to the very ends is known */
    assert_true(calendar_open_between(calendar, begin, end, &amount, &error));
    assert_int_equal(amount, 40 * 3600 * US_PER_S);
    assert_true(calendar_add_open(calendar, begin, amount, &at, &error));
    assert_int_equal(at, instant("2026-03-06T17:00:00+08:00"));
    assert_true(calendar_add_open(calendar, end, -amount, &at, &error));
    assert_int_equal(at, instant("2026-03-02T09:00:00+08:00"));
    assert_true(calendar_add_workdays(calendar, monday, 4, &day, &error));
    assert_int_equal(day, friday);
    /* and nothing beyond them */
    assert_false(calendar_add_open(calendar, begin, amount + 1, &at, &error));
    assert_memory_equal(error.text, ends, strlen(ends));
    assert_false(calendar_add_open(calendar, end, -amount - 1, &at, &error));
    assert_memory_equal(error.text, begins, strlen(begins));
    assert_false(calendar_open_between(calendar, begin - 1, end, &amount, &error));
    assert_memory_equal(error.text, begins, strlen(begins));
    assert_false(calendar_open_between(calendar, begin, end + 1, &amount, &error));
    assert_memory_equal(error.text, ends, strlen(ends));
    assert_false(calendar_add_workdays(calendar, monday, 5, &day, &error));
    assert_memory_equal(error.text, ends, strlen(ends));
    assert_false(calendar_add_workdays(calendar, monday, INT32_MIN, &day, &error));
    assert_memory_equal(error.text, begins, strlen(begins));
    assert_false(
        calendar_next_opening(calendar, instant("2026-03-06T17:00:00+08:00"), &at, &error));
    assert_memory_equal(error.text, ends, strlen(ends));
    assert_false(calendar_day_of(calendar, WALL_NONE, &day, &error));
    calendar_destroy(calendar);
}

static void night_shifts_are_real_seconds(void **state)
{
    (void)state;
    struct calendar *calendar = load("name: night\nzone: America/New_York\n"
                                     "valid: {from: 2026-01-01, until: 2026-12-31}\n"
                                     "hours: {daily: 00:00-06:00}\n");
    static const struct {
        day_number month, day;
        int hours;
    } nights[] = {{3, 7, 6}, {3, 8, 5}, {11, 1, 7}, {11, 2, 6}};
    for (size_t i = 0; i < COUNT_OF(nights); i++) {
        struct calendar_day found;
        struct error error;
        span_us amount;
        assert_true(calendar_day(calendar, day_from_civil(2026, nights[i].month, nights[i].day),
                                 &found, &error));
        assert_true(calendar_open_between(calendar, found.begins, found.ends, &amount, &error));
        assert_int_equal(amount, nights[i].hours * 3600 * US_PER_S);
    }
    assert_string_equal(zone_name(calendar_zone(calendar)), "America/New_York");
    calendar_destroy(calendar);
}

/* What opens in a gap opens at its end; of an hour that comes twice, the first opens and the
 * second closes. */
static void boundaries_where_the_clocks_change(void **state)
{
    (void)state;
    static const struct {
        const char *hours, *date, *opens, *closes;
    } cases[] = {
        {"02:30-05:00", "2026-03-08", "2026-03-08T03:00:00-04:00", "2026-03-08T05:00:00-04:00"},
        {"01:00-02:30", "2026-03-08", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"},
        {"02:10-02:50", "2026-03-08", NULL, NULL},
        {"01:30-05:00", "2026-11-01", "2026-11-01T01:30:00-04:00", "2026-11-01T05:00:00-05:00"},
        {"00:30-01:30", "2026-11-01", "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-05:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_FREE char *text = mem_format("zone: America/New_York\n"
                                          "valid: {from: 2026-01-01, until: 2026-12-31}\n"
                                          "hours: {daily: %s}\n",
                                          cases[i].hours);
        struct calendar *calendar = load(text);
        struct calendar_day found;
        struct error error;
        day_number day;
        assert_true(day_parse(cases[i].date, &day, &error));
        assert_true(calendar_day(calendar, day, &found, &error));
        assert_int_equal(found.working, cases[i].opens != NULL);
        if (found.working) {
            assert_int_equal(found.spans[0].opens, instant(cases[i].opens));
            assert_int_equal(found.spans[0].closes, instant(cases[i].closes));
        }
        calendar_destroy(calendar);
    }
}

static void the_same_time_survives_the_clocks_change(void **state)
{
    (void)state;
    struct calendar *calendar = load("name: ny\nzone: America/New_York\n"
                                     "valid: {from: 2026-01-01, until: 2026-12-31}\n"
                                     "hours: {daily: 09:00-17:00}\n");
    static const struct {
        const char *like, *date, *expected;
    } cases[] = {
        {"2026-03-06T10:20:30.5-05:00", "2026-03-10", "2026-03-10T10:20:30.5-04:00"},
        {"2026-03-06T02:30:00-05:00", "2026-03-08", "2026-03-08T03:00:00-04:00"},
        {"2026-03-06T02:30:00-05:00", "2026-11-01", "2026-11-01T02:30:00-05:00"},
        {"2026-03-06T01:30:00-05:00", "2026-11-01", "2026-11-01T01:30:00-05:00"},
        {"2026-11-01T15:00:00-05:00", "2026-11-02", "2026-11-02T15:00:00-05:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        day_number day;
        wall_us at;
        assert_true(day_parse(cases[i].date, &day, &error));
        assert_true(calendar_same_time(calendar, instant(cases[i].like), day, &at, &error));
        assert_int_equal(at, instant(cases[i].expected));
    }
    calendar_destroy(calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_agree_with_the_walk),
        cmocka_unit_test(open_time_agrees_with_the_walk),
        cmocka_unit_test(adding_agrees_with_the_walk),
        cmocka_unit_test(adding_is_monotonic_in_the_start),
        cmocka_unit_test(workdays_agree_with_the_walk),
        cmocka_unit_test(rolling_agrees_with_the_walk),
        cmocka_unit_test(both_ends_are_named),
        cmocka_unit_test(night_shifts_are_real_seconds),
        cmocka_unit_test(boundaries_where_the_clocks_change),
        cmocka_unit_test(the_same_time_survives_the_clocks_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
