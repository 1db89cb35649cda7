/* Reminders.
 *
 * A turn takes those that are due, decides for each whether it is sent, waits or ends, and writes
 * that in one transaction. Facts aren't asked for: the composer does, before anything is put into
 * words. While the source is away nothing is sent, lest several days' reminders pile up before it.
 */
#include "reminder.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/reminder.h"

#define RETRY_US      US_PER_S
#define FLOOR_LAG_US  (60 * US_PER_S)  /* how late a commit may show what was due earlier */
#define SWEEP_EACH_US (300 * US_PER_S) /* look below the floor */

static void forget_due(struct reminder_stage *reminder)
{
    for (size_t i = 0; i < reminder->count; i++) {
        free(reminder->due[i].case_no);
        free(reminder->due[i].clock);
        free(reminder->due[i].kind);
        free(reminder->due[i].tell);
    }
    free(reminder->due);
    reminder->due = NULL;
    reminder->count = 0;
}

static void end_turn(struct reminder_stage *reminder, span_us delay_us)
{
    forget_due(reminder);
    shared_config_drop(reminder->config);
    reminder->config = NULL;
    stage_done(&reminder->stage, delay_us);
}

/* --- write --- */

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reminder_stage *reminder = owner;
    if (context_failed("reminder", "reminders not written", failure)) {
        end_turn(reminder, RETRY_US);
        return;
    }
    int64_t written = pg_int(result, 0, 0), sent = pg_int(result, 0, 1);
    if (sent > 0)
        log_line(LOG_LEVEL_INFO, "reminder", "reminded", log_int("reminders", sent),
                 log_int("notifications", pg_int(result, 0, 2)));
    if (pg_int(result, 0, 2) > 0)
        stage_wake(reminder->context->composer);
    end_turn(reminder, written > 0 ? 0 : RETRY_US);
}

static void add_due(const struct reminder_stage *reminder, struct pg_params *params)
{
    const struct due_reminder *end = reminder->due + reminder->count;
    const struct due_reminder *due;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (due = reminder->due; due < end; due++)                                                    \
        add(params, value);                                                                        \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, due->case_no);
    ARRAY(PG_TEXT, pg_array_text, due->clock);
    ARRAY(PG_TEXT, pg_array_text, due->kind);
    ARRAY(PG_INT8, pg_array_int, due->deadline_version);
    ARRAY(PG_INT8, pg_array_int, due->sent);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, due->next_at);
    ARRAY(PG_TEXT, pg_array_text, due->tell ? due->tell : "");
#undef ARRAY
}

static void write_turn(struct reminder_stage *reminder)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, reminder->now);
    add_due(reminder, params);
    config_add_reminder_routes(reminder->config->config, params);
    config_add_day(reminder->config->config, reminder->now, params);
    pg_query(reminder->context->lead,
             "SELECT * FROM duban.reminder_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
             " $13::date)",
             params, on_written, reminder);
    pg_params_destroy(params);
}

/* --- take and decide --- */

/* What is gone, or is no longer configured, ends. */
static void decide(struct due_reminder *due, const struct config *config, const PGresult *result,
                   int row, wall_us now)
{
    const struct config_clock *clock = config_clock_named(config, due->clock);
    const struct config_reminder *configured = config_reminder(config, due->kind);
    due->next_at = WALL_NONE;
    if (clock == NULL || configured == NULL || pg_bool(result, row, 8))
        return;
    const struct reminder reminder = {.told_at = pg_instant(result, row, 7),
                                      .sent = (int32_t)due->sent,
                                      .may_tell = pg_bool(result, row, 9)};
    struct reminder_plan plan;
    reminder_decide(&reminder, clock->terms.rule.calendar, (int32_t)configured->most, now, &plan);
    due->next_at = plan.next_at;
    if (plan.number > 0) {
        char key[REMINDER_KEY_BYTES];
        due->tell = mem_text(config_reminder_key(configured, plan.number, key));
    }
}

static void read_due(struct reminder_stage *reminder, const PGresult *result, int rows)
{
    reminder->due = mem_zero((size_t)rows, sizeof *reminder->due);
    reminder->count = (size_t)rows;
    for (int row = 0; row < rows; row++) {
        struct due_reminder *due = &reminder->due[row];
        due->case_no = mem_text(pg_text(result, row, 2));
        due->clock = mem_text(pg_text(result, row, 3));
        due->kind = mem_text(pg_text(result, row, 4));
        due->deadline_version = pg_int(result, row, 5);
        due->sent = pg_int(result, row, 6);
        decide(due, reminder->config->config, result, row, reminder->now);
    }
}

static void on_due(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct reminder_stage *reminder = owner;
    if (context_failed("reminder", "reminders not read", failure)) {
        end_turn(reminder, RETRY_US);
        return;
    }
    int rows = PQntuples(result) - 1; /* the last one tells the time */
    reminder->now = pg_instant(result, rows, 0);
    reminder->next_at = pg_instant(result, rows, 1);
    if (rows == 0) {
        reminder->floor = reminder->now - FLOOR_LAG_US;
        end_turn(reminder, stage_pause(reminder->now, reminder->next_at,
                                       reminder->config->config->daemon.poll_us));
        return;
    }
    read_due(reminder, result, rows);
    write_turn(reminder);
}

static void begin_turn(struct stage *stage)
{
    struct reminder_stage *reminder = (struct reminder_stage *)(void *)stage;
    reminder->config = context_config(reminder->context);
    if (!context_has_source(reminder->context)) {
        end_turn(reminder, RETRY_US);
        return;
    }
    struct pg_params *params = pg_params_create();
    bool sweep = reminder->now - reminder->swept_at > SWEEP_EACH_US;
    if (sweep)
        reminder->swept_at = reminder->now;
    pg_param_int(params, reminder->config->config->daemon.batch);
    pg_param_instant(params, sweep ? WALL_NONE : reminder->floor);
    pg_query(reminder->context->lead, "SELECT * FROM duban.reminder_due($1, $2)", params, on_due,
             reminder);
    pg_params_destroy(params);
}

void reminder_stage_init(struct reminder_stage *reminder, struct context *context)
{
    *reminder = (struct reminder_stage){.context = context, .floor = WALL_NONE};
    stage_init(&reminder->stage, context->loop, "reminder", begin_turn);
    context->reminder = &reminder->stage;
}

void reminder_stage_finish(struct reminder_stage *reminder)
{
    stage_disable(&reminder->stage);
    forget_due(reminder);
    shared_config_drop(reminder->config);
}
