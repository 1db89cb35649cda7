/* The source's open cases side by side with the clocks that are stored. */
#include "plan.h"
#include "progress.h"
#include "source_stream.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

/* --- what is stored of a page --- */

struct page {
    PGresult *stored;
    int *order; /* its rows by case */
    int count;
};

static int by_case(const void *left, const void *right, void *stored)
{
    return strcmp(pg_text(stored, *(const int *)left, 0), pg_text(stored, *(const int *)right, 0));
}

static void page_finish(struct page *page)
{
    PQclear(page->stored);
    free(page->order);
}

static bool page_read(struct plan_job *job, const PGresult *cases, struct page *page,
                      struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (int row = 0; row < PQntuples(cases); row++)
        pg_array_text(params, pg_text(cases, row, 0));
    pg_array_end(params);
    *page = (struct page){0};
    page->stored = pg_block_query(job->state, "SELECT * FROM duban.plan_page($1)", params, error);
    pg_params_destroy(params);
    if (page->stored == NULL)
        return false;
    page->count = PQntuples(page->stored);
    page->order = mem_zero((size_t)page->count + 1, sizeof *page->order);
    for (int i = 0; i < page->count; i++)
        page->order[i] = i;
    qsort_r(page->order, (size_t)page->count, sizeof *page->order, by_case, page->stored);
    return true;
}

/* The first of the ordered rows that isn't before the case. */
static int page_find(const struct page *page, const char *case_no)
{
    int low = 0, high = page->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (strcmp(pg_text(page->stored, page->order[middle], 0), case_no) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum plan_state state_of(const char *word)
{
    static const char *const words[] = {
        [PLAN_RUNNING] = "running", [PLAN_SUSPENDED] = "suspended", [PLAN_STOPPED] = "stopped"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum plan_state)i;
    return PLAN_GONE;
}

static struct plan_clock clock_of(const PGresult *stored, int row)
{
    return (struct plan_clock){
        .clock = pg_text(stored, row, 1),
        .state = state_of(pg_text(stored, row, 2)),
        .level = pg_text(stored, row, 3),
        .due_at = pg_instant(stored, row, 4),
        .has_rules = pg_text(stored, row, 5)[0] != '\0',
        .basis_hash = pg_int(stored, row, 6),
        .settled = pg_bool(stored, row, 7),
        .told = pg_text(stored, row, 8),
    };
}

/* --- one case --- */

#define CLOCKS_MOST 64 /* of one case: those that are configured, and some that once were */

static void look_at(struct plan_job *job, const PGresult *cases, int row, const struct page *page)
{
    struct facts facts;
    struct error error;
    struct plan_clock stored[CLOCKS_MOST];
    size_t count = 0;
    bool was_bad = false, fine = source_row(cases, row, &facts, &error) &&
                                 facts_check(&facts, job->now, job->config->source.skew_us, &error);
    for (int i = page_find(page, facts.case_no); i < page->count; i++) {
        int at = page->order[i];
        if (strcmp(pg_text(page->stored, at, 0), facts.case_no) != 0)
            break;
        if (PQgetisnull(page->stored, at, 1))
            was_bad = true;
        else if (count < CLOCKS_MOST)
            stored[count++] = clock_of(page->stored, at);
    }
    if (fine)
        rules_plan_case(&job->plan, &facts, stored, count, was_bad);
    else
        rules_plan_bad(&job->plan, facts.case_no, error.text, was_bad);
}

/* --- all of them --- */

static bool read_cases(struct plan_job *job, struct source_stream *stream,
                       struct progress *progress, struct error *error)
{
    int rows = -1;
    while (rows != 0) {
        struct page page;
        PGresult *cases = source_stream_next(stream, error);
        if (cases == NULL)
            return error_prefix(error, "source");
        rows = PQntuples(cases);
        if (!page_read(job, cases, &page, error)) {
            PQclear(cases);
            return false;
        }
        for (int row = 0; row < rows; row++) {
            look_at(job, cases, row, &page);
            if (row % FEED_EACH == 0)
                source_stream_feed(stream);
        }
        page_finish(&page);
        PQclear(cases);
        progress_show(progress, job->plan.cases);
    }
    return true;
}

/* In the order of their numbers: then the clocks that are looked up stand side by side as well. */
static bool begin(struct source_stream *stream, const struct config *config, struct error *error)
{
    if (!source_stream_open(stream, config, "dubanctl plan", error))
        return error_prefix(error, "source");
    PGresult *set =
        pg_block_query(stream->pg, "SELECT set_config('enable_sort', 'off', true)", NULL, error);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, "");
    pg_param_int(params, INT64_MAX);
    bool fine = set && source_stream_read(stream, stream->sql.open_after, params, error);
    pg_params_destroy(params);
    PQclear(set);
    return fine || error_prefix(error, "source");
}

/* What the rules in force are. */
static bool read_head(struct plan_job *job, struct error *error)
{
    PGresult *head = pg_block_query(
        job->state,
        "SELECT duban.now(), i.rules_version, i.recompute_version, coalesce(i.initial_done, false)"
        " FROM (SELECT 1) one LEFT JOIN duban.intake i ON true",
        NULL, error);
    if (head == NULL)
        return error_prefix(error, "is this database migrated (dubanctl migrate)");
    bool known = pg_bool(head, 0, 3);
    job->now = pg_instant(head, 0, 0);
    snprintf(job->in_force, sizeof job->in_force, "%s", pg_text(head, 0, 1));
    snprintf(job->under_way, sizeof job->under_way, "%s", pg_text(head, 0, 2));
    PQclear(head);
    return known || error_set(error, "first contact isn't over: there are no clocks to compare");
}

/* What the directory calls the departments. */
static bool read_names(struct plan_job *job, struct error *error)
{
    const struct names *codes = &job->plan.departments;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < codes->count; i++)
        pg_array_text(params, codes->texts[i]);
    pg_array_end(params);
    PGresult *names = pg_block_query(
        job->state, "SELECT code, name FROM duban.recipient WHERE code = ANY ($1)", params, error);
    pg_params_destroy(params);
    if (names == NULL)
        return false;
    job->department_names = mem_zero(codes->count + 1, sizeof(char *));
    for (int row = 0; row < PQntuples(names); row++)
        job->department_names[names_find(codes, pg_text(names, row, 0))] =
            mem_text(pg_text(names, row, 1));
    PQclear(names);
    return true;
}

