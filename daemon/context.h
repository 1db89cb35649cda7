/* What the daemon's parts work with and tell each other: the loop, the connections, the
 * configuration in use, the stages to wake, and what is known of the world.
 *
 * Each part sees this and nothing of the others; duband.c makes it and wires them. */
#ifndef DUBAND_CONTEXT_H
#define DUBAND_CONTEXT_H

#include "shared_config.h"
#include "stage.h"

#include "duban/http.h"
#include "duban/metrics.h"
#include "duban/pg.h"
#include "duban/source.h"

/* Whether clocks that nothing happens to may follow the configuration's rules. */
enum rules_standing {
    RULES_UNKNOWN,    /* the state database wasn't asked yet */
    RULES_UNAPPROVED, /* the daemon was started by rules that needed an approval first */
    RULES_FOLLOWED,
};

/* Whether this daemon's configuration is that of the last leader, or nobody else has that. */
enum standing {
    STANDING_UNKNOWN, /* the state database wasn't asked yet */
    STANDING_REFUSED, /* it neither leads nor claims messages */
    STANDING_FINE,
};

struct context {
    struct metrics *metrics; /* what is counted: metrics_table.h */
    struct ev_loop *loop;
    struct shared_config *config; /* the newest */
    struct source_sql source_sql; /* for the view as it is; empty before the first look at it */

    struct pg *lead;   /* state: leadership and the leader's stages */
    struct pg *work;   /* state: the dispatcher */
    struct pg *source; /* the approval system, read only */
    struct http_client *http;

    /* to be woken */
    struct stage *intake, *reconcile, *recompute, *escalator, *reminder, *composer, *dispatcher;
    struct stage *alarm_watch, *selftest, *enquiry, *sealer;

    int64_t node;    /* this daemon's number; 0 until the state database gave it one */
    char secret[64]; /* of the installation, for keyed hashes; "" until it was read */
    bool leads;
    enum standing standing;
    bool stopping;
    bool source_is_fine;     /* connected, and its view satisfies the contract */
    bool first_contact_done; /* before, nothing is escalated */
    enum rules_standing rules;
    wall_us first_contact_at; /* what happened earlier is a baseline */
    wall_us heard_now;        /* the state database's time, as it was told at steady time … */
    double heard_at;
};

/* All stages, in the order of the data's way. */
#define CONTEXT_STAGES 11
void context_stages(const struct context *context, struct stage *stages[CONTEXT_STAGES]);

/* A counter without labels grows; its family is of metrics_table.h. */
void context_count(const struct context *context, size_t family, int64_t amount);

/* The configuration of a new turn; drop it at the turn's end. */
struct shared_config *context_config(struct context *context);

/* Whether the source may be asked. */
bool context_has_source(const struct context *context);

/* The state database told its time; and what it is now, as far as it can be told without asking
 * (before it was ever told: this machine's time). */
void context_hear(struct context *context, wall_us now);
wall_us context_now(const struct context *context);

/* Completions before this instant are recorded, but not told: they are too long ago, or were there
 * before the first contact. */
wall_us context_tell_after(const struct context *context, const struct config *config, wall_us now);

/* Whether a query failed; what the server refused is logged (a lost connection is logged once,
 * elsewhere). */
bool context_failed(const char *area, const char *what, const struct pg_failure *failure);

#endif
