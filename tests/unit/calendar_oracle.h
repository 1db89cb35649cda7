/* An independent, naive calendar for tests: it knows for every minute whether the office is
 * open, and answers by walking. Random calendars come as YAML and as an oracle. */
#ifndef CALENDAR_ORACLE_H
#define CALENDAR_ORACLE_H

#include "duban/buf.h"
#include "duban/calendar_file.h"
#include "duban/mem.h"
#include "duban/zone.h"

#include <string.h>

#define US_PER_MINUTE (60 * US_PER_S)
#define ORACLE_DAYS   500

/* xorshift: the same numbers in every run. */
static inline uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline int random_below(uint64_t *seed, int limit)
{
    return (int)((random_next(seed) >> 20) % (uint64_t)limit);
}

struct oracle_span {
    int opens, closes; /* minutes of the local day */
};

struct oracle_hours {
    int count;
    struct oracle_span spans[3];
};

struct oracle_day {
    struct oracle_hours hours;
    int begin, end;             /* minutes since base */
    int first_open, last_close; /* minutes since base; −1 on a rest day */
};

struct oracle {
    day_number first_day;
    wall_us base;
    int minutes;
    bool *open;
    struct oracle_day days[ORACLE_DAYS];
    struct calendar *calendar;
};

static inline struct oracle_hours random_hours(uint64_t *seed, bool may_close)
{
    struct oracle_hours hours = {0};
    int at = random_below(seed, 20), wanted = random_below(seed, 3) + !may_close;
    while (hours.count < wanted && at < 47) {
        int length = 1 + random_below(seed, 48 - at);
        hours.spans[hours.count++] =
            (struct oracle_span){.opens = at * 30, .closes = (at + length) * 30};
        at += length + 1 + random_below(seed, 4);
    }
    return hours;
}

static inline void write_hours(struct buf *out, const struct oracle_hours *hours)
{
    buf_char(out, '[');
    for (int i = 0; i < hours->count; i++)
        buf_format(out, "%s%02d:%02d-%02d:%02d", i ? ", " : "", hours->spans[i].opens / 60,
                   hours->spans[i].opens % 60, hours->spans[i].closes / 60,
                   hours->spans[i].closes % 60);
    buf_text(out, "]\n");
}

/* Which minutes of a day are open. An opening counts from the first time that the wall clock
 * has come so far, a closing from when it will never show an earlier time again. */
static inline void open_day(struct oracle *oracle, const struct oracle_day *day, const int *wall)
{
    int length = day->end - day->begin;
    for (int s = 0; s < day->hours.count; s++) {
        int reached = -1, until = length;
        while (until > 0 && wall[until - 1] >= day->hours.spans[s].closes)
            until--;
        for (int i = 0; i < until; i++) {
            reached = wall[i] > reached ? wall[i] : reached;
            oracle->open[day->begin + i] |= reached >= day->hours.spans[s].opens;
        }
    }
}

/* Walks through all minutes; the wall clock comes from the zone's offset alone. */
static inline void walk_minutes(struct oracle *oracle, const struct zone *zone)
{
    int *wall = mem_zero((size_t)oracle->minutes, sizeof *wall);
    int current = -1, offset = 0;
    for (int i = 0; i < oracle->minutes; i++) {
        wall_us at = oracle->base + i * US_PER_MINUTE;
        if (i % 30 == 0)
            offset = zone_offset_s(zone, at);
        int64_t local = at / US_PER_MINUTE + offset / 60;
        int day = (int)(local / 1440 - oracle->first_day);
        wall[i] = (int)(local % 1440);
        if (day > current && day < ORACLE_DAYS) {
            current = day;
            oracle->days[day].begin = i;
        }
        oracle->days[current].end = i + 1;
    }
    for (int day = 0; day < ORACLE_DAYS; day++)
        open_day(oracle, &oracle->days[day], wall + oracle->days[day].begin);
    free(wall);
    for (int day = 0; day < ORACLE_DAYS; day++) {
        struct oracle_day *row = &oracle->days[day];
        row->first_open = row->last_close = -1;
        for (int i = row->begin; i < row->end; i++) {
            if (!oracle->open[i])
                continue;
            row->first_open = row->first_open < 0 ? i : row->first_open;
            row->last_close = i + 1;
        }
    }
}

static inline bool oracle_works(const struct oracle *oracle, int day)
{
    return oracle->days[day].first_open >= 0;
}

static inline int oracle_day_of(const struct oracle *oracle, int minute)
{
    int day = 0;
    while (minute >= oracle->days[day].end)
        day++;
    return day;
}

static inline wall_us oracle_at(const struct oracle *oracle, int minute)
{
    return oracle->base + minute * US_PER_MINUTE;
}

/* Writes single days with hours of their own into the file and the oracle. */
static inline void add_marks(struct oracle *oracle, const struct oracle_hours *week,
                             struct buf *out, uint64_t *seed)
{
    static const char *const sections[] = {"holidays", "makeup", "special"};
    for (int section = 0; section < 3; section++) {
        buf_format(out, "%s:\n", sections[section]);
        for (int day = 3 + section * 2; day < ORACLE_DAYS; day += 6 + 6 * random_below(seed, 6)) {
            char date[DAY_TEXT_BYTES];
            struct oracle_hours hours = section == 2 ? random_hours(seed, true) : week[1];
            day_text(oracle->first_day + day, date);
            buf_format(out, "  - {date: %s", date);
            buf_format(out, section == 0 ? ", name: 假" : "");
            if (section == 2)
                buf_text(out, ", hours: ");
            if (section == 2)
                write_hours(out, &hours);
            buf_text(out, "}\n");
            if (section == 0)
                hours.count = 0;
            oracle->days[day].hours = hours;
        }
    }
}

/* A random calendar of 500 days from 2026-01-01. */
static inline struct oracle *oracle_create(const char *zone_name, uint64_t *seed)
{
    static const char *const words[] = {"",         "monday", "tuesday",  "wednesday",
                                        "thursday", "friday", "saturday", "sunday"};
    struct oracle *oracle = mem_zero(1, sizeof *oracle);
    struct oracle_hours week[8];
    struct error error;
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    oracle->first_day = day_from_civil(2026, 1, 1);
    char last[DAY_TEXT_BYTES];
    day_text(oracle->first_day + ORACLE_DAYS - 1, last);
    buf_format(&out, "name: random\nzone: %s\nvalid: {from: 2026-01-01, until: %s}\nhours:\n",
               zone_name, last);
    for (int day = 1; day <= 7; day++) {
        week[day] = random_hours(seed, day > 1);
        buf_format(&out, "  %s: ", words[day]);
        write_hours(&out, &week[day]);
    }
    for (int day = 0; day < ORACLE_DAYS; day++)
        oracle->days[day].hours = week[weekday_of(oracle->first_day + day)];
    add_marks(oracle, week, &out, seed);
    struct zone *zone = zone_open(zone_name, &error);
    oracle->base = zone_first(zone, oracle->first_day, 0);
    wall_us end = zone_first(zone, oracle->first_day + ORACLE_DAYS, 0);
    oracle->minutes = (int)((end - oracle->base) / US_PER_MINUTE);
    oracle->open = mem_zero((size_t)oracle->minutes, sizeof *oracle->open);
    walk_minutes(oracle, zone);
    zone_close(zone);
    oracle->calendar = calendar_load_text(buf_string(&out), out.length, "random.yaml", &problems);
    problems_finish(&problems);
    return oracle;
}

static inline void oracle_destroy(struct oracle *oracle)
{
    calendar_destroy(oracle->calendar);
    free(oracle->open);
    free(oracle);
}

#endif
