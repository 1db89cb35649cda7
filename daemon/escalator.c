/* Stage 2, escalator.
 *
 * A turn takes the clocks that are due, and goes through them slice by slice: it reads their
 * cases' facts again from the source, replays each clock, and writes what follows in one
 * transaction; meanwhile the facts of the next slice are read. So an alert never rests on stale
 * facts. Facts that differ from what intake saw go through intake first: their clocks stay due and
 * come again in the next turn.
 */
#include "escalator.h"

#include "metrics_table.h"

#include "duban/log.h"

#include <string.h>

#define RETRY_US      US_PER_S
#define FLOOR_LAG_US  (60 * US_PER_S)  /* how late a commit may show what was due earlier */
#define SWEEP_EACH_US (300 * US_PER_S) /* look below the floor */
#define SLICES_A_TURN 4
#define WRITES_MOST   2 /* under way before the next facts are asked for */

static void go_on(struct escalator *escalator);

static void end_turn(struct escalator *escalator, span_us delay_us)
{
    due_clocks_finish(&escalator->due);
    intake_page_clear(&escalator->page);
    shared_config_drop(escalator->config);
    escalator->config = NULL;
    stage_done(&escalator->stage, delay_us);
}

/* --- which clocks are due --- */

static void on_due(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = owner;
    if (context_failed("escalator", "due clocks not read", failure)) {
        end_turn(escalator, RETRY_US);
        return;
    }
    int last = PQntuples(result) - 1; /* it tells the time */
    escalator->now = pg_instant(result, last, 0);
    escalator->next_at = pg_instant(result, last, 1);
    if (last == 0) {
        escalator->floor = escalator->now - FLOOR_LAG_US;
        end_turn(escalator, stage_pause(escalator->now, escalator->next_at,
                                        escalator->config->config->daemon.poll_us));
        return;
    }
    due_clocks_read(&escalator->due, result, escalator->config->config);
    go_on(escalator);
}

static void ask_due(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    bool sweep = escalator->now - escalator->swept_at > SWEEP_EACH_US;
    if (sweep)
        escalator->swept_at = escalator->now;
    pg_param_int(params, escalator->config->config->daemon.batch * SLICES_A_TURN);
    pg_param_instant(params, sweep ? WALL_NONE : escalator->floor);
    pg_query(escalator->context->lead, "SELECT * FROM duban.escalator_due($1, $2)", params, on_due,
             escalator);
    pg_params_destroy(params);
}

/* --- what was decided goes into the database --- */

/* One write has ended; `written` is its result's first column. */
static void end_write(struct escalator *escalator, const char *what, const PGresult *result,
                      const struct pg_failure *failure)
{
    escalator->writes--;
    if (context_failed("escalator", what, failure))
        escalator->failed = true;
    else
        escalator->progress += pg_int(result, 0, 0);
}

static void on_escalated(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = owner;
    end_write(escalator, "levels not written", result, failure);
    if (failure == NULL) {
        context_count(escalator->context, METRIC_EVENTS, pg_int(result, 0, 1));
        context_count(escalator->context, METRIC_NOTIFICATIONS, pg_int(result, 0, 2));
        escalator->events += pg_int(result, 0, 1);
        escalator->notifications += pg_int(result, 0, 2);
        if (pg_int(result, 0, 2) > 0)
            stage_wake(escalator->context->composer);
        if (pg_int(result, 0, 1) > 0 && escalator->config->config->reminder_count > 0)
            stage_wake(escalator->context->reminder);
    }
    go_on(escalator);
}

/* Of facts that were taken in, or cases that have vanished. */
static void end_news(struct escalator *escalator, const char *what, const PGresult *result,
                     const struct pg_failure *failure)
{
    end_write(escalator, what, result, failure);
    if (failure == NULL && irregular_told(result))
        stage_wake(escalator->context->composer);
}

static void on_taken_in(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = owner;
    end_news(escalator, "facts not taken in", result, failure);
    if (failure == NULL) {
        escalator->progress += pg_int(result, 0, 1);
        intake_page_count(escalator->context, result);
    }
    go_on(escalator);
}

static void on_vanished(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = owner;
    end_news(escalator, "vanished cases not written", result, failure);
    go_on(escalator);
}

/* How long after they came true people are told of levels and ends. */
static void count_delays(const struct escalator *escalator)
{
    struct metric *delay = metrics_at(escalator->context->metrics, METRIC_LEVEL_DELAY, NULL, NULL);
    for (const struct due_clock *due = escalator->slice.begin; due < escalator->slice.end; due++)
        for (size_t i = 0; due->decided && i < due->escalation.count; i++) {
            const struct escalation_event *event = &due->escalation.events[i];
            span_us late = escalator->now - event->at;
            if (strcmp(event->told, TOLD_YES) == 0)
                metric_observe(delay, late > 0 ? (double)late / 1e6 : 0.);
        }
}

