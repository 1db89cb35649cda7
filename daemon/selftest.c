/* The stage of the self-test.
 *
 * A turn looks how the run under way is doing (duban.selftest_look, which also begins and ends
 * runs, so that a new leader goes on where the old one was). A case that isn't taken in yet is
 * asked for like any other and handed to intake's write; from there on the other stages do to it
 * what they do to all.
 */
#include "selftest.h"

#include "duban/log.h"
#include "duban/mem.h"

#define RETRY_US     US_PER_S
#define POLLS_A_LOOK 10 /* of daemon.poll, while no run is under way */

static void end_turn(struct selftest *selftest, span_us delay_us)
{
    intake_page_clear(&selftest->page);
    free(selftest->case_no);
    selftest->case_no = NULL;
    shared_config_drop(selftest->config);
    selftest->config = NULL;
    stage_done(&selftest->stage, delay_us);
}

/* --- taking in --- */

static void on_taken_in(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct selftest *selftest = owner;
    (void)result;
    if (context_failed("selftest", "its case is not taken in", failure)) {
        end_turn(selftest, RETRY_US);
        return;
    }
    stage_wake(selftest->context->escalator);
    end_turn(selftest, selftest->config->config->daemon.poll_us);
}

static void on_facts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct selftest *selftest = owner;
    const struct config *config = selftest->config->config;
    if (context_failed("selftest", "its case is not read", failure)) {
        end_turn(selftest, RETRY_US);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        struct facts facts;
        if (intake_page_decode(&selftest->page, config, result, row, selftest->now, &facts))
            intake_page_add(&selftest->page, config, &facts, selftest->now);
    }
    const struct page_write write = {
        .now = selftest->now,
        .tell_after = context_tell_after(selftest->context, config, selftest->now)};
    intake_page_send(&selftest->page, &write, selftest->context->lead, on_taken_in, selftest);
}

static void ask_facts(struct selftest *selftest)
{
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, selftest->case_no);
    pg_array_end(params);
    pg_query(selftest->context->source, selftest->context->source_sql.cases, params, on_facts,
             selftest);
    pg_params_destroy(params);
}

/* --- the look --- */

static void tell_end(struct selftest *selftest, const PGresult *result)
{
    const char *stage = pg_text(result, 0, 6);
    if (stage[0] == '\0')
        log_line(LOG_LEVEL_INFO, "selftest", "came through",
                 log_text("case", pg_text(result, 0, 5)), log_int("took_ms", pg_int(result, 0, 8)));
    else
        log_line(LOG_LEVEL_ERROR, "selftest", "failed", log_text("case", pg_text(result, 0, 5)),
                 log_text("stage", stage), log_text("detail", pg_text(result, 0, 7)));
    stage_wake(selftest->context->alarm_watch);
}

static span_us pause_us(const struct selftest *selftest, wall_us next_at)
{
    span_us poll = selftest->config->config->daemon.poll_us, pause = next_at - selftest->now;
    return pause < poll ? poll : pause < POLLS_A_LOOK * poll ? pause : POLLS_A_LOOK * poll;
}

static void on_looked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct selftest *selftest = owner;
    if (context_failed("selftest", "not looked", failure)) {
        end_turn(selftest, RETRY_US);
        return;
    }
    selftest->now = pg_instant(result, 0, 0);
    if (pg_bool(result, 0, 4))
        tell_end(selftest, result);
    bool under_way = !PQgetisnull(result, 0, 1), taken_in = pg_bool(result, 0, 2);
    if (under_way && !taken_in && context_has_source(selftest->context)) {
        selftest->case_no = mem_text(pg_text(result, 0, 1));
        ask_facts(selftest);
        return;
    }
    end_turn(selftest, pause_us(selftest, pg_instant(result, 0, 3)));
}

static void begin_turn(struct stage *stage)
{
    struct selftest *selftest = (struct selftest *)(void *)stage;
    selftest->config = context_config(selftest->context);
    const struct config_selftest *config = &selftest->config->config->selftest;
    if (config->recipient == NULL || !selftest->context->first_contact_done) {
        end_turn(selftest, RETRY_US);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, config->recipient);
    pg_param_text(params, config->channel->name);
    pg_param_int(params, config->interval_us);
    pg_param_int(params, config->within_us);
    pg_query(selftest->context->lead, "SELECT * FROM duban.selftest_look($1, $2, $3, $4)", params,
             on_looked, selftest);
    pg_params_destroy(params);
}

void selftest_init(struct selftest *selftest, struct context *context)
{
    *selftest = (struct selftest){.context = context};
    stage_init(&selftest->stage, context->loop, "selftest", begin_turn);
    context->selftest = &selftest->stage;
}

void selftest_finish(struct selftest *selftest)
{
    stage_disable(&selftest->stage);
    intake_page_finish(&selftest->page);
    free(selftest->case_no);
    shared_config_drop(selftest->config);
}
