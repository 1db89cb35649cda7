/* What duban would have done: the histories of cases replayed under a configuration, and whom that
 * would have told what, when, in how many messages. Nothing is sent and nothing is stored.
 *
 * Pure: facts, rules and a directory in, figures out. It is the way of real events: routes, duties
 * and deputies, days of duty, hours, digests, what goes stale while it waits, who hears that a
 * level is taken back. Left out are quotas and rates, silences and acknowledgements (of reminders
 * all are sent), levels that people took back, irregularities, failures and fallbacks; the
 * directory is that of today. Of persons only a hash of the number is kept. */
#ifndef DUBAN_SIMULATION_H
#define DUBAN_SIMULATION_H

#include "duban/config.h"
#include "duban/directory.h"
#include "duban/history.h"

struct simulation;

/* Events recorded in [from, to) count, and messages that go out by then. All parameters must stay
 * as they are until simulation_destroy. */
struct simulation *simulation_create(const struct config *config, const struct directory *directory,
                                     wall_us from, wall_us to);
void simulation_destroy(struct simulation *simulation); /* NULL is fine */

/* One case, in any order. False when a clock can't be computed: what came before that is counted
 * all the same. */
bool simulation_case(struct simulation *simulation, const struct facts *facts,
                     struct error *error) MUST_USE;

/* An event of the case that came last. Its texts belong to the configuration. */
const struct history_event *simulation_events(const struct simulation *simulation, size_t *count);

/* --- figures --- */

/* How clocks ended in the period, and how they stand at its end. */
struct simulation_ends {
    int64_t ended;     /* by completion, or by what the clock waits for */
    int64_t in_time;   /* of these: not after they were due */
    int64_t otherwise; /* returned or withdrawn: in no rate */
    int64_t open;      /* at the end: running or suspended */
    int64_t overdue;   /* of these: past due */
};

struct simulation_clock {
    const struct config_clock *clock;
    struct simulation_ends ends;
};

struct simulation_kind {
    const struct config_clock *clock;
    const char *kind; /* a level's name, completed, reminder, … */
    int severity;     /* of a level; 0 for the others */
    int64_t recorded, told;
};

/* A department or a window. */
struct simulation_place {
    const char *code, *name;     /* name: "" when the directory doesn't know it */
    struct simulation_ends ends; /* of the main clock */
    int64_t raised;              /* levels, all together, of all clocks */
    const int64_t *levels;       /* the same, each by itself: result.levels */
};

struct simulation_channel {
    const struct channel *channel;
    int64_t notifications; /* that became messages */
    int64_t messages;
    int64_t cancelled;   /* their reason had gone before they were told */
    int64_t off_duty;    /* the contact wasn't on duty, and another one was */
    int64_t unreachable; /* nobody answers, or has no address that can be used */
    int64_t held;        /* still waiting at the end of the period */
    int64_t left_out;    /* for the lead or the parts of joint cases: whom that is isn't replayed */
};

struct simulation_day {
    day_number day;
    int64_t notifications, messages;
    const int64_t *by_channel; /* messages: result.channels */
};

/* Somebody of the directory, or a person. */
struct simulation_recipient {
    const char *code, *name; /* "" for a person */
    const char *role;        /* its kind in the directory, or applicant, handler, agent */
    int64_t messages;
    const int64_t *by_channel;
    int64_t days; /* with a message */
    day_number worst_day;
    int64_t worst; /* messages on it */
};

/* All recipients of one role together. */
struct simulation_role {
    const char *role;
    int64_t recipients; /* who got a message */
    int64_t messages;
    int64_t days; /* of a recipient, with a message: messages / days is the mean of such a day */
    int64_t worst;
};

struct simulation_minute {
    wall_us at; /* WALL_NONE when there was no message at all */
    int64_t messages;
    const int64_t *by_channel;
};

struct simulation_result {
    int64_t cases, events;
    const struct config_clock *main_clock; /* `completion`, else the first */
    size_t level_count;                    /* names of levels, by severity */
    const char **levels;
    size_t kind_count;
    struct simulation_kind *kinds; /* by clock; levels by severity, then the others */
    size_t clock_count;
    struct simulation_clock *clocks;
    size_t department_count, window_count; /* most levels first */
    struct simulation_place *departments, *windows;
    size_t channel_count; /* as configured */
    struct simulation_channel *channels;
    size_t day_count; /* all days of the period, in order */
    struct simulation_day *days;
    size_t recipient_count; /* most messages first */
    struct simulation_recipient *recipients;
    size_t role_count;
    struct simulation_role *roles;
    struct simulation_minute busiest;
};

/* Makes messages of what was to be told. Once, after the last case; the result belongs to the
 * simulation. */
const struct simulation_result *simulation_close(struct simulation *simulation);

#endif
