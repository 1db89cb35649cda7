/* Breakers and rates of the lanes: what this daemon hears, and what it reads of the others. */
#include "health.h"

#include "duban/log.h"
#include "duban/steady.h"

#define LOOK_EACH_S 1.

/* --- rates --- */

static void set_rate(struct health *health, struct lane *lane)
{
    const struct channel *channel = config_channel(health->context->config->config, lane->channel);
    struct rate_limits share = {0};
    if (channel)
        share = rate_share(&channel->rate, health->daemons);
    rate_set(&lane->rate, &share);
}

/* What a daemon before us or beside us has sent isn't known: an endpoint that wasn't idle for long
 * is taken for used up, as of the latest time at which it can have been used. */
void health_meet(struct health *health, struct lane *lane, span_us idle_us)
{
    set_rate(health, lane);
    if (idle_us < 0)
        return;
    double idle_s = (double)idle_us / 1e6 - 2 * NEWS_EACH_S;
    double used = steady_s() - (idle_s > 0. ? idle_s : 0.);
    rate_exhaust(&lane->rate, (int64_t)(used * 1e6));
}

/* --- hearing --- */

static void log_state(const struct lane *lane, const char *word, const char *detail, span_us pause)
{
    enum log_level level = lane_is_well(lane) ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
    log_line(level, "dispatcher", "endpoint", log_text("state", word),
             log_text("channel", lane->channel), log_int("endpoint", lane->endpoint),
             log_int("pause_ms", pause / US_PER_MS), log_text("detail", detail));
}

static void change(struct health *health, const struct parcel *parcel, wall_us now)
{
    struct lane *lane = parcel->lane;
    const struct breaker *breaker = &lane->breaker;
    bool throttled =
        breaker->state == ENDPOINT_OPEN && parcel->outcome.verdict == VERDICT_THROTTLED;
    const char *word = throttled ? "throttled" : endpoint_state_word(breaker->state);
    span_us pause = breaker->state == ENDPOINT_OPEN ? breaker->until - now : 0;
    lane->changed = steady_s();
    if (lane_is_well(lane))
        lane->parked = true;
    else
        lane->park_due = true;
    lane->parked_floor = 0;
    news_of_state(lane, word, parcel->probe, pause,
                  lane_is_well(lane) ? "" : parcel->outcome.detail);
    log_state(lane, word, parcel->outcome.detail, pause);
    news_go_on(&health->news);
    stage_wake(health->context->dispatcher);
}

void health_hear(struct health *health, const struct parcel *parcel, span_us pause_us,
                 uint64_t random)
{
    struct lane *lane = parcel->lane;
    wall_us now = context_now(health->context);
    enum verdict verdict = parcel->outcome.verdict;
    if (verdict == VERDICT_DELIVERED || verdict == VERDICT_ACCEPTED)
        news_of_success(lane, now);
    else
        news_of_error(lane, now, parcel->outcome.detail);
    if (breaker_hear(&lane->breaker, parcel->channel, verdict, parcel->probe, pause_us, now,
                     random))
        change(health, parcel, now);
}

/* --- looking --- */

static void take_state(struct lane *lane, enum endpoint_state state, wall_us until,
                       int64_t openings)
{
    enum endpoint_state old = lane->breaker.state;
    if (old != state)
        lane->breaker.failures = 0;
    lane->breaker.state = state;
    lane->breaker.until = until;
    lane->breaker.openings = openings;
    if (old != ENDPOINT_WELL && state == ENDPOINT_WELL) {
        lane->parked = true;
        lane->parked_floor = 0;
    }
    if (state != ENDPOINT_WELL)
        lane->park_due = true;
}

/* Both stand in the order of the endpoints' numbers. */
static void take_states(struct health *health, const PGresult *result)
{
    int row = 0, rows = PQntuples(result) - 1; /* the last one tells of the daemons */
    for (size_t i = 0; i < health->lanes->count; i++) {
        struct lane *lane = health->lanes->items[i];
        while (row < rows && pg_int(result, row, 2) < lane->endpoint)
            row++;
        bool own_is_newer = news_pending(lane) || lane->changed >= health->asked;
        if (own_is_newer)
            continue;
        if (row < rows && pg_int(result, row, 2) == lane->endpoint)
            take_state(lane, endpoint_state_of(pg_text(result, row, 3)), pg_instant(result, row, 4),
                       pg_int(result, row, 5));
        else
            take_state(lane, ENDPOINT_WELL, WALL_NONE, 0);
    }
}

static void on_trouble(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct health *health = owner;
    if (context_failed("dispatcher", "states of endpoints not read", failure)) {
        health->go_on(health->owner, false);
        return;
    }
    int last = PQntuples(result) - 1;
    context_hear(health->context, pg_instant(result, last, 0));
    health->daemons = pg_int(result, last, 1);
    take_states(health, result);
    for (size_t i = 0; i < health->lanes->count; i++)
        set_rate(health, health->lanes->items[i]);
    health->looked = health->asked;
    health->go_on(health->owner, true);
}

static void on_load_told(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct health *health = owner;
    if (context_failed("dispatcher", "the new configuration was not told", failure)) {
        health->load = true;
        return;
    }
    if (pg_int(result, 0, 0) > 0)
        log_line(LOG_LEVEL_INFO, "dispatcher", "stopped endpoints are tried again",
                 log_int("endpoints", pg_int(result, 0, 0)));
}

static void tell_load(struct health *health)
{
    health->load = false;
    pg_query(health->context->work, "SELECT duban.endpoint_reload()", NULL, on_load_told, health);
}

void health_look(struct health *health)
{
    double now = steady_s();
    if (!health->load && health->looked > 0. && now - health->looked < LOOK_EACH_S) {
        health->go_on(health->owner, true);
        return;
    }
    health->asked = now;
    news_go_on(&health->news);
    if (health->load)
        tell_load(health);
    pg_query(health->context->work, "SELECT * FROM duban.endpoint_trouble()", NULL, on_trouble,
             health);
}

void health_lost(struct health *health)
{
    health->looked = 0.;
}

void health_reload(struct health *health)
{
    health->load = true;
    for (size_t i = 0; i < health->lanes->count; i++)
        set_rate(health, health->lanes->items[i]);
    stage_wake(health->context->dispatcher);
}

void health_init(struct health *health, struct context *context, struct lanes *lanes,
                 void (*go_on)(void *owner, bool fine), void *owner)
{
    *health = (struct health){.context = context,
                              .lanes = lanes,
                              .daemons = 1,
                              .load = true,
                              .go_on = go_on,
                              .owner = owner};
    news_init(&health->news, context, lanes);
}

void health_finish(struct health *health)
{
    news_finish(&health->news);
}
