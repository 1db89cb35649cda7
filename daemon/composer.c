/* Stage 3, composer.
 *
 * A turn takes the notifications that are released, looks once more whether their reason still
 * holds (in the clock, and in the facts as the source tells them now), puts them into words, makes
 * digests of what one recipient would get at once or too often (bundle.c), and queues the messages.
 * What speaks against telling now (the hour, a silence, a limit) holds a notification with its
 * reason; it is looked at anew when it is released.
 */
#include "composer.h"

#include "metrics_table.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <string.h>

#define RETRY_US      US_PER_S
#define WAIT_US       (200 * US_PER_MS) /* for intake or the escalator to move a clock */
#define HOLD_US       (60 * US_PER_S)   /* until a row that is set aside is looked at again */
#define FLOOR_LAG_US  (60 * US_PER_S)
#define GROUP_MOST    5000 /* notifications of one recipient's digest */
#define SWEEP_EACH_US (300 * US_PER_S)

static void step(struct composer *composer, enum composer_step next);

static void forget_drafts(struct composer *composer)
{
    bundles_finish(&composer->bundles);
    for (size_t i = 0; i < composer->count; i++)
        draft_finish(&composer->drafts[i]);
    free(composer->drafts);
    composer->drafts = NULL;
    composer->count = 0;
}

static void end_turn(struct composer *composer, span_us delay_us)
{
    forget_drafts(composer);
    intake_page_clear(&composer->page);
    shared_config_drop(composer->config);
    composer->config = NULL;
    stage_done(&composer->stage, delay_us);
}

/* One of the turn's writes has ended, or will not be made. The last one ends the turn. */
static void writes_end(struct composer *composer)
{
    if (--composer->writes > 0)
        return;
    if (composer->composed > 0)
        stage_wake(composer->context->dispatcher);
    bool moves = !composer->failed && composer->progress > 0;
    end_turn(composer, composer->failed ? RETRY_US : moves ? 0 : WAIT_US);
}

/* --- take --- */

static void on_taken(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct composer *composer = owner;
    if (context_failed("composer", "notifications not read", failure)) {
        end_turn(composer, RETRY_US);
        return;
    }
    int rows = PQntuples(result) - 1; /* the last one tells the time */
    composer->now = pg_instant(result, rows, 0);
    context_hear(composer->context, composer->now); /* the day of the next look depends on it */
    composer->next_at = pg_instant(result, rows, 1);
    if (rows == 0) {
        composer->floor = composer->now - FLOOR_LAG_US;
        end_turn(composer, stage_pause(composer->now, composer->next_at,
                                       composer->config->config->daemon.poll_us));
        return;
    }
    composer->drafts = mem_zero((size_t)rows, sizeof *composer->drafts);
    composer->count = (size_t)rows;
    for (int row = 0; row < rows; row++)
        draft_read(&composer->drafts[row], result, row);
    step(composer, COMPOSER_FACTS);
}

/* The local day, and whether work is done on it (null beyond the calendar): who is on duty depends
 * on it. */
static void add_day(struct pg_params *params, const struct composer *composer)
{
    const struct config *config = composer->config->config;
    wall_us now = context_now(composer->context);
    struct calendar_day day;
    bool known =
        calendar_day(config->calendar, zone_day(calendar_zone(config->calendar), now), &day, NULL);
    config_add_day(config, now, params);
    pg_param_text(params, !known ? NULL : day.working ? "true" : "false");
}

static void take(struct composer *composer)
{
    struct pg_params *params = pg_params_create();
    bool sweep = composer->now - composer->swept_at > SWEEP_EACH_US;
    if (sweep)
        composer->swept_at = composer->now;
    pg_param_int(params, composer->config->config->daemon.batch);
    pg_param_instant(params, sweep ? WALL_NONE : composer->floor);
    pg_param_int(params, GROUP_MOST);
    add_day(params, composer);
    pg_query(composer->context->lead,
             "SELECT * FROM duban.composer_take($1, $2, $3, $4::date, $5::boolean)", params,
             on_taken, composer);
    pg_params_destroy(params);
}

/* --- facts --- */

static bool needs_facts(const struct draft *draft)
{
    return draft->outcome == NULL && draft->case_no[0] != '\0';
}

static int by_case(const void *left, const void *right)
{
    const struct draft *a = left, *b = right;
    return strcmp(a->case_no, b->case_no);
}

