/* Facts → clocks, a page at a time. */
#include "intake_page.h"

#include "context.h"
#include "metrics_table.h"

#include "duban/case_clock.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/source.h"

#include <string.h>

static void *next_item(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    return mem_grow(items, *capacity, size);
}

void intake_page_clear(struct intake_page *page)
{
    for (size_t i = 0; i < page->bad_count; i++)
        free(page->bad[i].reason);
    page->clock_count = page->bad_count = page->good_count = 0;
    page->ended = NULL;
    page->config = NULL;
    free(page->replayed); /* as many as that configuration has clocks */
    page->replayed = NULL;
    irregular_page_clear(&page->irregular);
}

void intake_page_finish(struct intake_page *page)
{
    intake_page_clear(page);
    free(page->clocks);
    free(page->bad);
    free(page->good);
    irregular_page_finish(&page->irregular);
    *page = (struct intake_page){0};
}

bool intake_page_is_empty(const struct intake_page *page)
{
    return page->clock_count == 0 && page->bad_count == 0 && page->good_count == 0;
}

void intake_page_add_bad(struct intake_page *page, const char *case_no, const char *reason)
{
    page->bad = next_item(page->bad, page->bad_count, &page->bad_capacity, sizeof *page->bad);
    page->bad[page->bad_count++] = (struct page_bad_row){case_no, mem_text(reason)};
}

static void add_clock(struct intake_page *page, const struct config_clock *config,
                      const struct case_clock *clock, const struct facts *facts)
{
    size_t rank = clock->state.rank;
    page->clocks =
        next_item(page->clocks, page->clock_count, &page->clock_capacity, sizeof *page->clocks);
    page->clocks[page->clock_count++] = (struct page_clock){
        .case_no = facts->case_no,
        .clock = config->name,
        .state = clock_condition_word(clock->condition),
        .level = case_clock_level(clock, rank),
        .calendar_version = calendar_version(clock->rule.calendar),
        .policy = clock->rule.policy->name,
        .rule_version = clock->terms->version,
        .item_code = facts->item_code,
        .window_code = facts->window_code,
        .department_code = facts->department_code,
        .parent_case_no = facts->parent_case_no,
        .rank = (int64_t)rank,
        .severity = case_clock_severity(clock, rank),
        .due_at = clock->state.due_at,
        .next_at = clock->state.next_at,
        .stopped_at = clock->stopped_at,
        .reached_at = rank ? clock->state.reached_at[rank - 1] : clock->started_at,
        .hash = clock->hash,
        .basis_hash = clock->basis_hash,
        .limit_hash = clock->limit_hash,
    };
}

static const struct config_calendar *calendar_of(const struct config *config,
                                                 const struct calendar *calendar)
{
    for (size_t i = 0; i < config->calendar_count; i++)
        if (config->calendars[i].calendar == calendar)
            return &config->calendars[i];
    return NULL;
}

/* False when the case can't be worked with. */
static bool replay(struct intake_page *page, const struct config *config, const struct facts *facts,
                   wall_us now)
{
    for (size_t i = 0; i < config->clock_count; i++) {
        struct case_clock *clock = &page->replayed[i];
        struct error error;
        if (case_clock_replay(&config->clocks[i], facts, now, clock, &error))
            continue;
        if (clock->beyond_calendar)
            page->ended = calendar_of(config, clock->rule.calendar);
        intake_page_add_bad(page, facts->case_no, error.text);
        return false;
    }
    return true;
}

