/* What the parts of `dubanctl simulate` share. */
#ifndef CTL_SIMULATE_H
#define CTL_SIMULATE_H

#include "command.h"

#include "duban/config.h"
#include "duban/pg_block.h"
#include "duban/simulation.h"
#include "duban/simulation_changes.h"
#include "duban/tally.h"

#include <jansson.h>

#define REASON_EXAMPLES 3

/* Why cases couldn't be computed, each reason with a few of them. */
struct failure {
    int64_t count;
    char *text; /* of the first one */
    size_t example_count;
    char *examples[REASON_EXAMPLES]; /* case numbers */
};

struct failures {
    int64_t count;
    struct names
        reasons; /* with all digits as 0, so that what differs by a date only is the same */
    struct failure *items;
    size_t capacity;
};

void failures_add(struct failures *failures, const char *case_no, const char *text);
/* Indexes of the items, the most frequent first; the caller frees them. */
size_t *failures_order(const struct failures *failures);
void failures_finish(struct failures *failures);

/* One configuration under which the period is replayed. */
struct simulate_run {
    const char *path;
    struct config *config;
    struct simulation *simulation;
    const struct simulation_result *result;
    struct failures failures;
};

struct simulate_job {
    const struct context *context;
    wall_us from, to;
    wall_us now; /* or the end of the period: rows of later dates aren't used */
    size_t top;  /* lines of long lists */
    struct directory *directory;
    size_t run_count; /* 2 with --against */
    struct simulate_run runs[2];
    struct simulation_changes changes;
    struct failures bad_rows;
    int64_t cases; /* that the source told, those that can't be used among them */
    double seconds;
};

/* Reads all cases of the period from the source of the first run's configuration, and replays each
 * in all runs. Tells on stderr how far it is, when that is a terminal. */
bool simulate_read(struct simulate_job *job, struct error *error) MUST_USE;

/* --- figures --- */

/* What people call a level or another kind of event. */
const char *simulate_kind(const struct simulate_job *job, const struct simulate_run *run,
                          const char *kind);

void simulate_text(const struct simulate_job *job, struct buf *out);
void simulate_against_text(const struct simulate_job *job, struct buf *out);

/* What both begin with: the period, the cases, what couldn't be computed. */
void simulate_head_text(const struct simulate_job *job, struct buf *out);

/* One line: when, how many, on which channels. */
void simulate_minute_text(const struct simulate_job *job, const struct simulate_run *run,
                          struct buf *out);

/* docs/dubanctl.md has its keys. The caller releases it. */
json_t *simulate_json(const struct simulate_job *job);

#endif
