/* Stage 2, escalator.
 *
 * A turn takes the clocks that are due, reads their cases' facts again from the source, replays
 * each clock, and writes what follows in one transaction: an alert never rests on stale facts.
 * Facts that differ from what intake saw go through intake first; their clocks stay due and come
 * again in the next turn.
 */
#include "escalator.h"

#include "duband.h"

#include "duban/case_clock.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/source.h"

#include <string.h>

#define RETRY_US      US_PER_S
#define FLOOR_LAG_US  (60 * US_PER_S)  /* how late a commit may show what was due earlier */
#define SWEEP_EACH_US (300 * US_PER_S) /* look below the floor */

static void step(struct escalator *escalator, enum escalator_step next);

static void forget_clocks(struct escalator *escalator)
{
    for (size_t i = 0; i < escalator->count; i++) {
        free(escalator->clocks[i].case_no);
        free(escalator->clocks[i].name);
    }
    free(escalator->clocks);
    escalator->clocks = NULL;
    escalator->count = 0;
}

static void end_turn(struct escalator *escalator, span_us delay_us)
{
    forget_clocks(escalator);
    intake_page_clear(&escalator->page);
    shared_config_drop(escalator->config);
    escalator->config = NULL;
    stage_done(&escalator->stage, delay_us);
}

static bool failed(const char *what, const struct pg_failure *failure)
{
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "escalator", what, log_text("error", failure->error.text));
    return failure != NULL;
}

/* --- due --- */

static const struct config_clock *clock_named(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->clock_count; i++)
        if (strcmp(config->clocks[i].name, name) == 0)
            return &config->clocks[i];
    return NULL;
}

static int by_case(const void *left, const void *right)
{
    const struct due_clock *a = left, *b = right;
    return strcmp(a->case_no, b->case_no);
}

static void read_clocks(struct escalator *escalator, const PGresult *result)
{
    int rows = PQntuples(result) - 1; /* the last one tells the time */
    escalator->clocks = mem_zero((size_t)rows, sizeof *escalator->clocks);
    escalator->count = (size_t)rows;
    for (int row = 0; row < rows; row++) {
        const char *name = pg_text(result, row, 3);
        escalator->clocks[row] = (struct due_clock){
            .case_no = mem_text(pg_text(result, row, 2)),
            .name = mem_text(name),
            .config = clock_named(escalator->config->config, name),
            .row = {.rank = (size_t)pg_int(result, row, 4),
                    .deadline_version = (int32_t)pg_int(result, row, 5),
                    .raised_version = (int32_t)pg_int(result, row, 6)},
            .hash = pg_int(result, row, 7),
        };
    }
    qsort(escalator->clocks, escalator->count, sizeof *escalator->clocks, by_case);
    escalator->full = rows == escalator->config->config->daemon.batch;
    escalator->now = pg_instant(result, rows, 0);
    escalator->next_at = pg_instant(result, rows, 1);
}

/* Until the next clock is due, at most until the next poll. */
static span_us pause_us(const struct escalator *escalator)
{
    span_us pause = escalator->config->config->daemon.poll_us;
    if (escalator->next_at != WALL_NONE && escalator->next_at - escalator->now < pause)
        pause = escalator->next_at - escalator->now;
    return pause > 0 ? pause : 0;
}

static void on_due(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = context;
    if (failed("due clocks not read", failure)) {
        end_turn(escalator, RETRY_US);
        return;
    }
    read_clocks(escalator, result);
    if (escalator->count > 0) {
        step(escalator, ESCALATOR_FACTS);
        return;
    }
    escalator->floor = escalator->now - FLOOR_LAG_US;
    end_turn(escalator, pause_us(escalator));
}

static void ask_due(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    bool sweep = escalator->now - escalator->swept_at > SWEEP_EACH_US;
    if (sweep)
        escalator->swept_at = escalator->now;
    pg_param_int(params, escalator->config->config->daemon.batch);
    pg_param_instant(params, sweep ? WALL_NONE : escalator->floor);
    pg_query(escalator->duband->lead, "SELECT * FROM duban.escalator_due($1, $2)", params, on_due,
             escalator);
    pg_params_destroy(params);
}

/* --- facts --- */

/* Decides every due clock of one case; false when its facts are news to intake. */
static bool decide_case(struct escalator *escalator, struct due_clock *clocks, size_t count,
                        const struct facts *facts)
{
    const struct config *config = escalator->config->config;
    wall_us tell_after = intake_tell_after(&escalator->duband->intake, config, escalator->now);
    for (size_t i = 0; i < count; i++) {
        struct due_clock *due = &clocks[i];
        struct case_clock clock;
        if (due->config == NULL) { /* no longer configured: it isn't looked at any more */
            due->escalation = (struct escalation){.rank = due->row.rank, .next_at = WALL_NONE};
            due->level = "normal";
            due->decided = true;
            continue;
        }
        if (!case_clock_replay(due->config, facts, escalator->now, &clock, NULL) ||
            clock.hash != due->hash)
            return false;
        escalation_decide(&due->row, &clock, escalator->now, tell_after, &due->escalation);
        due->level = case_clock_level(&clock, clock.state.rank);
        due->decided = true;
    }
    return true;
}

