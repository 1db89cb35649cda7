/* The rules of cases' clocks against an oracle that walks days (rules_oracle.h): random rules and
 * random cases on the shipped national calendar. */
#include "rules_oracle.h"

#include "duban/calendar_file.h"
#include "duban/case_clock.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CASES      100000
#define CASES_EACH 20 /* cases under the same rules */
#define US_PER_MIN (60 * US_PER_S)

static const char *const reasons[] = {"supplement", "hearing", "expert_review", "note", "other"};

/* --- random numbers: the same in every run --- */

static uint64_t seed = 20190423;

static int below(int limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int)((seed >> 20) % (uint64_t)limit);
}

static bool one_in(int amount)
{
    return below(amount) == 0;
}

/* --- random rules --- */

struct rules {
    struct config_policy policy;
    struct config_suspension meanings[4]; /* of the first four reasons; "other" has none */
    struct config_suspensions suspensions;
    const char *stopped_by[2];
    struct config_clock clock;
};

static struct limit some_limit(int most)
{
    return (struct limit){below(most + 1), one_in(4) ? LIMIT_DAY : LIMIT_WORKDAY};
}

static void make_policy(struct config_policy *policy)
{
    struct level *levels = policy->policy.levels;
    size_t count = 0;
    if (one_in(3))
        levels[count++] = (struct level){.name = "begun", .unit = THRESHOLD_START};
    levels[count++] = (struct level){.name = "yellow",
                                     .unit = THRESHOLD_WORKDAY,
                                     .at = AT_OPENING,
                                     .when_short = (enum threshold_short)below(3),
                                     .amount = -1 - below(6)};
    levels[count++] = (struct level){.name = "red", .unit = THRESHOLD_WORKDAY};
    if (one_in(2))
        levels[count++] =
            (struct level){.name = "black", .unit = THRESHOLD_WORKDAY, .amount = 1 + below(5)};
    policy->policy.count = count;
}

static void make_suspensions(struct rules *rules)
{
    for (int i = 0; i < 4; i++)
        rules->meanings[i] = (struct config_suspension){
            .reason = reasons[i],
            .effect = (enum suspension_effect)below(3),
            .has_longest = true,
            .longest = some_limit(15),
            .resumes = one_in(3),
        };
    rules->suspensions = (struct config_suspensions){4, rules->meanings};
    rules->clock.suspensions = &rules->suspensions;
    rules->clock.stopped_by_all = !one_in(3);
    rules->clock.stopped_by_count = (size_t)below(3);
    rules->clock.stopped_by = rules->stopped_by;
    for (int i = 0; i < 2; i++)
        rules->stopped_by[i] = reasons[below(COUNT_OF(reasons))];
}

static void make_rules(struct rules *rules, const struct calendar *calendar)
{
    *rules = (struct rules){0};
    make_policy(&rules->policy);
    struct config_clock *clock = &rules->clock;
    clock->name = "completion";
    clock->from.milestone = one_in(6) ? MILESTONE_RECEIVED : MILESTONE_ACCEPTED;
    clock->until_count = 1 + (size_t)below(2);
    clock->until[0].milestone = MILESTONE_COMPLETED;
    clock->until[1].milestone = one_in(2) ? MILESTONE_PROCESSED : MILESTONE_APPROVED;
    clock->has_deemed = clock->from.milestone == MILESTONE_ACCEPTED && one_in(2);
    clock->deemed_after = some_limit(6);
    clock->terms = (struct config_terms){
        .rule = {.calendar = calendar,
                 .policy = &rules->policy.policy,
                 .start_mode = (enum start_mode)below(2),
                 .due_mode = (enum due_mode)below(3)},
        .policy = &rules->policy,
        .limit_source = one_in(3) ? LIMIT_OWN : LIMIT_PROMISED,
        .limit = some_limit(30),
        .extends = !one_in(4),
        .has_most = one_in(2),
        .extension_most = some_limit(20),
    };
    make_suspensions(rules);
}

