/* The stage of enquiries: which messages → questions → answers → receipts → when to ask again.
 *
 * A turn that ends in the middle (connection lost, daemon killed) leaves its messages due: they are
 * asked for again, and a receipt that is written twice changes nothing. */
#include "enquiry.h"

#include "receipt_watch.h"

#include "duban/delivery.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/receipt_row.h"
#include "duban/steady.h"

#include <stdlib.h>

#define POLLS_A_TURN    10 /* of daemon.poll: ten seconds by default */
#define FULL_PAUSE_US   US_PER_S
#define COMPLAIN_EACH_S 600. /* that a provider refuses to answer */

static void end_turn(struct enquiry_stage *stage)
{
    bool full = stage->count == ENQUIRIES_MOST;
    span_us poll_us = stage->config->config->daemon.poll_us;
    for (size_t i = 0; i < stage->count; i++)
        free(stage->questions[i].public_id);
    stage->count = 0;
    shared_config_drop(stage->config);
    stage->config = NULL;
    stage_done(&stage->stage, full ? FULL_PAUSE_US : POLLS_A_TURN * poll_us);
}

/* --- when to ask again --- */

static void on_done(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)result;
    context_failed("enquiry", "asked, but not noted", failure);
    end_turn(owner);
}

static void note_done(struct enquiry_stage *stage)
{
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < stage->count; i++)
        pg_array_int(params, stage->questions[i].message);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < stage->count; i++)
        pg_array_int(params, stage->questions[i].next_us);
    pg_array_end(params);
    pg_query(stage->context->lead, "SELECT duban.enquiry_done($1, $2)", params, on_done, stage);
    pg_params_destroy(params);
}

/* The question has come to its end; `next_us` as in the struct. */
static void settle(struct question *question, span_us next_us)
{
    question->next_us = next_us;
    if (--question->stage->open == 0)
        note_done(question->stage);
}

/* --- answers --- */

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct question *question = owner;
    if (!context_failed("enquiry", "an answer not written", failure)) {
        receipt_watch_log(result, 5, 6);
        if (pg_int(result, 0, 7) > 0)
            stage_wake(question->stage->context->composer);
    }
    settle(question, failure ? enquiry_pause(0) : -1);
}

static void write_answer(struct question *question, const struct receipt_list *list)
{
    struct context *context = question->stage->context;
    AUTO_FREE struct receipt_row *rows = mem_zero(list->count, sizeof *rows);
    struct pg_params *params = pg_params_create();
    for (size_t i = 0; i < list->count; i++)
        rows[i] = (struct receipt_row){question->channel->name, &list->items[i]};
    receipt_rows_add(rows, list->count, params);
    config_add_fallbacks(context->config->config, false, params);
    pg_query(context->work, "SELECT * FROM duban.receipt_write($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             params, on_written, question);
    pg_params_destroy(params);
}

static void log_told(const struct question *question, const struct receipt_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        log_line(LOG_LEVEL_INFO, "enquiry", "the provider knows the message",
                 log_text("message", question->public_id),
                 log_text("channel", question->channel->name),
                 log_text("status", receipt_status_word(list->items[i].status)),
                 log_text("code", list->items[i].code));
}

/* A refusal is the same for every message: it is told once in a while. */
static void log_failed(const struct question *question, const struct enquiry_answer *answer)
{
    struct enquiry_stage *stage = question->stage;
    bool refused = answer->result == ENQUIRY_REFUSED;
    double now = steady_s();
    if (refused && stage->complained_at > 0 && now - stage->complained_at < COMPLAIN_EACH_S)
        return;
    if (refused)
        stage->complained_at = now;
    log_line(refused ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "enquiry",
             refused ? "refused: the channel's key may not ask" : "no answer",
             log_text("message", question->public_id), log_text("channel", question->channel->name),
             log_text("reason", answer->detail));
}

static void on_reply(void *owner, const struct http_reply *reply)
{
    struct question *question = owner;
    struct enquiry_answer answer;
    question->channel->type->enquiry->read(question->channel, reply, &question->asked, &answer);
    if (answer.result == ENQUIRY_TOLD) {
        log_told(question, &answer.list);
        write_answer(question, &answer.list);
        receipt_list_finish(&answer.list);
        return;
    }
    if (answer.result != ENQUIRY_NOTHING)
        log_failed(question, &answer);
    settle(question, enquiry_pause(question->asked.number));
}

/* --- questions --- */

/* False when it can't be asked at all. */
static bool ask(struct question *question)
{
    struct context *context = question->stage->context;
    struct http_request request;
    struct error error;
    if (!question->channel->type->enquiry->request(question->channel, &question->asked,
                                                   context_now(context), &request, &error)) {
        log_line(LOG_LEVEL_WARNING, "enquiry", "can't be asked for",
                 log_text("message", question->public_id), log_text("reason", error.text));
        return false;
    }
    http_send(context->http, &request, question->channel->timeout_us, on_reply, question);
    http_request_finish(&request);
    return true;
}

static void on_due(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct enquiry_stage *stage = owner;
    if (context_failed("enquiry", "not looked for messages to ask for", failure) ||
        PQntuples(result) == 0 || stage->context->stopping) {
        end_turn(stage);
        return;
    }
    stage->count = (size_t)PQntuples(result);
    stage->open = stage->count;
    for (int row = 0; row < (int)stage->count; row++) {
        struct question *question = &stage->questions[row];
        *question = (struct question){
            .stage = stage,
            .channel = config_channel(stage->config->config, pg_text(result, row, 1)),
            .message = pg_int(result, row, 0),
            .public_id = mem_text(pg_text(result, row, 2))};
        question->asked = (struct enquiry_message){.id = question->public_id,
                                                   .address = pg_text(result, row, 3),
                                                   .since = pg_instant(result, row, 4),
                                                   .until = pg_instant(result, row, 5),
                                                   .number = (int32_t)pg_int(result, row, 6)};
        bool asked = ask(question);
        question->asked.address = NULL; /* the result's */
        if (!asked)
            settle(question, -1);
    }
}

static bool can_ask(const struct channel *channel)
{
    return channel->type->enquiry && !delivery_is_repeatable(channel);
}

static void begin(struct stage *base)
{
    struct enquiry_stage *stage = (struct enquiry_stage *)base;
    stage->config = context_config(stage->context);
    const struct config *config = stage->config->config;
    struct pg_params *params = pg_params_create();
    size_t channels = 0;
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->channel_count; i++)
        if (can_ask(&config->channels[i])) {
            pg_array_text(params, config->channels[i].name);
            channels++;
        }
    pg_array_end(params);
    pg_param_int(params, ENQUIRIES_MOST);
    if (channels > 0)
        pg_query(stage->context->lead, "SELECT * FROM duban.enquiry_due($1, $2)", params, on_due,
                 stage);
    else
        end_turn(stage);
    pg_params_destroy(params);
}

void enquiry_stage_init(struct enquiry_stage *stage, struct context *context)
{
    *stage = (struct enquiry_stage){.context = context};
    stage_init(&stage->stage, context->loop, "enquiry", begin);
    context->enquiry = &stage->stage;
}

void enquiry_stage_finish(struct enquiry_stage *stage)
{
    stage_disable(&stage->stage);
    for (size_t i = 0; i < stage->count; i++)
        free(stage->questions[i].public_id);
    shared_config_drop(stage->config);
}