static size_t clocks_of_case(const struct escalator *escalator, const char *case_no,
                             struct due_clock **first)
{
    struct due_clock key = {0};
    key.case_no = mem_text(case_no);
    struct due_clock *found =
        bsearch(&key, escalator->clocks, escalator->count, sizeof key, by_case);
    size_t count = 0;
    if (found) {
        while (found > escalator->clocks && strcmp(found[-1].case_no, case_no) == 0)
            found--;
        struct due_clock *end = escalator->clocks + escalator->count;
        while (found + count < end && strcmp(found[count].case_no, case_no) == 0)
            count++;
    }
    free(key.case_no);
    *first = found;
    return count;
}

static void on_facts(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = context;
    if (failed("facts not read", failure)) {
        end_turn(escalator, RETRY_US);
        return;
    }
    const struct config *config = escalator->config->config;
    for (int row = 0; row < PQntuples(result); row++) {
        struct facts facts;
        struct due_clock *first;
        if (!intake_page_decode(&escalator->page, config, result, row, escalator->now, &facts))
            continue;
        size_t count = clocks_of_case(escalator, facts.case_no, &first);
        if (!decide_case(escalator, first, count, &facts))
            intake_page_add(&escalator->page, config, &facts, escalator->now);
    }
    step(escalator, ESCALATOR_WRITE);
}

static void ask_facts(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < escalator->count; i++)
        if (i == 0 || by_case(&escalator->clocks[i], &escalator->clocks[i - 1]) != 0)
            pg_array_text(params, escalator->clocks[i].case_no);
    pg_array_end(params);
    pg_query(escalator->duband->source, escalator->duband->source_sql.cases, params, on_facts,
             escalator);
    pg_params_destroy(params);
}

/* --- write --- */

static void writes_end(struct escalator *escalator)
{
    if (--escalator->writes > 0)
        return;
    if (escalator->failed) {
        end_turn(escalator, RETRY_US);
        return;
    }
    if (escalator->events > 0)
        log_line(LOG_LEVEL_INFO, "escalator", "escalated",
                 log_int("clocks", (int64_t)escalator->count), log_int("events", escalator->events),
                 log_int("notifications", escalator->notifications));
    if (escalator->notifications > 0)
        stage_wake(&escalator->duband->composer.stage);
    /* Something was due; look again at once, unless nothing moves. */
    end_turn(escalator, escalator->progress > 0 ? 0 : RETRY_US);
}

static void on_escalated(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = context;
    if (failed("levels not written", failure)) {
        escalator->failed = true;
    } else {
        escalator->progress += pg_int(result, 0, 0);
        escalator->events += pg_int(result, 0, 1);
        escalator->notifications += pg_int(result, 0, 2);
    }
    writes_end(escalator);
}

static void on_taken_in(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = context;
    if (failed("facts not taken in", failure))
        escalator->failed = true;
    else
        escalator->progress += pg_int(result, 0, 0) + pg_int(result, 0, 1);
    writes_end(escalator);
}

static void on_vanished(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct escalator *escalator = context;
    if (failed("vanished cases not written", failure))
        escalator->failed = true;
    else
        escalator->progress += pg_int(result, 0, 0);
    writes_end(escalator);
}

static void add_clocks(struct pg_params *params, const struct escalator *escalator)
{
    const struct due_clock *end = escalator->clocks + escalator->count;
    const struct due_clock *due;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (due = escalator->clocks; due < end; due++)                                                \
        if (due->decided)                                                                          \
            add(params, value);                                                                    \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, due->case_no);
    ARRAY(PG_TEXT, pg_array_text, due->name);
    ARRAY(PG_INT8, pg_array_int, due->hash);
    ARRAY(PG_INT8, pg_array_int, (int64_t)due->row.rank);
    ARRAY(PG_INT8, pg_array_int, due->row.deadline_version);
    ARRAY(PG_INT8, pg_array_int, (int64_t)due->escalation.rank);
    ARRAY(PG_TEXT, pg_array_text, due->level);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, due->escalation.next_at);
#undef ARRAY
}

/* The level's name that a rank stands for in an event of this clock. */
static const char *event_level(const struct due_clock *due, const struct escalation_event *event)
{
    if (event->rank == 0)
        return "normal";
    return event->rank == due->escalation.rank ? due->level : event->kind;
}

