/* dubanctl simulate: a period of the past replayed under a configuration, or under two, to see what
 * duban would do. It reads the source and the directory, and changes nothing. */
#include "calendar_args.h"
#include "database.h"
#include "simulate.h"
#include "terminal.h"

#include "duban/directory_file.h"
#include "duban/directory_rows.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_BYTES_MOST (64u << 20)
#define TOP             20
#define TOP_MOST        1000000

static const char usage[] =
    "dubanctl simulate --from DATE --to DATE [--against FILE] [--directory FILE] [--top N]";

struct simulate_options {
    const char *from, *to, *against, *directory, *top;
};

/* --- the period --- */

static bool read_instant(const struct config *config, const char *option, const char *text,
                         wall_us *at, struct error *error)
{
    return instant_read(config->calendar, text, at, error) || error_prefix(error, "--%s", option);
}

static bool check_calendar(const struct calendar *calendar, wall_us from, wall_us to,
                           struct error *error)
{
    day_number day;
    if (!calendar_day_of(calendar, from, &day, error))
        return error_prefix(error, "--from");
    return calendar_day_of(calendar, to - 1, &day, error) || error_prefix(error, "--to");
}

/* Whether the calendars that a configuration uses know the whole period. */
static bool check_calendars(const struct config *config, wall_us from, wall_us to,
                            struct error *error)
{
    bool fine = check_calendar(config->calendar, from, to, error);
    for (size_t i = 0; fine && i < config->clock_count; i++) {
        const struct config_clock *clock = &config->clocks[i];
        fine = check_calendar(clock->terms.rule.calendar, from, to, error);
        for (size_t k = 0; fine && k < clock->choice_count; k++)
            fine = check_calendar(clock->choices[k].terms.rule.calendar, from, to, error);
    }
    return fine;
}

static bool read_top(const char *text, size_t *top, struct error *error)
{
    char *end;
    *top = TOP;
    if (text == NULL)
        return true;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || number < 1 || number > TOP_MOST)
        return error_set(error, "--top: '%s' is no number from 1 to %d", text, TOP_MOST);
    *top = number;
    return true;
}

static bool read_period(struct simulate_job *job, const struct simulate_options *options,
                        struct error *error)
{
    const struct config *config = job->runs[0].config;
    if (!read_instant(config, "from", options->from, &job->from, error) ||
        !read_instant(config, "to", options->to, &job->to, error) ||
        !read_top(options->top, &job->top, error))
        return false;
    if (job->from >= job->to)
        return error_set(
            error,
            in_words(job->context, "--to %s 不晚于 --from %s", "--to %s isn't after --from %s"),
            options->to, options->from);
    for (size_t i = 0; i < job->run_count; i++)
        if (!check_calendars(job->runs[i].config, job->from, job->to, error))
            return false;
    return true;
}

/* --- the directory --- */

static wall_us real_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * US_PER_S + time.tv_nsec / 1000;
}

/* From a file nothing is asked of the state database, so there need not be one. */
static bool load_directory_file(struct simulate_job *job, const char *path)
{
    struct problems problems = {0};
    const struct address_check check = {config_check_address, job->runs[0].config};
    job->now = real_time();
    job->directory = directory_load_file(path, &check, &problems);
    if (job->directory == NULL)
        tell_problems(&problems);
    else
        problems_finish(&problems);
    return job->directory != NULL;
}

static bool query_directory(struct simulate_job *job, struct pg_block *pg, struct error *error)
{
    PGresult *now = pg_block_query(pg, "SELECT duban.now()", NULL, error);
    if (now == NULL)
        return false;
    job->now = pg_instant(now, 0, 0);
    PQclear(now);
    PGresult *tree = pg_block_query(pg, "SELECT * FROM duban.directory_tree(NULL)", NULL, error);
    if (tree == NULL)
        return false;
    job->directory = directory_from_rows(tree, error);
    PQclear(tree);
    return job->directory != NULL;
}

static bool load_directory(struct simulate_job *job, const char *path)
{
    struct error error;
    if (path)
        return load_directory_file(job, path);
    struct pg_block *pg = open_state(job->context, job->runs[0].config, true);
    if (pg == NULL)
        return false;
    bool fine = query_directory(job, pg, &error);
    pg_block_close(pg);
    if (!fine)
        tell_failure(&error);
    return fine;
}

/* --- the job --- */

static int tell(const struct simulate_job *job)
{
    if (job->context->json) {
        json_t *json = simulate_json(job);
        int status = tell_json(json);
        json_decref(json);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    if (job->run_count == 2)
        simulate_against_text(job, &text);
    else
        simulate_text(job, &text);
    return tell_text(&text);
}

static int simulate(struct simulate_job *job, const struct simulate_options *options)
{
    struct error error;
    if (!read_period(job, options, &error)) {
        tell_failure(&error);
        return EXIT_USAGE;
    }
    if (!load_directory(job, options->directory))
        return EXIT_FAILED;
    if (job->now < job->to)
        job->now = job->to;
    for (size_t i = 0; i < job->run_count; i++)
        job->runs[i].simulation =
            simulation_create(job->runs[i].config, job->directory, job->from, job->to);
    return simulate_read(job, &error) ? tell(job) : tell_failure(&error);
}

static bool load_run(struct simulate_job *job, const char *path)
{
    struct context context = *job->context;
    struct simulate_run *run = &job->runs[job->run_count++];
    context.config = run->path = path;
    run->config = open_config(&context);
    return run->config != NULL;
}

static void finish(struct simulate_job *job)
{
    for (size_t i = 0; i < job->run_count; i++) {
        simulation_destroy(job->runs[i].simulation);
        failures_finish(&job->runs[i].failures);
        config_destroy(job->runs[i].config);
    }
    simulation_changes_finish(&job->changes);
    failures_finish(&job->bad_rows);
    directory_destroy(job->directory);
}

static int run(struct context *context, int argc, char **argv)
{
    struct simulate_options options = {0};
    const struct text_option texts[] = {{"from", &options.from},
                                        {"to", &options.to},
                                        {"against", &options.against},
                                        {"directory", &options.directory},
                                        {"top", &options.top}};
    int first;
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), usage, &first))
        return EXIT_USAGE;
    if (first < argc || options.from == NULL || options.to == NULL)
        return tell_usage(context, usage);
    struct simulate_job job = {.context = context};
    int status = EXIT_FAILED;
    if (load_run(&job, context->config) && (!options.against || load_run(&job, options.against)))
        status = simulate(&job, &options);
    finish(&job);
    return status;
}

const struct command simulate_command = {
    .name = "simulate",
    .usage = "推演：用历史办件重算一段时间，不发送 / replays a period without sending",
    .run = run,
};