bool plan_read(struct plan_job *job, struct error *error)
{
    struct source_stream stream = {0};
    if (!read_head(job, error) || !plan_read_approval(job, error))
        return false;
    struct progress progress = progress_begin(job->context, "已比较", "compared");
    rules_plan_init(&job->plan, job->config, job->now);
    bool fine = begin(&stream, job->config, error) && read_cases(job, &stream, &progress, error);
    source_stream_close(&stream);
    job->seconds = progress_end(&progress);
    return fine && read_names(job, error);
}

bool plan_read_approval(struct plan_job *job, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, job->config->rules_version);
    PGresult *found = pg_block_query(
        job->state,
        "SELECT a.approved_at, a.author FROM duban.rules_approval a, duban.intake i"
        " WHERE a.version = $1 AND a.approved_at >= coalesce(i.rules_since, '-infinity')"
        " ORDER BY a.approved_at DESC LIMIT 1",
        params, error);
    pg_params_destroy(params);
    if (found == NULL)
        return false;
    job->approved_at = WALL_NONE;
    free(job->approved_by);
    job->approved_by = NULL;
    if (PQntuples(found) > 0) {
        job->approved_at = pg_instant(found, 0, 0);
        job->approved_by = mem_text(pg_text(found, 0, 1));
    }
    PQclear(found);
    return true;
}

bool plan_is_in_force(const struct plan_job *job)
{
    return job->under_way[0] == '\0' && strcmp(job->in_force, job->config->rules_version) == 0;
}
