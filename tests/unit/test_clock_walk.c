/* Clocks against a simulation that goes through every minute: random calendars, limits, modes,
 * suspensions and policies. */
#include "calendar_oracle.h"

#include "duban/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NEVER     INT32_MAX
#define LONG_AGO  (-1)
#define UNKNOWN   (-2) /* beyond the calendar */
#define CALENDARS 16
#define CLOCKS    40

/* One random clock; all instants are minutes of the oracle. */
struct trial {
    const struct oracle *oracle;
    struct clock_rule rule;
    struct policy policy;
    struct limit limit;
    int start, from[3], to[3], count;
    int extra; /* given back so far: days, open minutes or minutes */
    int due, due_day, first_due;
    bool is_short[LEVELS_MOST];
    int reached[LEVELS_MOST];
};

static bool in_days(const struct trial *trial)
{
    return trial->limit.unit == LIMIT_WORKDAY || trial->limit.unit == LIMIT_DAY;
}

static bool in_open_time(const struct trial *trial)
{
    return trial->limit.unit == LIMIT_WORKHOUR ||
           (in_days(trial) && trial->rule.suspension_mode == SUSPENSION_OPEN_TIME);
}

static int walk_open(const struct oracle *oracle, int minute, int amount)
{
    while (amount > 0 && minute < oracle->minutes)
        amount -= oracle->open[minute++];
    return amount > 0 ? UNKNOWN : minute;
}

static int next_open(const struct oracle *oracle, int minute)
{
    while (minute < oracle->minutes && !oracle->open[minute])
        minute++;
    return minute < oracle->minutes ? minute : UNKNOWN;
}

static int next_workday(const struct oracle *oracle, int day)
{
    while (day < ORACLE_DAYS && !oracle_works(oracle, day))
        day++;
    return day < ORACLE_DAYS ? day : UNKNOWN;
}

static int last_workday(const struct oracle *oracle, int day)
{
    while (day >= 0 && !oracle_works(oracle, day))
        day--;
    return day;
}

static int base_of(const struct trial *trial)
{
    if (trial->limit.value == 0) {
        int minute = next_open(trial->oracle, trial->start);
        return minute < 0 ? UNKNOWN : oracle_day_of(trial->oracle, minute);
    }
    int day = oracle_day_of(trial->oracle, trial->start);
    return trial->rule.start_mode == START_ROLL_FORWARD ? next_workday(trial->oracle, day) : day;
}

static int walk_days(const struct trial *trial, int day, int amount)
{
    const struct oracle *oracle = trial->oracle;
    if (trial->limit.unit == LIMIT_DAY)
        return day + amount < ORACLE_DAYS ? next_workday(oracle, day + amount) : UNKNOWN;
    while (amount > 0) {
        if (++day >= ORACLE_DAYS)
            return UNKNOWN;
        amount -= oracle_works(oracle, day);
    }
    return day;
}

static int end_of(const struct trial *trial, int day)
{
    const struct oracle *oracle = trial->oracle;
    if (trial->rule.due_mode == DUE_END_OF_DAY)
        return oracle->days[day].end;
    if (trial->rule.due_mode == DUE_CLOSING || trial->limit.value == 0)
        return oracle->days[day].last_close;
    int start_day = oracle_day_of(oracle, trial->start);
    return oracle->days[day].begin + trial->start - oracle->days[start_day].begin;
}

/* Sets due with what was given back so far; false beyond the calendar. */
static bool find_due(struct trial *trial)
{
    const struct oracle *oracle = trial->oracle;
    if (in_days(trial)) {
        int base = base_of(trial), extra_days = in_open_time(trial) ? 0 : trial->extra;
        trial->due_day =
            base < 0 ? UNKNOWN : walk_days(trial, base, trial->limit.value + extra_days);
        if (trial->due_day < 0)
            return false;
        trial->due = end_of(trial, trial->due_day);
        if (!in_open_time(trial) || trial->extra == 0)
            return true;
        trial->due = walk_open(oracle, trial->due, trial->extra);
        if (trial->due < 0)
            return false;
        trial->due_day = oracle_day_of(oracle, trial->due - 1);
        if (trial->rule.due_mode == DUE_END_OF_DAY)
            trial->due = oracle->days[trial->due_day].end;
        return true;
    }
    int amount = trial->limit.value * 60 + trial->extra;
    trial->due = trial->limit.unit == LIMIT_WORKHOUR ? walk_open(oracle, trial->start, amount)
                                                     : trial->start + amount;
    if (trial->due < 0 || trial->due > oracle->minutes)
        return false;
    trial->due_day = oracle_day_of(oracle, trial->due - (amount > 0));
    return true;
}