/* The drafts of one case that need its facts; NULL without any. They stand side by side. */
static struct draft *drafts_of_case(struct composer *composer, const char *case_no, size_t *count)
{
    struct draft key = {0};
    key.case_no = mem_text(case_no);
    struct draft *first = bsearch(&key, composer->drafts, composer->count, sizeof key, by_case);
    struct draft *end = composer->drafts + composer->count;
    *count = 0;
    while (first && first > composer->drafts && by_case(first - 1, &key) == 0)
        first--;
    while (first && first + *count < end && by_case(first + *count, &key) == 0)
        ++*count;
    free(key.case_no);
    return first;
}

/* Composes what one row of the source answers. Facts that are news go onto the page. */
static void compose_row(struct composer *composer, const PGresult *result, int row)
{
    const struct config *config = composer->config->config;
    struct facts facts;
    size_t count;
    bool known = true;
    bool fine = intake_page_decode(&composer->page, config, result, row, composer->now, &facts);
    struct draft *drafts = drafts_of_case(composer, facts.case_no, &count);
    for (size_t i = 0; i < count; i++) {
        drafts[i].seen = true;
        if (!needs_facts(&drafts[i]))
            continue;
        if (fine || draft_is_irregular(&drafts[i]))
            known &= draft_compose_case(&drafts[i], config, &facts, composer->now);
        else
            draft_hold(&drafts[i], composer->now + HOLD_US,
                       "held: the case is set aside as a bad row");
    }
    if (!known)
        intake_page_add(&composer->page, config, &facts, composer->now);
}

static void ask_facts(struct composer *composer);

static void on_taken_in(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct composer *composer = owner;
    if (context_failed("composer", "facts not taken in", failure)) {
        composer->failed = true;
    } else {
        intake_page_count(composer->context, result);
        stage_wake(composer->context->escalator);
    }
    writes_end(composer);
}

/* Facts that were news go to intake's write at once: they live as long as the source's reply. */
static void send_news(struct composer *composer)
{
    struct context *context = composer->context;
    if (intake_page_is_empty(&composer->page))
        return;
    const struct page_write write = {
        .now = composer->now,
        .tell_after = context_tell_after(context, composer->config->config, composer->now)};
    composer->writes++;
    intake_page_send(&composer->page, &write, context->lead, on_taken_in, composer);
    intake_page_clear(&composer->page);
}

static void on_facts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct composer *composer = owner;
    if (context_failed("composer", "facts not read", failure)) {
        composer->failed = true;
        writes_end(composer);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        compose_row(composer, result, row);
    send_news(composer);
    ask_facts(composer);
}

/* Adds the next cases whose facts are needed, at most `most`; how many. */
static int64_t add_cases(struct composer *composer, int64_t most, struct pg_params *params)
{
    const char *last = "";
    int64_t cases = 0;
    pg_array_begin(params, PG_TEXT);
    for (; composer->asked < composer->count; composer->asked++) {
        const struct draft *draft = &composer->drafts[composer->asked];
        if (!needs_facts(draft) || strcmp(draft->case_no, last) == 0)
            continue;
        if (cases == most)
            break;
        last = draft->case_no;
        pg_array_text(params, last);
        cases++;
    }
    pg_array_end(params);
    return cases;
}

/* What the source didn't answer for. */
static void compose_gone(struct draft *draft, const struct config *config)
{
    if (!needs_facts(draft) || draft->seen)
        return;
    if (draft_is_irregular(draft))
        draft_compose_gone(draft, config);
    else
        draft->outcome = mem_text("cancelled: the case has left the source");
}

/* Asks for the facts of the next cases; goes on when all were asked for. */
static void ask_facts(struct composer *composer)
{
    struct pg_params *params = pg_params_create();
    if (add_cases(composer, composer->config->config->daemon.batch, params) > 0) {
        pg_query(composer->context->source, composer->context->source_sql.cases, params, on_facts,
                 composer);
        pg_params_destroy(params);
        return;
    }
    pg_params_destroy(params);
    for (size_t i = 0; i < composer->count; i++)
        compose_gone(&composer->drafts[i], composer->config->config);
    step(composer, COMPOSER_USAGE);
}

/* What needs no facts is decided at once. */
static void begin_facts(struct composer *composer)
{
    const struct config *config = composer->config->config;
    qsort(composer->drafts, composer->count, sizeof *composer->drafts, by_case);
    for (size_t i = 0; i < composer->count; i++) {
        struct draft *draft = &composer->drafts[i];
        if (!draft_waits(draft, config, composer->now) && draft->outcome == NULL &&
            draft->case_no[0] == '\0')
            draft_compose(draft, config);
    }
    composer->asked = 0;
    ask_facts(composer);
}

/* --- limits --- */