/* --- random cases, as they are in the end --- */

/* Often at an hour at which things happen, so that instants meet. */
static wall_us later(wall_us at, int days_most)
{
    static const int hours[] = {0, 9, 12, 13, 17};
    wall_us result = at + (int64_t)below(days_most * 1440) * US_PER_MIN;
    if (one_in(2))
        return result;
    wall_us midnight = result - (result + 8 * 3600 * US_PER_S) % US_PER_DAY;
    wall_us exact = midnight + hours[below(COUNT_OF(hours))] * 3600 * US_PER_S;
    return exact >= at ? exact : result;
}

static void add_suspensions(struct facts *facts, wall_us from, wall_us until)
{
    for (int wanted = below(4); (int)facts->suspension_count < wanted;) {
        struct suspension *next = &facts->suspensions[facts->suspension_count];
        strcpy(next->reason, reasons[below(COUNT_OF(reasons))]);
        next->from = later(from, 15);
        next->to = later(next->from, one_in(3) ? 40 : 6);
        from = next->to;
        if (next->from >= until)
            return;
        facts->suspension_count++;
        if (next->to > until)
            next->to = until;
    }
}

static void add_extensions(struct facts *facts, wall_us from)
{
    static const char *const clocks[] = {"", "", "completion", "other"};
    for (int wanted = below(2) * below(4); (int)facts->extension_count < wanted;) {
        struct extension *next = &facts->extensions[facts->extension_count++];
        *next = (struct extension){.more = {1 + below(15), facts->limit.unit}};
        if (one_in(8))
            next->more.unit = LIMIT_DAY;
        strcpy(next->clock, clocks[below(COUNT_OF(clocks))]);
        strcpy(next->approver, one_in(6) ? "" : "局长");
        strcpy(next->reason, one_in(6) ? "" : "情况复杂");
        next->at = one_in(5) ? WALL_NONE : later(from, 20);
    }
}

static void add_end(struct facts *facts, wall_us ends)
{
    facts->status = (enum case_status)(CASE_COMPLETED + below(3));
    if (facts->status == CASE_COMPLETED || one_in(2))
        facts->at[MILESTONE_COMPLETED] = ends;
    facts->updated_at = ends;
    if (one_in(4)) { /* taken up again */
        facts->status = CASE_OPEN;
        facts->reopened_at = one_in(4) ? facts->at[MILESTONE_PROCESSED] : later(ends, 20);
        if (one_in(2))
            facts->at[MILESTONE_COMPLETED] = WALL_NONE;
    }
}

static void make_case(struct facts *facts)
{
    *facts = (struct facts){.case_no = "A",
                            .item_code = "I",
                            .kind = "promised",
                            .department_code = "D",
                            .window_code = "W",
                            .has_limit = true,
                            .limit = some_limit(one_in(2) ? 30 : 5),
                            .reopened_at = WALL_NONE};
    for (size_t i = 0; i < MILESTONES; i++)
        facts->at[i] = WALL_NONE;
    wall_us received = INT64_C(1583020800) * US_PER_S + below(2000 * 1440) * US_PER_MIN;
    wall_us accepted = one_in(3) ? later(received, 20) : received;
    wall_us ends = later(accepted, 80);
    if (!one_in(10))
        facts->at[MILESTONE_RECEIVED] = received;
    facts->at[MILESTONE_ACCEPTED] = accepted;
    if (one_in(2))
        facts->at[MILESTONE_PROCESSED] = later(received, 10);
    if (one_in(3))
        facts->at[MILESTONE_APPROVED] = one_in(3) ? ends : later(accepted, 60);
    add_suspensions(facts, received, ends);
    add_extensions(facts, accepted);
    facts->updated_at = ends;
    if (one_in(2))
        add_end(facts, ends);
}

