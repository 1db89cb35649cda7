/* Cases of a period, streamed out of the source: the server reads the next rows while the last ones
 * are replayed. */
#include "progress.h"
#include "simulate.h"
#include "source_stream.h"

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

static bool read_rows(struct simulate_job *job, struct source_stream *stream,
                      struct progress *progress, struct error *error)
{
    int rows;
    do {
        PGresult *result = source_stream_next(stream, error);
        if (result == NULL)
            return false;
        rows = PQntuples(result);
        for (int row = 0; row < rows; row++) {
            read_row(job, result, row);
            if (row % FEED_EACH == 0)
                source_stream_feed(stream);
        }
        PQclear(result);
        progress_show(progress, job->cases);
    } while (rows > 0);
    return true;
}

/* A scan, since all of the period is wanted. */
static bool begin(const struct simulate_job *job, struct source_stream *stream, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, job->from);
    pg_param_instant(params, job->to);
    bool fine = source_stream_open(stream, job->runs[0].config, "dubanctl simulate", error) &&
                source_stream_read(stream, stream->sql.touching, params, error);
    pg_params_destroy(params);
    return fine;
}

bool simulate_read(struct simulate_job *job, struct error *error)
{
    struct progress progress = progress_begin(job->context, "已推演", "replayed");
    struct source_stream stream;
    bool fine = begin(job, &stream, error) && read_rows(job, &stream, &progress, error);
    source_stream_close(&stream);
    for (size_t i = 0; fine && i < job->run_count; i++)
        job->runs[i].result = simulation_close(job->runs[i].simulation);
    simulation_changes_sort(&job->changes);
    job->seconds = progress_end(&progress);
    return fine || error_prefix(error, "source");
}
