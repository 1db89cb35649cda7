/* Stage 1, intake.
 *
 * A turn reads the source by keyset from a little behind the watermark (late commits) to its end,
 * page after page, and writes each page's clocks and the new watermark in one statement. Reading
 * goes on while the writes of the last two pages are under way. The very first turns read only
 * what is open and record a baseline instead of raising levels.
 */
#include "intake.h"

#include "calendar_alarm.h"
#include "metrics_table.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#define WRITES_MOST 2
#define RETRY_US    US_PER_S

static void step(struct intake *intake, enum intake_step next);

static void set_mark(struct intake_mark *mark, wall_us updated_at, const char *case_no)
{
    char *copy = mem_text(case_no);
    free(mark->case_no);
    *mark = (struct intake_mark){.updated_at = updated_at, .case_no = copy};
}

static void end_turn(struct intake *intake, span_us delay_us)
{
    if (intake->rows > 0 && intake->written + intake->newly_bad > 0)
        log_line(LOG_LEVEL_INFO, "intake", "taken in", log_int("rows", intake->rows),
                 log_int("clocks", intake->written), log_int("set_aside", intake->newly_bad));
    shared_config_drop(intake->config);
    intake->config = NULL;
    stage_done(&intake->stage, delay_us);
}

/* --- begin --- */

static void on_begin(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct intake *intake = owner;
    if (context_failed("intake", "watermark not read", failure)) {
        end_turn(intake, RETRY_US);
        return;
    }
    intake->now = pg_instant(result, 0, 0);
    if (intake->looked_at == 0)
        intake->moved_at = intake->looked_at = intake->now;
    set_mark(&intake->stored, pg_instant(result, 0, 1), pg_text(result, 0, 2));
    intake->context->first_contact_at = pg_instant(result, 0, 3);
    intake->context->first_contact_done = pg_bool(result, 0, 4);
    intake->initial = !intake->context->first_contact_done;
    step(intake, intake->initial ? INTAKE_MARK : INTAKE_PAGES);
}

static void begin(struct intake *intake)
{
    intake->begun = steady_s();
    intake->rows = intake->written = intake->newly_bad = 0;
    intake->writes = 0;
    intake->page_asked = intake->failed = false;
    intake->ended = NULL;
    pg_query(intake->context->lead, "SELECT * FROM duban.intake_begin()", NULL, on_begin, intake);
}

/* --- first contact: how far the source reaches before the first page --- */

static void on_mark(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct intake *intake = owner;
    if (context_failed("intake", "source not read", failure)) {
        end_turn(intake, RETRY_US);
        return;
    }
    wall_us high = pg_instant(result, 0, 0);
    wall_us contact = intake->context->first_contact_at;
    intake->first_mark = high == WALL_NONE ? 0 : high < contact ? high : contact;
    step(intake, INTAKE_PAGES);
}

static void on_rules(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)owner, (void)result;
    context_failed("intake", "rules not noted", failure);
}

static void ask_mark(struct intake *intake)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, intake->config->config->rules_version);
    pg_query(intake->context->lead, "SELECT duban.rules_first($1)", params, on_rules, NULL);
    pg_params_destroy(params);
    pg_query(intake->context->source, intake->context->source_sql.high_mark, NULL, on_mark, intake);
}

/* --- pages --- */

static void pages_go_on(struct intake *intake);

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct intake *intake = owner;
    intake->writes--;
    if (context_failed("intake", "page not written", failure)) {
        intake->failed = true;
    } else {
        intake_page_count(intake->context, result);
        intake->written += pg_int(result, 0, 0);
        intake->newly_bad += pg_int(result, 0, 1);
        if (pg_int(result, 0, 0) > 0 && !intake->initial)
            stage_wake(intake->context->escalator);
        if (irregular_told(result))
            stage_wake(intake->context->composer);
    }
    pages_go_on(intake);
}

static void write_page(struct intake *intake)
{
    const struct config *config = intake->config->config;
    /* The watermark never runs ahead of the clock: a row dated in the future would hide others. */
    bool ahead = intake->reading.updated_at > intake->now;
    /* Nor does it go back with what is read once more behind it. WALL_NONE is before everything. */
    bool behind = intake->reading.updated_at < intake->stored.updated_at;
    const struct page_write write = {
        .now = intake->now,
        .baseline = intake->initial,
        .tell_after = context_tell_after(intake->context, config, intake->now),
        .moves_mark = !behind,
        .old_mark = intake->stored.updated_at,
        .old_mark_case = intake->stored.updated_at == WALL_NONE ? NULL : intake->stored.case_no,
        .new_mark = ahead ? intake->now : intake->reading.updated_at,
        .new_mark_case = ahead ? "" : intake->reading.case_no,
    };
    intake_page_send(&intake->page, &write, intake->context->lead, on_written, intake);
    intake->writes++;
    if (write.new_mark > intake->stored.updated_at)
        intake->moved_at = intake->now;
    if (!behind)
        set_mark(&intake->stored, write.new_mark, write.new_mark_case);
    if (intake->page.ended)
        intake->ended = intake->page.ended;
}

static void on_page(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct intake *intake = owner;
    intake->page_asked = false;
    if (context_failed("intake", "source not read", failure)) {
        intake->failed = true;
        pages_go_on(intake);
        return;
    }
    const struct config *config = intake->config->config;
    int rows = PQntuples(result);
    intake_page_clear(&intake->page);
    for (int row = 0; row < rows; row++) {
        struct facts facts;
        if (intake_page_decode(&intake->page, config, result, row, intake->now, &facts))
            intake_page_add(&intake->page, config, &facts, intake->now);
        if (row == rows - 1)
            set_mark(&intake->reading, facts.updated_at, facts.case_no);
    }
    intake->rows += rows;
    context_count(intake->context, METRIC_SOURCE_ROWS, rows);
    intake->page_wanted = rows == config->source.batch;
    if (rows > 0)
        write_page(intake);
    pages_go_on(intake);
}

