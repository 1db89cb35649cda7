/* The pass over all open cases after a change of rules.
 *
 * A turn looks whether the rules of the configuration are those in force; while they aren't, each
 * turn reads a chunk of the source's open cases, computes their clocks, writes them by intake's own
 * way, and then how far it came: so a crash, or another leader, goes on where it was. Alerts come
 * first: a chunk waits until neither the escalator nor the composer is in the middle of a turn, so
 * either waits for one chunk at most.
 *
 * What is due or changes meanwhile doesn't wait for the pass: whoever meets a clock of the former
 * rules hands it to intake's write.
 */
#include "recompute.h"

#include "calendar_alarm.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <string.h>

#define RETRY_US     US_PER_S
#define YIELD_US     (2 * US_PER_MS)
#define FORMER_US    (20 * US_PER_MS)
#define LOOK_US      (60 * US_PER_S) /* nothing to do */
#define APPROVAL_US  (5 * US_PER_S)  /* until it is approved */
#define NOTED_EACH_S 10.

static void set_text(char **text, const char *value)
{
    char *copy = mem_text(value);
    free(*text);
    *text = copy;
}

static void end_turn(struct recompute *recompute, span_us delay_us)
{
    intake_page_clear(&recompute->page);
    shared_config_drop(recompute->config);
    recompute->config = NULL;
    stage_done(&recompute->stage, delay_us);
}

/* What was written is not known: the database is asked again. */
static void fail(struct recompute *recompute)
{
    recompute->under_way = false;
    end_turn(recompute, RETRY_US);
}

static void note(struct recompute *recompute, const char *what)
{
    recompute->noted = steady_s();
    log_line(LOG_LEVEL_INFO, "recompute", what, log_text("rules", recompute->version),
             log_int("cases", recompute->cases), log_int("clocks", recompute->clocks),
             log_int("seconds", (int64_t)(recompute->noted - recompute->begun)));
}

/* --- the end of a chunk --- */

static void on_end_told(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    (void)result;
    if (!context_failed("recompute", "calendar's end not recorded", failure))
        stage_wake(recompute->context->composer);
    end_turn(recompute, 0);
}

/* The chunk is done. Deadlines beyond a calendar are said once a pass. */
static void finish_chunk(struct recompute *recompute)
{
    const struct config_calendar *ended = recompute->page.ended;
    if (ended == NULL || recompute->told_end) {
        end_turn(recompute, 0);
        return;
    }
    recompute->told_end = true;
    calendar_alarm(recompute->context, recompute->config->config, recompute->now, "beyond_calendar",
                   ended, on_end_told, recompute);
}

static void on_stepped(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    if (context_failed("recompute", "progress not written", failure) || !pg_bool(result, 0, 0)) {
        fail(recompute);
        return;
    }
    set_text(&recompute->after, recompute->last);
    if (recompute->chunk_is_last) {
        note(recompute, "all clocks follow the rules");
        recompute->under_way = false;
    } else if (steady_s() - recompute->noted >= NOTED_EACH_S) {
        note(recompute, "under way");
    }
    finish_chunk(recompute);
}

static void step_on(struct recompute *recompute, int64_t clocks)
{
    struct pg_params *params = pg_params_create();
    recompute->cases += recompute->rows;
    recompute->clocks += clocks;
    pg_param_text(params, recompute->version);
    pg_param_text(params, recompute->after);
    pg_param_text(params, recompute->last);
    pg_param_int(params, recompute->rows);
    pg_param_int(params, clocks);
    pg_param_bool(params, recompute->chunk_is_last);
    pg_query(recompute->context->lead, "SELECT duban.recompute_step($1, $2, $3, $4, $5, $6)",
             params, on_stepped, recompute);
    pg_params_destroy(params);
}

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    if (context_failed("recompute", "chunk not written", failure)) {
        fail(recompute);
        return;
    }
    int64_t clocks = pg_int(result, 0, 0);
    intake_page_count(recompute->context, result);
    if (clocks > 0)
        stage_wake(recompute->context->escalator);
    if (irregular_told(result))
        stage_wake(recompute->context->composer);
    step_on(recompute, clocks);
}

/* --- a chunk --- */

static void on_facts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    const struct config *config = recompute->config->config;
    if (context_failed("recompute", "source not read", failure)) {
        end_turn(recompute, RETRY_US);
        return;
    }
    int rows = PQntuples(result);
    recompute->rows = rows;
    recompute->chunk_is_last = rows < config->source.batch;
    for (int row = 0; row < rows; row++) {
        struct facts facts;
        if (intake_page_decode(&recompute->page, config, result, row, recompute->now, &facts))
            intake_page_add(&recompute->page, config, &facts, recompute->now);
        if (row == rows - 1)
            set_text(&recompute->last, facts.case_no);
    }
    if (rows == 0) {
        step_on(recompute, 0);
        return;
    }
    const struct page_write write = {
        .now = recompute->now,
        .tell_after = context_tell_after(recompute->context, config, recompute->now)};
    intake_page_send(&recompute->page, &write, recompute->context->lead, on_written, recompute);
}

