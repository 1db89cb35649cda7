/* The slow reconcile.
 *
 * Two passes follow each other without end. The first walks through the source's open cases and
 * finds those that the watermark missed. The second walks through duban's open clocks and its
 * set-aside rows and finds those that changed without a new updated_at, were mended, or vanished.
 * A chunk at a time, with a pause: the cost is small and constant.
 */
#include "reconcile.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <string.h>

#define CHUNK        500
#define RETRY_US     US_PER_S
#define PASS_WAIT_US (60 * US_PER_S) /* between passes, at least */

static void set_text(char **text, const char *value)
{
    char *copy = mem_text(value);
    free(*text);
    *text = copy;
}

static void forget_cases(struct reconcile *reconcile)
{
    for (size_t i = 0; i < reconcile->case_count; i++)
        free(reconcile->cases[i]);
    free(reconcile->cases);
    reconcile->cases = NULL;
    reconcile->case_count = 0;
}

static void end_turn(struct reconcile *reconcile, span_us delay_us)
{
    forget_cases(reconcile);
    intake_page_clear(&reconcile->page);
    shared_config_drop(reconcile->config);
    reconcile->config = NULL;
    stage_done(&reconcile->stage, delay_us);
}

/* --- write, and on to the next chunk --- */

static void writes_end(struct reconcile *reconcile)
{
    if (--reconcile->writes > 0)
        return;
    if (reconcile->failed) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    span_us pause = reconcile->config->config->source.reconcile_pause_us;
    if (reconcile->changed > 0) {
        log_line(LOG_LEVEL_INFO, "reconcile", "found changes that intake had not seen",
                 log_int("changes", reconcile->changed));
        stage_wake(reconcile->context->escalator);
    }
    set_text(&reconcile->after, reconcile->last);
    if (reconcile->chunk_is_last) {
        reconcile->pass = reconcile->pass == RECONCILE_SOURCE ? RECONCILE_STATE : RECONCILE_SOURCE;
        set_text(&reconcile->after, "");
        if (reconcile->pass == RECONCILE_SOURCE && pause < PASS_WAIT_US)
            pause = pause * 30 < PASS_WAIT_US ? pause * 30 : PASS_WAIT_US;
    }
    end_turn(reconcile, pause);
}

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reconcile *reconcile = owner;
    if (context_failed("reconcile", "chunk not written", failure)) {
        reconcile->failed = true;
    } else {
        reconcile->changed += pg_int(result, 0, 0);
        intake_page_count(reconcile->context, result);
        if (irregular_told(result))
            stage_wake(reconcile->context->composer);
    }
    writes_end(reconcile);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Cases of the chunk that the source doesn't know any more. `result` is its answer. */
static void send_vanished(struct reconcile *reconcile, const PGresult *result)
{
    AUTO_FREE bool *known = mem_zero(reconcile->case_count, sizeof *known);
    for (int row = 0; row < PQntuples(result); row++) {
        const char *case_no = pg_text(result, row, 0);
        char **found = bsearch(&case_no, reconcile->cases, reconcile->case_count,
                               sizeof *reconcile->cases, by_text);
        if (found)
            known[found - reconcile->cases] = true;
    }
    struct pg_params *params = pg_params_create();
    bool any = false;
    pg_param_instant(params, reconcile->now);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < reconcile->case_count; i++) {
        if (known[i])
            continue;
        pg_array_text(params, reconcile->cases[i]);
        any = true;
    }
    pg_array_end(params);
    if (any) {
        reconcile->writes++;
        irregular_send_vanished(reconcile->config->config, reconcile->now, params,
                                reconcile->context->lead, on_written, reconcile);
    }
    pg_params_destroy(params);
}

