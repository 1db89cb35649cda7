/* How fast deadlines are computed: due instants, and full replays with two suspensions, over a
 * ten-year calendar. One core, best of several rounds; prints a line of text, or JSON. */
#include "duban/calendar_file.h"
#include "duban/clock.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLOCKS 4096
#define ROUNDS 200
#define TRIES  5

static const char calendar_text[] =
    "name: bench\nzone: Asia/Shanghai\nvalid: {from: 2020-01-01, until: 2029-12-31}\n"
    "hours: {weekdays: [09:00-12:00, 13:00-17:00]}\n"
    "holidays:\n"
    "  - {name: 元旦, yearly: 01-01}\n"
    "  - {name: 春节, yearly: {from: 02-10, to: 02-17}}\n"
    "  - {name: 劳动节, yearly: {from: 05-01, to: 05-05}}\n"
    "  - {name: 国庆节, yearly: {from: 10-01, to: 10-07}}\n";

static const struct policy policy = {
    .name = "standard",
    .count = 2,
    .levels = {{.name = "yellow", .unit = THRESHOLD_WORKDAY, .at = AT_OPENING, .amount = -3},
               {.name = "red", .unit = THRESHOLD_WORKDAY, .at = AT_EXACT, .amount = 0}},
};

struct bench {
    struct clock_rule rule;
    struct clock_facts facts[CLOCKS];
    struct suspension suspensions[CLOCKS][2];
    wall_us now;
};

/* Cases spread over nine years with limits of 0 to 29 days, each suspended twice. */
static void fill(struct bench *bench)
{
    uint64_t seed = 1;
    wall_us first = day_from_civil(2020, 1, 2) * US_PER_DAY;
    bench->now = day_from_civil(2029, 6, 1) * US_PER_DAY;
    for (size_t i = 0; i < CLOCKS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        wall_us start = first + (wall_us)(seed >> 33) % (9 * 365 * 86400) * US_PER_S;
        struct suspension *list = bench->suspensions[i];
        list[0].from = start + (wall_us)(seed >> 40) % (2 * 86400) * US_PER_S;
        list[0].to = list[0].from + (wall_us)(seed >> 45) % (5 * 86400) * US_PER_S;
        list[1].from = list[0].to + US_PER_DAY;
        list[1].to = list[1].from + 3 * US_PER_DAY;
        bench->facts[i] = (struct clock_facts){
            .started_at = start,
            .stopped_at = WALL_NONE,
            .limit = {.value = (int32_t)(seed >> 50) % 30, .unit = LIMIT_WORKDAY},
            .suspensions = list,
            .suspension_count = 2,
        };
    }
}

static bool compute_due(const struct bench *bench, size_t i)
{
    wall_us due;
    struct error error;
    return clock_due(&bench->rule, bench->facts[i].started_at, bench->facts[i].limit, &due, &error);
}

static bool replay(const struct bench *bench, size_t i)
{
    struct clock_state state;
    struct error error;
    return clock_replay(&bench->rule, &bench->facts[i], bench->now, &state, &error);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Runs a second, or 0 when one of them failed. */
static double measure(const struct bench *bench, bool (*run)(const struct bench *, size_t))
{
    double best = 0;
    for (int try = 0; try < TRIES; try++) {
        bool fine = true;
        double begin = seconds();
        for (int round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < CLOCKS; i++)
                fine &= run(bench, i);
        double rate = (double)CLOCKS * ROUNDS / (seconds() - begin);
        if (!fine)
            return 0;
        best = rate > best ? rate : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    struct problems problems = {0};
    struct bench *bench = mem_zero(1, sizeof *bench);
    struct calendar *calendar =
        calendar_load_text(calendar_text, sizeof calendar_text - 1, "bench", &problems);
    if (calendar == NULL)
        return 1;
    bench->rule = (struct clock_rule){.calendar = calendar, .policy = &policy};
    fill(bench);
    double due = measure(bench, compute_due), replays = measure(bench, replay);
    if (argc > 1 && strcmp(argv[1], "--json") == 0)
        printf("{\"bench\": \"clock\", \"due_per_s\": %.0f, \"replay_per_s\": %.0f}\n", due,
               replays);
    else
        printf("clock: %.1f M due instants/s, %.1f M replays with two suspensions/s\n", due / 1e6,
               replays / 1e6);
    calendar_destroy(calendar);
    free(bench);
    return due > 0 && replays > 0 ? 0 : 1;
}