static void on_now(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    if (context_failed("recompute", "time not read", failure)) {
        end_turn(recompute, RETRY_US);
        return;
    }
    recompute->now = pg_instant(result, 0, 0);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, recompute->after);
    pg_param_int(params, recompute->config->config->source.batch);
    pg_query(recompute->context->source, recompute->context->source_sql.open_after, params,
             on_facts, recompute);
    pg_params_destroy(params);
}

/* --- whether a pass is needed --- */

static void begin_pass(struct recompute *recompute, const PGresult *result)
{
    const struct config *config = recompute->config->config;
    memcpy(recompute->version, config->rules_version, sizeof recompute->version);
    set_text(&recompute->after, pg_text(result, 0, 5));
    set_text(&recompute->last, recompute->after);
    recompute->cases = pg_int(result, 0, 6);
    recompute->clocks = pg_int(result, 0, 7);
    recompute->begun = recompute->noted = steady_s();
    recompute->told_end = false;
    recompute->under_way = true;
    log_line(LOG_LEVEL_INFO, "recompute",
             pg_bool(result, 0, 3) ? "the rules have changed: computing all clocks anew"
                                   : "going on with computing all clocks anew",
             log_text("rules", recompute->version), log_text("former", pg_text(result, 0, 4)),
             log_text("after", recompute->after));
}

/* Alerts go on by the rules that the daemon has; all that waits is the pass. */
static void warn_unapproved(struct recompute *recompute)
{
    struct context *context = recompute->context;
    if (context->rules != RULES_UNAPPROVED)
        log_line(LOG_LEVEL_WARNING, "recompute",
                 "the rules aren't approved: clocks that nothing happens to keep their dates until "
                 "'dubanctl plan --by NAME' approves them",
                 log_text("rules", recompute->config->config->rules_version));
    context->rules = RULES_UNAPPROVED;
    stage_wake(context->alarm_watch);
}

static void on_begun(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct recompute *recompute = owner;
    if (context_failed("recompute", "rules in force not read", failure)) {
        end_turn(recompute, RETRY_US);
        return;
    }
    bool needed = pg_bool(result, 0, 1), approved = pg_bool(result, 0, 2);
    if (needed && !approved) {
        warn_unapproved(recompute);
        end_turn(recompute, APPROVAL_US);
        return;
    }
    recompute->context->rules = RULES_FOLLOWED;
    if (needed)
        begin_pass(recompute, result);
    end_turn(recompute, needed ? 0 : LOOK_US);
}

static void look(struct recompute *recompute)
{
    const struct config *config = recompute->config->config;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, config->rules_version);
    pg_param_bool(params, config->daemon.rules_need_plan);
    pg_query(recompute->context->lead, "SELECT * FROM duban.recompute_begin($1, $2)", params,
             on_begun, recompute);
    pg_params_destroy(params);
}

/* --- the turn --- */

/* Whether a turn that began before the reload may yet write by the rules of then. */
static bool is_former_in_use(const struct recompute *recompute)
{
    const struct context *context = recompute->context;
    const struct stage *const writers[] = {context->intake, context->reconcile, context->escalator,
                                           context->composer, context->selftest};
    for (size_t i = 0; i < COUNT_OF(writers); i++)
        if (writers[i]->busy && writers[i]->since <= recompute->reloaded)
            return true;
    return false;
}

static bool is_alerting(const struct context *context)
{
    return context->escalator->busy || context->composer->busy;
}

static void begin_turn(struct stage *stage)
{
    struct recompute *recompute = (struct recompute *)(void *)stage;
    struct context *context = recompute->context;
    recompute->config = context_config(context);
    if (is_former_in_use(recompute)) {
        end_turn(recompute, FORMER_US);
    } else if (!recompute->under_way ||
               strcmp(recompute->version, recompute->config->config->rules_version) != 0) {
        recompute->under_way = false;
        look(recompute);
    } else if (!context_has_source(context) || !context->first_contact_done) {
        end_turn(recompute, RETRY_US);
    } else if (is_alerting(context)) {
        end_turn(recompute, YIELD_US);
    } else {
        pg_query(context->lead, "SELECT duban.now()", NULL, on_now, recompute);
    }
}

void recompute_init(struct recompute *recompute, struct context *context)
{
    *recompute =
        (struct recompute){.context = context, .after = mem_text(""), .last = mem_text("")};
    recompute->page.secret = context->secret;
    stage_init(&recompute->stage, context->loop, "recompute", begin_turn);
    context->recompute = &recompute->stage;
}

void recompute_finish(struct recompute *recompute)
{
    stage_disable(&recompute->stage);
    intake_page_finish(&recompute->page);
    free(recompute->after);
    free(recompute->last);
    shared_config_drop(recompute->config);
}

void recompute_restart(struct recompute *recompute)
{
    recompute->reloaded = steady_s();
    recompute->context->rules = RULES_UNKNOWN;
    stage_wake(&recompute->stage);
}