static int given_back(const struct trial *trial, int from, int to)
{
    const struct oracle *oracle = trial->oracle;
    int amount = 0;
    if (trial->limit.unit == LIMIT_HOUR)
        return to - from;
    if (in_open_time(trial)) {
        for (int i = from; i < to; i++)
            amount += oracle->open[i];
        return amount;
    }
    int base = base_of(trial);
    for (int day = oracle_day_of(oracle, from) + 1; day <= oracle_day_of(oracle, to); day++)
        amount += day > base && (trial->limit.unit == LIMIT_DAY || oracle_works(oracle, day));
    return amount;
}

static int walk_back(const struct oracle *oracle, int minute, int amount)
{
    if (amount == 0)
        return minute;
    while (amount > 0 && minute > 0)
        amount -= oracle->open[--minute];
    while (amount == 0 && minute > 0 && !oracle->open[minute - 1])
        minute--;
    return amount > 0 || minute == 0 ? LONG_AGO : minute;
}

/* The opening of the working day that lies `amount` working days before the due day. */
static int opening_before(const struct trial *trial, int amount)
{
    int day = last_workday(trial->oracle, trial->due_day);
    while (day >= 0 && amount-- > 0)
        day = last_workday(trial->oracle, day - 1);
    return day < 0 ? LONG_AGO : trial->oracle->days[day].first_open;
}

static int threshold(const struct trial *trial, int i)
{
    const struct level *level = &trial->policy.levels[i];
    if (trial->is_short[i]) {
        if (level->when_short == SHORT_NEVER)
            return NEVER;
        if (level->when_short == SHORT_LAST_DAY) {
            int opening = opening_before(trial, 0);
            return opening > trial->start ? opening : NEVER;
        }
        return level->at == AT_EXACT ? trial->start : next_open(trial->oracle, trial->start);
    }
    if (level->amount == 0 && level->at == AT_EXACT)
        return trial->due;
    if (level->unit == THRESHOLD_WORKDAY)
        return opening_before(trial, -level->amount);
    return walk_back(trial->oracle, trial->due, -level->amount * 60);
}

/* Goes minute by minute. A level is reached when its threshold has come while the clock runs;
 * when a suspension ends, due moves. False if any of it lies beyond the calendar. */
static bool simulate(struct trial *trial)
{
    int next = 0, at[LEVELS_MOST];
    trial->extra = 0;
    if (!find_due(trial))
        return false;
    trial->first_due = trial->due;
    for (int i = 0; i < (int)trial->policy.count; i++) {
        bool warns = trial->policy.levels[i].amount < 0 || trial->policy.levels[i].at == AT_OPENING;
        trial->is_short[i] = false;
        trial->is_short[i] = warns && threshold(trial, i) <= trial->start;
        trial->reached[i] = NEVER;
        at[i] = threshold(trial, i);
    }
    for (int minute = trial->start; minute <= trial->oracle->minutes; minute++) {
        while (next < trial->count && minute == trial->to[next]) {
            if (trial->from[next] < trial->due)
                trial->extra += given_back(trial, trial->from[next], trial->to[next]);
            next++;
            if (!find_due(trial))
                return false;
            for (int i = 0; i < (int)trial->policy.count; i++)
                at[i] = threshold(trial, i);
        }
        bool still = next < trial->count && minute > trial->from[next];
        for (int i = 0; !still && i < (int)trial->policy.count; i++)
            if (trial->reached[i] == NEVER && at[i] <= minute)
                trial->reached[i] = minute;
    }
    return true;
}

static void make_policy(struct trial *trial, uint64_t *seed)
{
    struct level *levels = trial->policy.levels;
    trial->policy.count = 3;
    levels[0] = (struct level){.unit = THRESHOLD_WORKDAY,
                               .at = AT_OPENING,
                               .when_short = (enum threshold_short)random_below(seed, 3),
                               .amount = -random_below(seed, 6)};
    levels[1] = (struct level){.unit = THRESHOLD_WORKHOUR,
                               .at = AT_EXACT,
                               .when_short = (enum threshold_short)random_below(seed, 3),
                               .amount = -1 - random_below(seed, 12)};
    levels[2] = (struct level){.unit = THRESHOLD_WORKDAY, .at = AT_EXACT, .amount = 0};
    trial->rule.policy = &trial->policy;
}