/* Takes away what isn't known at `now` yet. */
static void look_at(struct facts *facts, wall_us now)
{
    bool ended = facts->status != CASE_OPEN && facts->updated_at <= now;
    if (facts->status != CASE_OPEN && !ended)
        facts->status = CASE_OPEN;
    for (size_t i = 0; i < MILESTONES; i++)
        if (facts->at[i] > now)
            facts->at[i] = WALL_NONE;
    if (facts->reopened_at > now)
        facts->reopened_at = WALL_NONE;
    while (facts->suspension_count && facts->suspensions[facts->suspension_count - 1].from > now)
        facts->suspension_count--;
    for (size_t i = 0; i < facts->suspension_count; i++) {
        if (facts->suspensions[i].to <= now)
            continue;
        facts->suspensions[i].to = WALL_NONE;
        facts->status = CASE_SUSPENDED;
    }
}

/* --- comparing --- */

static wall_us told(wall_us at)
{
    return at == NEVER ? WALL_NONE : at;
}

struct tally {
    int running, suspended, stopped, absent, deemed, extended, restarted, ranks[LEVELS_MOST + 1];
};

/* Where the two disagree; NULL: nowhere. */
static const char *difference(const struct walk *walk, const struct case_clock *clock)
{
    const struct facts *facts = walk->facts;
    if (walk->start == NEVER)
        return clock->condition == CLOCK_ABSENT ? NULL : "whether it is there";
    if (clock->started_at != walk->start)
        return "start";
    if (clock->stopped_at != told(walk->end) ||
        (walk->ending && strcmp(clock->ending, walk->ending) != 0))
        return "end";
    for (size_t i = 0; i < facts->extension_count; i++) {
        bool whole = walk->granted[i] == facts->extensions[i].more.value;
        if (clock->limit.granted[i] != walk->granted[i] ||
            (clock->limit.verdicts[i] == EXTENSION_COUNTS) != whole)
            return "extension";
    }
    if (clock->limit.whole.value != walk->limit.value)
        return "limit";
    if (clock->state.due_at != walk->due)
        return "due";
    for (size_t i = 0; i < walk->terms->policy->policy.count; i++)
        if (clock->state.reached_at[i] != told(walk->reached[i]))
            return walk->terms->policy->policy.levels[i].name;
    enum clock_condition condition = walk->ending      ? CLOCK_STOPPED
                                     : walk->suspended ? CLOCK_SUSPENDED
                                                       : CLOCK_RUNNING;
    if (clock->condition != condition)
        return "condition";
    if (clock->state.rank != walk->rank)
        return "rank";
    return clock->state.next_at == told(walk->next) ? NULL : "next instant";
}

static void print_instant(const char *what, wall_us at)
{
    char text[INSTANT_TEXT_BYTES];
    if (at != WALL_NONE && at != NEVER)
        print_error("  %s %s\n", what, instant_text_offset(at, 8 * 3600, text));
}

/* What one needs to see why. */
static void print_case(const struct walk *walk, const struct case_clock *clock)
{
    const struct facts *facts = walk->facts;
    const struct clock_rule *rule = &walk->terms->rule;
    print_error("  start mode %d, due mode %d, limit %d %s, status %s\n", (int)rule->start_mode,
                (int)rule->due_mode, (int)walk->limit.value, limit_unit_word(walk->limit.unit),
                case_status_word(facts->status));
    for (size_t i = 0; i < MILESTONES; i++)
        print_instant(milestone_column((enum milestone)i), facts->at[i]);
    print_instant("reopened", facts->reopened_at);
    print_instant("now", walk->now);
    for (size_t i = 0; i < facts->suspension_count; i++) {
        print_instant(facts->suspensions[i].reason, facts->suspensions[i].from);
        print_instant("  until", facts->suspensions[i].to);
    }
    print_instant("walked: start", walk->start);
    print_instant("walked: due", walk->due);
    print_instant("engine: start", clock->started_at);
    print_instant("engine: due", clock->state.due_at);
    for (size_t i = 0; i < walk->terms->policy->policy.count; i++) {
        const struct level *level = &walk->terms->policy->policy.levels[i];
        print_error("  %s, amount %d, short %d\n", level->name, (int)level->amount,
                    (int)level->when_short);
        print_instant("  walked", walk->reached[i]);
        print_instant("  engine", clock->state.reached_at[i]);
    }
    print_instant("walked: next", walk->next);
    print_instant("engine: next", clock->state.next_at);
}

