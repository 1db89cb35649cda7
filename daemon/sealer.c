/* Seals of the ledger.
 *
 * A turn is one statement over a batch. While transactions that write events are under way it only
 * notes them, and the next turn sees whether they have ended. The log gets every seal's hash: it is
 * a place that whoever rewrites the database doesn't reach. */
#include "sealer.h"

#include "duban/log.h"
#include "duban/mem.h"

#define RETRY_US   US_PER_S
#define BATCH      2000
#define POLLS_EACH 15 /* between seals: 30 s with the default poll */

static void end_turn(struct sealer *sealer, const char *mark, span_us delay_us)
{
    char *kept = mem_text(mark); /* may be that of the sealer itself */
    free(sealer->mark);
    sealer->mark = kept;
    stage_done(&sealer->stage, delay_us);
}

static void on_sealed(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct sealer *sealer = owner;
    span_us poll_us = sealer->context->config->config->daemon.poll_us;
    if (context_failed("sealer", "the ledger is not sealed", failure)) {
        end_turn(sealer, "", RETRY_US);
        return;
    }
    const char *mark = pg_text(result, 0, 0);
    bool behind = pg_bool(result, 0, 5);
    if (pg_int(result, 0, 2) > 0)
        log_line(LOG_LEVEL_INFO, "sealer", "sealed", log_int("seal", pg_int(result, 0, 1)),
                 log_int("events", pg_int(result, 0, 2)), log_int("up_to", pg_int(result, 0, 3)),
                 log_text("hash", pg_text(result, 0, 4)));
    end_turn(sealer, mark, behind ? 0 : mark[0] ? poll_us : POLLS_EACH * poll_us);
}

static void begin_turn(struct stage *stage)
{
    struct sealer *sealer = (struct sealer *)(void *)stage;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, sealer->mark);
    pg_param_int(params, BATCH);
    pg_query(sealer->context->lead,
             "SELECT mark, number, events, up_to, hash, behind"
             " FROM duban.ledger_seal($1, $2::int)",
             params, on_sealed, sealer);
    pg_params_destroy(params);
}

void sealer_init(struct sealer *sealer, struct context *context)
{
    *sealer = (struct sealer){.context = context, .mark = mem_text("")};
    stage_init(&sealer->stage, context->loop, "sealer", begin_turn);
    context->sealer = &sealer->stage;
}

void sealer_finish(struct sealer *sealer)
{
    stage_disable(&sealer->stage);
    free(sealer->mark);
}