static void make_trial(struct trial *trial, const struct oracle *oracle, uint64_t *seed)
{
    *trial = (struct trial){.oracle = oracle};
    trial->rule.calendar = oracle->calendar;
    trial->rule.start_mode = (enum start_mode)random_below(seed, 2);
    trial->rule.due_mode = (enum due_mode)random_below(seed, 3);
    trial->rule.suspension_mode = (enum suspension_mode)random_below(seed, 2);
    trial->limit.unit = (enum limit_unit)random_below(seed, LIMIT_UNITS);
    trial->limit.value = random_below(seed, 5) ? random_below(seed, 30) : 0;
    trial->start = random_below(seed, oracle->minutes);
    int at = trial->start;
    for (int wanted = random_below(seed, 4); trial->count < wanted; trial->count++) {
        trial->from[trial->count] = at + random_below(seed, 6000) * random_below(seed, 2);
        trial->to[trial->count] = trial->from[trial->count] + 1 + random_below(seed, 12000);
        at = trial->to[trial->count];
        if (at >= oracle->minutes)
            break;
    }
    make_policy(trial, seed);
}

static wall_us wall_of(const struct trial *trial, int minute)
{
    return minute == NEVER ? WALL_NONE : oracle_at(trial->oracle, minute);
}

/* Whether the deadline could be told at all. */
static bool compare(struct trial *trial, uint64_t *seed)
{
    struct suspension list[4] = {0};
    struct clock_facts facts = {.started_at = wall_of(trial, trial->start),
                                .stopped_at = WALL_NONE,
                                .limit = trial->limit,
                                .suspensions = list,
                                .suspension_count = (size_t)trial->count};
    for (int i = 0; i < trial->count; i++)
        list[i] = (struct suspension){.from = wall_of(trial, trial->from[i]),
                                      .to = wall_of(trial, trial->to[i])};
    struct clock_state state;
    struct error error;
    int now = random_below(seed, trial->oracle->minutes);
    bool known = simulate(trial);
    bool found = clock_replay(&trial->rule, &facts, wall_of(trial, now), &state, &error);
    assert_int_equal(found, known);
    if (!known)
        return false;
    size_t rank = 0;
    wall_us next = WALL_NONE;
    for (size_t i = 0; i < trial->policy.count; i++) {
        assert_int_equal(state.reached_at[i], wall_of(trial, trial->reached[i]));
        if (trial->reached[i] <= now)
            rank = i + 1;
    }
    for (size_t i = rank; i < trial->policy.count; i++)
        if (trial->reached[i] != NEVER &&
            (next == WALL_NONE || wall_of(trial, trial->reached[i]) < next))
            next = wall_of(trial, trial->reached[i]);
    assert_int_equal(state.due_at, wall_of(trial, trial->due));
    assert_int_equal(state.rank, rank);
    assert_int_equal(state.next_at, next);
    bool suspended = false;
    for (int i = 0; i < trial->count; i++)
        suspended |= trial->from[i] <= now && now < trial->to[i];
    assert_int_equal(state.suspended, suspended);
    /* what a suspension that begins after now will do changes nothing that has been */
    while (facts.suspension_count && list[facts.suspension_count - 1].from > wall_of(trial, now))
        facts.suspension_count--;
    struct clock_state past;
    assert_true(clock_replay(&trial->rule, &facts, wall_of(trial, now), &past, &error));
    assert_int_equal(past.rank, rank);
    /* a suspension of zero changes nothing */
    struct clock_state with_zero;
    list[facts.suspension_count] =
        (struct suspension){.from = wall_of(trial, now), .to = wall_of(trial, now)};
    if (facts.suspension_count == 0 || list[facts.suspension_count - 1].to <= wall_of(trial, now)) {
        facts.suspension_count++;
        assert_true(clock_replay(&trial->rule, &facts, wall_of(trial, now), &with_zero, &error));
        assert_int_equal(with_zero.due_at, past.due_at);
        assert_int_equal(with_zero.rank, past.rank);
        assert_int_equal(with_zero.next_at, past.next_at);
        assert_int_equal(with_zero.open_left, past.open_left);
        assert_memory_equal(with_zero.reached_at, past.reached_at, sizeof past.reached_at);
    }
    return true;
}

static void clocks_agree_with_the_simulation(void **state)
{
    (void)state;
    static const char *const zones[] = {"Asia/Shanghai", "America/New_York", "Europe/Berlin",
                                        "Australia/Lord_Howe"};
    uint64_t seed = 19491001;
    int told = 0;
    for (int c = 0; c < CALENDARS; c++) {
        struct oracle *oracle = oracle_create(zones[c % 4], &seed);
        assert_non_null(oracle->calendar);
        for (int i = 0; i < CLOCKS; i++) {
            struct trial trial;
            make_trial(&trial, oracle, &seed);
            /* where the clocks change, test_calendar.c looks at the same time of day */
            if (trial.rule.due_mode == DUE_SAME_TIME && c % 4 != 0)
                trial.rule.due_mode = DUE_CLOSING;
            told += compare(&trial, &seed);
        }
        oracle_destroy(oracle);
    }
    assert_in_range(told, CALENDARS * CLOCKS / 2, CALENDARS * CLOCKS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_agree_with_the_simulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