static void ask_page(struct intake *intake)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, intake->reading.updated_at);
    pg_param_text(params, intake->reading.case_no);
    pg_param_int(params, intake->config->config->source.batch);
    const struct source_sql *sql = &intake->context->source_sql;
    intake->page_asked = true;
    pg_query(intake->context->source, intake->initial ? sql->first_page : sql->page, params,
             on_page, intake);
    pg_params_destroy(params);
}

static void pages_go_on(struct intake *intake)
{
    if (intake->failed) {
        if (!intake->page_asked && intake->writes == 0)
            end_turn(intake, RETRY_US);
        return;
    }
    if (intake->config != intake->context->config) { /* the rest follows by the new rules */
        stage_wake(&intake->stage);
        if (!intake->page_asked && intake->writes == 0)
            step(intake, INTAKE_ENDED);
        return;
    }
    if (intake->page_wanted && !intake->page_asked && intake->writes < WRITES_MOST)
        ask_page(intake);
    if (intake->page_asked || intake->writes > 0)
        return;
    intake->looked_at = intake->now;
    step(intake, intake->initial ? INTAKE_BASELINE : INTAKE_ENDED);
}

/* How far behind the watermark rows may still appear: of transactions that commit late. The longer
 * nothing new came, the less. */
static span_us overlap_us(const struct intake *intake)
{
    span_us quiet = intake->looked_at - intake->moved_at;
    span_us overlap = intake->config->config->source.overlap_us;
    return quiet < overlap ? overlap - quiet : 0;
}

static void begin_pages(struct intake *intake)
{
    const struct intake_mark *stored = &intake->stored;
    if (stored->updated_at == WALL_NONE)
        set_mark(&intake->reading, 0, "");
    else if (intake->initial)
        set_mark(&intake->reading, stored->updated_at, stored->case_no);
    else
        set_mark(&intake->reading, stored->updated_at - overlap_us(intake), "");
    intake->page_wanted = true;
    pages_go_on(intake);
}

/* --- first contact: the digest --- */

static void on_baseline(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)result;
    struct intake *intake = owner;
    if (context_failed("intake", "baseline not closed", failure)) {
        end_turn(intake, RETRY_US);
        return;
    }
    log_line(LOG_LEVEL_INFO, "intake", "first contact recorded", log_int("rows", intake->rows));
    intake->initial = false;
    intake->context->first_contact_done = true;
    stage_wake(intake->context->composer);
    stage_wake(intake->context->escalator);
    stage_wake(&intake->stage);
    step(intake, INTAKE_ENDED);
}

static void close_baseline(struct intake *intake)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, intake->first_mark);
    config_add_routes_of(intake->config->config, "baseline", params);
    config_add_day(intake->config->config, intake->now, params);
    pg_query(intake->context->lead, "SELECT duban.intake_baseline_done($1, $2, $3, $4::date)",
             params, on_baseline, intake);
    pg_params_destroy(params);
}

/* --- a calendar that ends too early --- */

static void on_ended(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)result;
    struct intake *intake = owner;
    if (!context_failed("intake", "calendar's end not recorded", failure))
        stage_wake(intake->context->composer);
    end_turn(intake, intake->config->config->source.poll_us);
}

/* Until the next look. After a look that cost much and brought nothing (a million rows of one
 * bulk update lie in the overlap) it is put off, so that looking takes a tenth of the time. */
static span_us pause_us(const struct intake *intake)
{
    span_us poll_us = intake->config->config->source.poll_us;
    span_us took_us = (span_us)((steady_s() - intake->begun) * 1e6);
    return intake->written == 0 && 9 * took_us > poll_us ? 9 * took_us : poll_us;
}

static void tell_ended(struct intake *intake)
{
    if (intake->ended == NULL) {
        end_turn(intake, pause_us(intake));
        return;
    }
    calendar_alarm(intake->context, intake->config->config, intake->now, "beyond_calendar",
                   intake->ended, on_ended, intake);
}

/* --- the machine --- */

static void step(struct intake *intake, enum intake_step next)
{
    static void (*const steps[])(struct intake *) = {
        [INTAKE_BEGIN] = begin,       [INTAKE_MARK] = ask_mark,
        [INTAKE_PAGES] = begin_pages, [INTAKE_BASELINE] = close_baseline,
        [INTAKE_ENDED] = tell_ended,
    };
    intake->step = next;
    steps[next](intake);
}

static void begin_turn(struct stage *stage)
{
    struct intake *intake = (struct intake *)(void *)stage;
    intake->config = context_config(intake->context);
    if (!context_has_source(intake->context)) {
        end_turn(intake, RETRY_US);
        return;
    }
    step(intake, INTAKE_BEGIN);
}

void intake_init(struct intake *intake, struct context *context)
{
    *intake = (struct intake){.context = context, .initial = true};
    intake->page.secret = context->secret;
    stage_init(&intake->stage, context->loop, "intake", begin_turn);
    context->intake = &intake->stage;
}

void intake_finish(struct intake *intake)
{
    stage_disable(&intake->stage);
    intake_page_finish(&intake->page);
    free(intake->stored.case_no);
    free(intake->reading.case_no);
    shared_config_drop(intake->config);
}