static void count_case(const struct walk *walk, const struct case_clock *clock, struct tally *tally)
{
    const struct facts *facts = walk->facts;
    tally->absent += clock->condition == CLOCK_ABSENT;
    tally->running += clock->condition == CLOCK_RUNNING;
    tally->suspended += clock->condition == CLOCK_SUSPENDED;
    tally->stopped += clock->condition == CLOCK_STOPPED;
    if (clock->condition == CLOCK_ABSENT)
        return;
    tally->deemed += walk->clock->has_deemed && walk->start == facts->at[MILESTONE_RECEIVED] &&
                     walk->start != facts->at[MILESTONE_ACCEPTED];
    for (size_t i = 0; i < facts->extension_count; i++)
        tally->extended += walk->granted[i] > 0;
    for (size_t i = 0; i < facts->suspension_count; i++)
        tally->restarted += facts->suspensions[i].to == walk->start;
    tally->ranks[walk->rank]++;
}

static void try_case(const struct walk_calendar *days, const struct rules *rules, int number,
                     struct tally *tally)
{
    struct facts facts;
    struct case_clock clock;
    struct error error = {""};
    make_case(&facts);
    wall_us first = facts.at[MILESTONE_ACCEPTED] - 10 * US_PER_DAY;
    wall_us now = later(first, one_in(2) ? 150 : 35);
    if (facts.suspension_count && one_in(4))
        now = facts.suspensions[0].to;
    look_at(&facts, now);
    struct walk walk = {.calendar = days,
                        .clock = &rules->clock,
                        .terms = &rules->clock.terms,
                        .facts = &facts,
                        .now = now};
    walk_case(&walk);
    bool replayed = case_clock_replay(&rules->clock, &facts, now, &clock, &error);
    const char *what = replayed ? difference(&walk, &clock) : error.text;
    if (what)
        print_case(&walk, &clock);
    if (what)
        fail_msg("case %d: they differ in: %s", number, what);
    count_case(&walk, &clock, tally);
}

static void the_engine_agrees_with_who_walks_days(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_file(SOURCE_DIR "/etc/calendars/cn.yaml", &problems);
    problems_finish(&problems);
    assert_non_null(calendar);
    struct walk_calendar *days = mem_zero(1, sizeof *days);
    walk_read(days, calendar);
    assert_int_equal(days->count, calendar_last_day(calendar) - calendar_first_day(calendar) + 1);
    struct tally tally = {0};
    struct rules rules;
    for (int i = 0; i < CASES; i++) {
        if (i % CASES_EACH == 0)
            make_rules(&rules, calendar);
        try_case(days, &rules, i, &tally);
    }
    /* the cases are of all sorts */
    assert_in_range(tally.running, CASES / 10, CASES);
    assert_in_range(tally.suspended, CASES / 100, CASES);
    assert_in_range(tally.stopped, CASES / 10, CASES);
    assert_in_range(tally.absent, CASES / 1000, CASES / 5);
    assert_in_range(tally.deemed, CASES / 100, CASES);
    assert_in_range(tally.extended, CASES / 50, CASES);
    assert_in_range(tally.restarted, CASES / 50, CASES);
    for (int rank = 0; rank <= 3; rank++)
        assert_in_range(tally.ranks[rank], CASES / 20, CASES);
    free(days);
    calendar_destroy(calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_who_walks_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