static void on_facts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reconcile *reconcile = owner;
    if (context_failed("reconcile", "source not read", failure)) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    const struct config *config = reconcile->config->config;
    int rows = PQntuples(result);
    for (int row = 0; row < rows; row++) {
        struct facts facts;
        if (intake_page_decode(&reconcile->page, config, result, row, reconcile->now, &facts))
            intake_page_add(&reconcile->page, config, &facts, reconcile->now);
        if (reconcile->pass == RECONCILE_SOURCE && row == rows - 1)
            set_text(&reconcile->last, facts.case_no);
    }
    if (reconcile->pass == RECONCILE_SOURCE)
        reconcile->chunk_is_last = rows < CHUNK;
    reconcile->writes = 1;
    reconcile->failed = false;
    reconcile->changed = 0;
    if (reconcile->pass == RECONCILE_STATE)
        send_vanished(reconcile, result);
    if (!intake_page_is_empty(&reconcile->page)) {
        const struct page_write write = {
            .now = reconcile->now,
            .tell_after = context_tell_after(reconcile->context, config, reconcile->now)};
        reconcile->writes++;
        intake_page_send(&reconcile->page, &write, reconcile->context->lead, on_written, reconcile);
    }
    writes_end(reconcile);
}

/* --- the source's open cases --- */

static void ask_source(struct reconcile *reconcile)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, reconcile->after);
    pg_param_int(params, CHUNK);
    pg_query(reconcile->context->source, reconcile->context->source_sql.open_after, params,
             on_facts, reconcile);
    pg_params_destroy(params);
}

/* --- our own open clocks --- */

static void take_cases(struct reconcile *reconcile, const PGresult *result)
{
    int rows = PQntuples(result);
    reconcile->case_count = (size_t)rows;
    reconcile->cases = mem_zero((size_t)rows, sizeof *reconcile->cases);
    for (int row = 0; row < rows; row++)
        reconcile->cases[row] = mem_text(pg_text(result, row, 0));
    if (rows > 0)
        set_text(&reconcile->last, reconcile->cases[rows - 1]);
    qsort(reconcile->cases, reconcile->case_count, sizeof *reconcile->cases, by_text);
    reconcile->chunk_is_last = rows < CHUNK;
}

static void on_cases(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reconcile *reconcile = owner;
    if (context_failed("reconcile", "clocks not read", failure)) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    take_cases(reconcile, result);
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < reconcile->case_count; i++)
        pg_array_text(params, reconcile->cases[i]);
    pg_array_end(params);
    pg_query(reconcile->context->source, reconcile->context->source_sql.cases, params, on_facts,
             reconcile);
    pg_params_destroy(params);
}

static void ask_state(struct reconcile *reconcile)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, reconcile->after);
    pg_param_int(params, CHUNK);
    pg_query(reconcile->context->lead, "SELECT * FROM duban.reconcile_page($1, $2)", params,
             on_cases, reconcile);
    pg_params_destroy(params);
}

/* --- the turn --- */

static void on_now(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reconcile *reconcile = owner;
    if (context_failed("reconcile", "time not read", failure)) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    reconcile->now = pg_instant(result, 0, 0);
    if (reconcile->pass == RECONCILE_SOURCE)
        ask_source(reconcile);
    else
        ask_state(reconcile);
}

static void begin_turn(struct stage *stage)
{
    struct reconcile *reconcile = (struct reconcile *)(void *)stage;
    reconcile->config = context_config(reconcile->context);
    if (!context_has_source(reconcile->context)) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    set_text(&reconcile->last, reconcile->after);
    if (!reconcile->context->first_contact_done || reconcile->context->rules != RULES_FOLLOWED) {
        end_turn(reconcile, RETRY_US);
        return;
    }
    pg_query(reconcile->context->lead, "SELECT duban.now()", NULL, on_now, reconcile);
}

void reconcile_init(struct reconcile *reconcile, struct context *context)
{
    *reconcile =
        (struct reconcile){.context = context, .after = mem_text(""), .last = mem_text("")};
    reconcile->page.secret = context->secret;
    stage_init(&reconcile->stage, context->loop, "reconcile", begin_turn);
    context->reconcile = &reconcile->stage;
}

void reconcile_finish(struct reconcile *reconcile)
{
    stage_disable(&reconcile->stage);
    forget_cases(reconcile);
    intake_page_finish(&reconcile->page);
    free(reconcile->after);
    free(reconcile->last);
    shared_config_drop(reconcile->config);
}