static void add_events(struct pg_params *params, const struct escalator *escalator)
{
    const struct due_clock *end = escalator->clocks + escalator->count;
    const struct due_clock *due;
    const struct escalation_event *event;
    int64_t row;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (due = escalator->clocks, row = 0; due < end; due++) {                                     \
        row += due->decided;                                                                       \
        for (event = due->escalation.events;                                                       \
             due->decided && event < due->escalation.events + due->escalation.count; event++)      \
            add(params, value);                                                                    \
    }                                                                                              \
    pg_array_end(params)
    ARRAY(PG_INT8, pg_array_int, row);
    ARRAY(PG_TEXT, pg_array_text, event->kind);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, event->at);
    ARRAY(PG_INT8, pg_array_int, (int64_t)event->rank);
    ARRAY(PG_TEXT, pg_array_text, event_level(due, event));
    ARRAY(PG_TEXT, pg_array_text, event->told);
#undef ARRAY
}

static void send_decisions(struct escalator *escalator)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, escalator->now);
    add_clocks(params, escalator);
    add_events(params, escalator);
    config_add_routes(escalator->config->config, params);
    escalator->writes++;
    pg_query(escalator->duband->lead,
             "SELECT * FROM duban.escalator_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
             " $12, $13, $14, $15, $16, $17, $18)",
             params, on_escalated, escalator);
    pg_params_destroy(params);
}

static void send_changed_facts(struct escalator *escalator)
{
    const struct page_write write = {.now = escalator->now,
                                     .tell_after = intake_tell_after(&escalator->duband->intake,
                                                                     escalator->config->config,
                                                                     escalator->now)};
    escalator->writes++;
    intake_page_send(&escalator->page, &write, escalator->duband->lead, on_taken_in, escalator);
}

/* Clocks of cases that the source didn't show: neither decided nor on the page. */
static void send_vanished(struct escalator *escalator, const bool *seen)
{
    struct pg_params *params = pg_params_create();
    size_t count = 0;
    pg_param_instant(params, escalator->now);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < escalator->count; i++) {
        if (escalator->clocks[i].decided || seen[i])
            continue;
        pg_array_text(params, escalator->clocks[i].case_no);
        count++;
    }
    pg_array_end(params);
    if (count > 0) {
        escalator->writes++;
        pg_query(escalator->duband->lead, "SELECT duban.intake_vanished($1, $2)", params,
                 on_vanished, escalator);
    }
    pg_params_destroy(params);
}

static void mark_seen(const struct escalator *escalator, const char *case_no, bool *seen)
{
    struct due_clock *first;
    size_t count = clocks_of_case(escalator, case_no, &first);
    for (size_t i = 0; i < count; i++)
        seen[first - escalator->clocks + (ptrdiff_t)i] = true;
}

static void write_turn(struct escalator *escalator)
{
    const struct intake_page *page = &escalator->page;
    AUTO_FREE bool *seen = mem_zero(escalator->count, sizeof *seen);
    for (size_t i = 0; i < page->good_count; i++)
        mark_seen(escalator, page->good[i], seen);
    for (size_t i = 0; i < page->bad_count; i++)
        mark_seen(escalator, page->bad[i].case_no, seen);

    escalator->writes = 1; /* held by this function: the turn can't end inside it */
    escalator->failed = false;
    escalator->events = escalator->notifications = escalator->progress = 0;
    send_decisions(escalator);
    if (!intake_page_is_empty(page))
        send_changed_facts(escalator);
    send_vanished(escalator, seen);
    writes_end(escalator);
}

/* --- the machine --- */

static void step(struct escalator *escalator, enum escalator_step next)
{
    static void (*const steps[])(struct escalator *) = {
        [ESCALATOR_DUE] = ask_due,
        [ESCALATOR_FACTS] = ask_facts,
        [ESCALATOR_WRITE] = write_turn,
    };
    escalator->step = next;
    steps[next](escalator);
}

static void begin_turn(struct stage *stage)
{
    struct escalator *escalator = (struct escalator *)(void *)stage;
    escalator->config = duband_config(escalator->duband);
    if (!source_link_is_fine(&escalator->duband->source_link)) {
        end_turn(escalator, RETRY_US);
        return;
    }
    if (!intake_is_ready(&escalator->duband->intake)) {
        end_turn(escalator, escalator->config->config->daemon.poll_us);
        return;
    }
    step(escalator, ESCALATOR_DUE);
}

void escalator_init(struct escalator *escalator, struct duband *duband)
{
    *escalator = (struct escalator){.duband = duband, .floor = WALL_NONE};
    stage_init(&escalator->stage, duband->loop, "escalator", begin_turn);
}

void escalator_finish(struct escalator *escalator)
{
    stage_disable(&escalator->stage);
    forget_clocks(escalator);
    intake_page_finish(&escalator->page);
    shared_config_drop(escalator->config);
}