void intake_page_add(struct intake_page *page, const struct config *config,
                     const struct facts *facts, wall_us now)
{
    page->config = config;
    if (page->replayed == NULL)
        page->replayed = mem_zero(config->clock_count, sizeof *page->replayed);
    if (!replay(page, config, facts, now)) /* all clocks of a case, or none */
        return;
    for (size_t i = 0; i < config->clock_count; i++)
        if (page->replayed[i].condition != CLOCK_ABSENT)
            add_clock(page, &config->clocks[i], &page->replayed[i], facts);
    irregular_page_add(&page->irregular, config, page->secret, facts, page->replayed, now);
    page->good = next_item(page->good, page->good_count, &page->good_capacity, sizeof *page->good);
    page->good[page->good_count++] = (struct page_facts){
        .case_no = facts->case_no,
        .item_code = facts->item_code,
        .item_name = facts->item_name,
        .kind = facts->kind,
        .stage = facts->stage,
        .status = case_status_word(facts->status),
        .project_class = facts->project_class,
        .parent = facts->parent_case_no,
        .received_at = facts->at[MILESTONE_RECEIVED],
        .accepted_at = facts->at[MILESTONE_ACCEPTED],
    };
}

bool intake_page_decode(struct intake_page *page, const struct config *config,
                        const PGresult *result, int row, wall_us now, struct facts *facts)
{
    struct error error;
    if (source_row(result, row, facts, &error) &&
        facts_check(facts, now, config->source.skew_us, &error))
        return true;
    intake_page_add_bad(page, facts->case_no, error.text);
    return false;
}

/* One array parameter from one field of every clock. */
static void add_texts(struct pg_params *params, const struct intake_page *page, size_t offset)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < page->clock_count; i++)
        pg_array_text(params, *(const char *const *)((const char *)&page->clocks[i] + offset));
    pg_array_end(params);
}

static void add_instants(struct pg_params *params, const struct intake_page *page, size_t offset)
{
    pg_array_begin(params, PG_TIMESTAMPTZ);
    for (size_t i = 0; i < page->clock_count; i++)
        pg_array_instant(params, *(const wall_us *)((const char *)&page->clocks[i] + offset));
    pg_array_end(params);
}

static void add_ints(struct pg_params *params, const struct intake_page *page, size_t offset)
{
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < page->clock_count; i++)
        pg_array_int(params, *(const int64_t *)((const char *)&page->clocks[i] + offset));
    pg_array_end(params);
}

static void add_clocks(struct pg_params *params, const struct intake_page *page)
{
    add_texts(params, page, offsetof(struct page_clock, case_no));
    add_texts(params, page, offsetof(struct page_clock, clock));
    add_texts(params, page, offsetof(struct page_clock, state));
    add_ints(params, page, offsetof(struct page_clock, rank));
    add_texts(params, page, offsetof(struct page_clock, level));
    add_ints(params, page, offsetof(struct page_clock, severity));
    add_instants(params, page, offsetof(struct page_clock, due_at));
    add_instants(params, page, offsetof(struct page_clock, next_at));
    add_instants(params, page, offsetof(struct page_clock, stopped_at));
    add_instants(params, page, offsetof(struct page_clock, reached_at));
    add_texts(params, page, offsetof(struct page_clock, calendar_version));
    add_texts(params, page, offsetof(struct page_clock, policy));
    add_texts(params, page, offsetof(struct page_clock, rule_version));
    add_ints(params, page, offsetof(struct page_clock, hash));
    add_ints(params, page, offsetof(struct page_clock, basis_hash));
    add_ints(params, page, offsetof(struct page_clock, limit_hash));
    add_texts(params, page, offsetof(struct page_clock, item_code));
    add_texts(params, page, offsetof(struct page_clock, window_code));
    add_texts(params, page, offsetof(struct page_clock, department_code));
    add_texts(params, page, offsetof(struct page_clock, parent_case_no));
}

static void add_cases(struct pg_params *params, const struct intake_page *page)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < page->bad_count; i++)
        pg_array_text(params, page->bad[i].case_no);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < page->bad_count; i++)
        pg_array_text(params, page->bad[i].reason);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < page->good_count; i++)
        pg_array_text(params, page->good[i].case_no);
    pg_array_end(params);
}

/* --- what a board shows --- */

static void add_case_texts(struct pg_params *params, const struct intake_page *page, size_t offset)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < page->good_count; i++) {
        const char *text = *(const char *const *)((const char *)&page->good[i] + offset);
        pg_array_text(params, text ? text : "");
    }
    pg_array_end(params);
}