static void on_usage(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct composer *composer = owner;
    if (context_failed("composer", "limits not read", failure)) {
        composer->failed = true;
        writes_end(composer);
        return;
    }
    bundles_read_usage(&composer->bundles, result);
    bundles_decide(&composer->bundles, composer->config->config, composer->now);
    step(composer, COMPOSER_WRITE);
}

static void ask_usage(struct composer *composer)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, composer->now);
    bundles_init(&composer->bundles, composer->drafts, composer->count);
    bool limited = bundles_add_limits(&composer->bundles, params);
    pg_param_int(params, bundles_memory(composer->config->config));
    if (limited)
        pg_query(composer->context->lead, "SELECT * FROM duban.composer_usage($1, $2, $3, $4, $5)",
                 params, on_usage, composer);
    pg_params_destroy(params);
    if (!limited)
        step(composer, COMPOSER_WRITE);
}

/* --- write --- */

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct composer *composer = owner;
    if (context_failed("composer", "messages not written", failure)) {
        composer->failed = true;
    } else {
        composer->composed = pg_int(result, 0, 0);
        context_count(composer->context, METRIC_COMPOSED, composer->composed);
        composer->progress += pg_int(result, 0, 0) + pg_int(result, 0, 1) + pg_int(result, 0, 2);
        log_line(LOG_LEVEL_DEBUG, "composer", "composed", log_int("messages", composer->composed),
                 log_int("cancelled", pg_int(result, 0, 1)));
    }
    writes_end(composer);
}

static void add_drafts(struct pg_params *params, const struct composer *composer)
{
    const struct draft *end = composer->drafts + composer->count;
    const struct draft *draft;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (draft = composer->drafts; draft < end; draft++)                                           \
        if (draft->outcome)                                                                        \
            add(params, value);                                                                    \
    pg_array_end(params)
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, draft->release_at);
    ARRAY(PG_INT8, pg_array_int, draft->notification);
    ARRAY(PG_TEXT, pg_array_text, draft->outcome);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, draft->hold_until);
    ARRAY(PG_INT8, pg_array_int, draft->silence);
    ARRAY(PG_INT8, pg_array_int, draft->message);
    ARRAY(PG_TEXT, pg_array_text, draft->public_id);
    ARRAY(PG_TEXT, pg_array_text, draft->address);
    ARRAY(PG_TEXT, pg_array_text, draft->endpoint ? draft->endpoint : "");
    ARRAY(PG_TEXT, pg_array_text, draft->body);
    ARRAY(PG_BOOL, pg_array_bool, draft->repeatable);
    ARRAY(PG_TEXT, pg_array_text, draft->carries ? "digest" : "");
    ARRAY(PG_TEXT, pg_array_text, draft->carries ? draft->carries : "");
    ARRAY(PG_BOOL, pg_array_bool, draft->way && draft->way->digest_us > 0);
#undef ARRAY
}

/* The words go to the database and out of memory. */
static void write_turn(struct composer *composer)
{
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, composer->now);
    add_drafts(params, composer);
    bundles_add_usage(&composer->bundles, params);
    pg_query(composer->context->lead,
             "SELECT * FROM duban.composer_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
             " $12, $13, $14, $15, $16, $17)",
             params, on_written, composer);
    pg_params_destroy(params);
}

/* --- the machine --- */

static void step(struct composer *composer, enum composer_step next)
{
    static void (*const steps[])(struct composer *) = {
        [COMPOSER_TAKE] = take,
        [COMPOSER_FACTS] = begin_facts,
        [COMPOSER_USAGE] = ask_usage,
        [COMPOSER_WRITE] = write_turn,
    };
    composer->step = next;
    steps[next](composer);
}

static void begin_turn(struct stage *stage)
{
    struct composer *composer = (struct composer *)(void *)stage;
    composer->config = context_config(composer->context);
    composer->writes = 1; /* its own, which every turn that has taken something ends with */
    composer->failed = false;
    composer->composed = composer->progress = 0;
    if (!context_has_source(composer->context)) {
        end_turn(composer, RETRY_US);
        return;
    }
    step(composer, COMPOSER_TAKE);
}

void composer_init(struct composer *composer, struct context *context)
{
    *composer = (struct composer){.context = context, .floor = WALL_NONE};
    composer->page.secret = context->secret;
    stage_init(&composer->stage, context->loop, "composer", begin_turn);
    context->composer = &composer->stage;
}

void composer_finish(struct composer *composer)
{
    stage_disable(&composer->stage);
    forget_drafts(composer);
    intake_page_finish(&composer->page);
    shared_config_drop(composer->config);
}
