/* Cases of a period, streamed out of the source: the server reads the next rows while the last ones
 * are replayed. */
#include "database.h"
#include "simulate.h"

#include "duban/mem.h"
#include "duban/source.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS       "5000"
#define FEED_EACH  64 /* rows */
#define SHOW_US    (300 * US_PER_MS)
#define CONNECT_US (10 * US_PER_S)

static wall_us clock_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * US_PER_S + time.tv_nsec / 1000;
}

/* --- progress --- */

struct progress {
    const struct context *context;
    bool shown;
    wall_us begun_at, shown_at;
};

static void show_progress(struct progress *progress, int64_t cases)
{
    wall_us now = clock_us();
    if (!isatty(STDERR_FILENO) || now - progress->shown_at < SHOW_US)
        return;
    progress->shown = true;
    progress->shown_at = now;
    fprintf(stderr,
            in_words(progress->context, "\r已推演 %lld 件，%.0f 秒", "\r%lld cases, %.0f s"),
            (long long)cases, (double)(now - progress->begun_at) / US_PER_S);
    fflush(stderr);
}

static void end_progress(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}

/* --- one case --- */

static void replay(struct simulate_run *run, const struct facts *facts)
{
    struct error error;
    if (!simulation_case(run->simulation, facts, &error))
        failures_add(&run->failures, facts->case_no, error.text);
}

static void compare(struct simulate_job *job, const char *case_no)
{
    size_t before_count, after_count;
    const struct history_event *before = simulation_events(job->runs[0].simulation, &before_count);
    const struct history_event *after = simulation_events(job->runs[1].simulation, &after_count);
    simulation_changes_add(&job->changes, case_no, before, before_count, after, after_count);
}

static void read_row(struct simulate_job *job, const PGresult *result, int row)
{
    struct facts facts;
    struct error error;
    span_us skew_us = job->runs[0].config->source.skew_us;
    job->cases++;
    if (!source_row(result, row, &facts, &error) ||
        !facts_check(&facts, job->now, skew_us, &error)) {
        failures_add(&job->bad_rows, facts.case_no, error.text);
        return;
    }
    for (size_t i = 0; i < job->run_count; i++)
        replay(&job->runs[i], &facts);
    if (job->run_count == 2)
        compare(job, facts.case_no);
}

/* --- the stream --- */

static bool query(struct pg_block *pg, const char *sql, const struct pg_params *params,
                  struct error *error)
{
    PGresult *result = pg_block_query(pg, sql, params, error);
    PQclear(result);
    return result != NULL;
}

static bool declare(struct pg_block *pg, const struct simulate_job *job,
                    const struct source_sql *sql, struct error *error)
{
    AUTO_FREE char *text = mem_format("DECLARE simulated NO SCROLL CURSOR FOR %s", sql->touching);
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, job->from);
    pg_param_instant(params, job->to);
    bool fine = query(pg, text, params, error);
    pg_params_destroy(params);
    return fine;
}

/* One snapshot for the whole reading; a scan, since all of the period is wanted. */
static bool begin(struct pg_block *pg, const struct simulate_job *job, const char *relation,
                  struct error *error)
{
    struct source_columns columns;
    struct source_sql sql;
    if (!check_view(pg, relation, &columns, error) ||
        !query(pg,
               "SELECT set_config('statement_timeout', '0', false),"
               " set_config('cursor_tuple_fraction', '1', false),"
               " set_config('max_parallel_workers_per_gather', '0', false)",
               NULL, error) ||
        !query(pg, "BEGIN READ ONLY", NULL, error))
        return false;
    source_sql_init(&sql, relation, &columns);
    bool fine = declare(pg, job, &sql, error);
    source_sql_finish(&sql);
    return fine;
}

static const char fetch_sql[] = "FETCH " ROWS " FROM simulated";

/* Sends for the next rows before it looks at these. */
static bool read_rows(struct simulate_job *job, struct pg_block *pg, struct progress *progress,
                      struct error *error)
{
    int rows;
    if (!pg_block_send(pg, fetch_sql, NULL, error))
        return false;
    do {
        PGresult *result = pg_block_take(pg, error);
        if (result == NULL)
            return false;
        rows = PQntuples(result);
        bool sent = rows == 0 || pg_block_send(pg, fetch_sql, NULL, error);
        for (int row = 0; sent && row < rows; row++) {
            read_row(job, result, row);
            if (row % FEED_EACH == 0)
                pg_block_feed(pg);
        }
        PQclear(result);
        if (!sent)
            return false;
        show_progress(progress, job->cases);
    } while (rows > 0);
    return true;
}

bool simulate_read(struct simulate_job *job, struct error *error)
{
    const struct config *config = job->runs[0].config;
    const struct pg_settings settings = {.name = "dubanctl simulate",
                                         .dsn = config->source_database.dsn,
                                         .password = config->source_database.password,
                                         .query_timeout_us = CONNECT_US,
                                         .read_only = true};
    struct progress progress = {.context = job->context, .begun_at = clock_us()};
    struct pg_block *pg = pg_block_open(&settings, NULL, NULL, error);
    bool fine = pg && begin(pg, job, config->source.relation, error) &&
                read_rows(job, pg, &progress, error);
    pg_block_close(pg);
    for (size_t i = 0; fine && i < job->run_count; i++)
        job->runs[i].result = simulation_close(job->runs[i].simulation);
    simulation_changes_sort(&job->changes);
    end_progress(&progress);
    job->seconds = (double)(clock_us() - progress.begun_at) / US_PER_S;
    return fine || error_prefix(error, "source");
}