static void send_decisions(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, escalator->now);
    size_t decided = due_slice_add_decisions(escalator->slice, params);
    config_add_routes(escalator->config->config, params);
    config_add_day(escalator->config->config, escalator->now, params);
    config_add_reminded(escalator->config->config, params);
    if (decided > 0) {
        count_delays(escalator);
        escalator->writes++;
        pg_query(escalator->context->lead,
                 "SELECT * FROM duban.escalator_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
                 " $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23::date, $24)",
                 params, on_escalated, escalator);
    }
    pg_params_destroy(params);
}

static void send_changed_facts(struct escalator *escalator)
{
    const struct page_write write = {
        .now = escalator->now,
        .tell_after =
            context_tell_after(escalator->context, escalator->config->config, escalator->now)};
    if (intake_page_is_empty(&escalator->page))
        return;
    escalator->writes++;
    intake_page_send(&escalator->page, &write, escalator->context->lead, on_taken_in, escalator);
    intake_page_clear(&escalator->page);
}

static void send_vanished(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, escalator->now);
    if (due_slice_add_cases(escalator->slice, true, params) > 0) {
        escalator->writes++;
        irregular_send_vanished(escalator->config->config, escalator->now, params,
                                escalator->context->lead, on_vanished, escalator);
    }
    pg_params_destroy(params);
}

/* --- the facts of a slice --- */

static void decide_row(struct escalator *escalator, const PGresult *result, int row)
{
    const struct config *config = escalator->config->config;
    wall_us tell_after = context_tell_after(escalator->context, config, escalator->now);
    struct facts facts;
    bool fine = intake_page_decode(&escalator->page, config, result, row, escalator->now, &facts);
    struct due_slice of_case = due_slice_of_case(escalator->slice, facts.case_no);
    if (!fine)
        return;
    /* A clock that begins with what was decided comes in by the same way as changed facts. */
    if (!due_slice_decide(of_case, &facts, escalator->now, tell_after) ||
        (config_clocks_depend(config) && due_slice_has_events(of_case)))
        intake_page_add(&escalator->page, config, &facts, escalator->now);
}

static void on_facts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = owner;
    escalator->asking = false;
    if (context_failed("escalator", "facts not read", failure)) {
        escalator->failed = true;
    } else {
        for (int row = 0; row < PQntuples(result); row++)
            decide_row(escalator, result, row);
        send_decisions(escalator);
        send_changed_facts(escalator);
        send_vanished(escalator);
    }
    go_on(escalator);
}

static void ask_facts(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    size_t most = (size_t)escalator->config->config->daemon.batch;
    escalator->slice = due_clocks_slice(&escalator->due, escalator->asked, most);
    escalator->asked = (size_t)(escalator->slice.end - escalator->due.items);
    escalator->asking = true;
    due_slice_add_cases(escalator->slice, false, params);
    pg_query(escalator->context->source, escalator->context->source_sql.cases, params, on_facts,
             escalator);
    pg_params_destroy(params);
}

/* --- the turn --- */

static void finish_turn(struct escalator *escalator)
{
    if (escalator->events > 0)
        log_line(LOG_LEVEL_INFO, "escalator", "escalated",
                 log_int("clocks", (int64_t)escalator->due.count),
                 log_int("events", escalator->events),
                 log_int("notifications", escalator->notifications));
    /* Something was due; look again at once, unless nothing moves. */
    bool moves = !escalator->failed && escalator->progress > 0;
    end_turn(escalator, moves ? 0 : RETRY_US);
}

/* The next slice, when the writes before it are not too many; the end, when all is done. */
static void go_on(struct escalator *escalator)
{
    bool more = !escalator->failed && escalator->asked < escalator->due.count;
    if (more && !escalator->asking && escalator->writes < WRITES_MOST)
        ask_facts(escalator);
    if (!escalator->asking && escalator->writes == 0)
        finish_turn(escalator);
}

static void begin_turn(struct stage *stage)
{
    struct escalator *escalator = (struct escalator *)(void *)stage;
    escalator->config = context_config(escalator->context);
    escalator->asked = 0;
    escalator->asking = escalator->failed = false;
    escalator->events = escalator->notifications = escalator->progress = 0;
    if (context_has_source(escalator->context) && escalator->context->first_contact_done)
        ask_due(escalator);
    else
        end_turn(escalator, RETRY_US);
}

void escalator_init(struct escalator *escalator, struct context *context)
{
    *escalator = (struct escalator){.context = context, .floor = WALL_NONE};
    escalator->page.secret = context->secret;
    stage_init(&escalator->stage, context->loop, "escalator", begin_turn);
    context->escalator = &escalator->stage;
}

void escalator_finish(struct escalator *escalator)
{
    stage_disable(&escalator->stage);
    due_clocks_finish(&escalator->due);
    intake_page_finish(&escalator->page);
    shared_config_drop(escalator->config);
}