static void add_case_instants(struct pg_params *params, const struct intake_page *page,
                              size_t offset)
{
    pg_array_begin(params, PG_TIMESTAMPTZ);
    for (size_t i = 0; i < page->good_count; i++)
        pg_array_instant(params, *(const wall_us *)((const char *)&page->good[i] + offset));
    pg_array_end(params);
}

/* Clocks are not held up by it: what failed is written when the case is read again. */
static void on_cases(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)context, (void)result;
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "intake", "facts for the board not written",
                 log_text("error", failure->error.text));
}

static void send_cases(const struct intake_page *page, wall_us now, struct pg *pg)
{
    static const size_t texts[] = {
        offsetof(struct page_facts, case_no),       offsetof(struct page_facts, item_code),
        offsetof(struct page_facts, item_name),     offsetof(struct page_facts, kind),
        offsetof(struct page_facts, stage),         offsetof(struct page_facts, status),
        offsetof(struct page_facts, project_class), offsetof(struct page_facts, parent),
    };
    if (page->good_count == 0)
        return;
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, now);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        add_case_texts(params, page, texts[i]);
    add_case_instants(params, page, offsetof(struct page_facts, received_at));
    add_case_instants(params, page, offsetof(struct page_facts, accepted_at));
    pg_query(pg,
             "SELECT duban.open_case_write($1, interval '90 days', $2, $3, $4, $5, $6, $7, $8, $9,"
             " $10, $11)",
             params, on_cases, NULL);
    pg_params_destroy(params);
}

#define INTAKE_WRITE(now)                                                                          \
    "duban.intake_write(" now                                                                      \
    ", $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"                         \
    " $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)"

#define WRITE "SELECT * FROM " INTAKE_WRITE("$1")

/* One statement: what is irregular about a page is written with it, or neither is. It looks at the
 * clocks as they were before, so it comes first. */
#define WRITE_AND_LOOK                                                                             \
    "SELECT w.clocks_written, w.newly_bad, i.told FROM duban.irregularity_write($1, $3, $31, $32," \
    " $33, $34, $35, $36, $37, $38, $39, $40, $4, $5, $6, $10, $18, $19, $20, $21, $22, $41, $42," \
    " $43, $44, $45, $46, $47, $48, $49, $50::jsonb, $51, $52, $53, $54, $55::date) i"             \
    " CROSS JOIN LATERAL " INTAKE_WRITE("i.now") " w"

void intake_page_send(const struct intake_page *page, const struct page_write *write, struct pg *pg,
                      pg_done done, void *context)
{
    send_cases(page, write->now, pg);
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, write->now);
    pg_param_bool(params, write->baseline);
    pg_param_instant(params, write->tell_after);
    add_clocks(params, page);
    add_cases(params, page);
    pg_param_instant(params, write->moves_mark ? write->old_mark : WALL_NONE);
    pg_param_text(params, write->moves_mark ? write->old_mark_case : NULL);
    pg_param_instant(params, write->moves_mark ? write->new_mark : WALL_NONE);
    pg_param_text(params, write->moves_mark ? write->new_mark_case : NULL);
    bool looks = page->config && page->config->irregularities.any;
    if (looks) {
        irregular_page_add_findings(&page->irregular, params);
        irregular_page_add_rest(&page->irregular, page->config, write->now, params);
    }
    pg_query(pg, looks ? WRITE_AND_LOOK : WRITE, params, done, context);
    pg_params_destroy(params);
    for (size_t i = 0; i < page->bad_count; i++)
        log_line(LOG_LEVEL_DEBUG, "intake", "row set aside", log_text("case", page->bad[i].case_no),
                 log_text("reason", page->bad[i].reason));
}

void intake_page_count(const struct context *context, const PGresult *result)
{
    int written = PQfnumber(result, "clocks_written"), bad = PQfnumber(result, "newly_bad");
    if (written < 0 || bad < 0)
        return;
    context_count(context, METRIC_CLOCK_WRITES, pg_int(result, 0, written));
    context_count(context, METRIC_SOURCE_BAD_ROWS, pg_int(result, 0, bad));
}
