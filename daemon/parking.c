/* ready → parked → ready, and parked → dead. */
#include "parking.h"

#include "duban/log.h"

#define MOVE_MOST    500             /* messages a move … */
#define MOVE_LEAST   20              /* … but so many of each endpoint at least */
#define FLOOR_LAG_US (60 * US_PER_S) /* how late a commit may show what was due earlier */

typedef bool (*lane_test)(const struct lane *lane);

/* Adds the endpoints that pass; how many of each may be moved, 0 when there are none. */
static size_t add_endpoints(struct parking *parking, lane_test passes)
{
    size_t count = 0;
    pg_params_clear(parking->params);
    pg_array_begin(parking->params, PG_INT8);
    for (size_t i = 0; i < parking->lanes->count; i++) {
        if (!passes(parking->lanes->items[i]))
            continue;
        pg_array_int(parking->params, parking->lanes->items[i]->endpoint);
        count++;
    }
    pg_array_end(parking->params);
    size_t each = count ? MOVE_MOST / count : 0;
    return count && each < MOVE_LEAST ? MOVE_LEAST : each;
}

/* --- out of the queue --- */

static bool is_to_park(const struct lane *lane)
{
    return !lane_is_well(lane) && lane->park_due;
}

static void on_parked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct parking *parking = owner;
    size_t each = parking->park_each;
    parking->park_each = 0;
    if (context_failed("dispatcher", "messages not parked", failure))
        return; /* they are due again with the next look */
    wall_us floor = context_now(parking->context) - FLOOR_LAG_US;
    for (int row = 0; row < PQntuples(result); row++) {
        struct lane *lane = lanes_find(parking->lanes, pg_int(result, row, 0));
        lane->parked = true;
        if ((size_t)pg_int(result, row, 1) < each) {
            lane->floor = floor;
        } else {
            lane->park_due = true;
            stage_wake(parking->context->dispatcher);
        }
    }
}

static void park(struct parking *parking, bool sweep)
{
    size_t each = add_endpoints(parking, is_to_park);
    if (each == 0 || parking->park_each)
        return;
    pg_array_begin(parking->params, PG_TIMESTAMPTZ);
    for (size_t i = 0; i < parking->lanes->count; i++) {
        struct lane *lane = parking->lanes->items[i];
        if (!is_to_park(lane))
            continue;
        pg_array_instant(parking->params, sweep ? WALL_NONE : lane->floor);
        lane->park_due = false;
    }
    pg_array_end(parking->params);
    pg_param_int(parking->params, (int64_t)each);
    parking->park_each = each;
    pg_query(parking->context->work, "SELECT * FROM duban.park($1, $2, $3)", parking->params,
             on_parked, parking);
}

/* --- back into it --- */

static bool is_to_unpark(const struct lane *lane)
{
    return lane_is_well(lane) && lane->parked;
}

/* At a batch that isn't full the look begins at the bottom again: what lies there was parked late.
 * Only when that finds nothing either, nothing is parked. */
static void on_unparked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct parking *parking = owner;
    parking->unpark_each = 0;
    if (context_failed("dispatcher", "messages not unparked", failure))
        return;
    for (size_t i = 0; i < parking->lanes->count; i++) {
        struct lane *lane = parking->lanes->items[i];
        if (is_to_unpark(lane) && lane->unpark_asked && lane->parked_floor == 0)
            lane->parked = false;
        lane->parked_floor = 0;
        lane->unpark_asked = false;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        struct lane *lane = lanes_find(parking->lanes, pg_int(result, row, 0));
        lane->parked = true;
        lane->parked_floor = pg_int(result, row, 2);
        stage_wake(parking->context->dispatcher);
    }
}

static void unpark(struct parking *parking)
{
    size_t each = add_endpoints(parking, is_to_unpark);
    if (each == 0 || parking->unpark_each)
        return;
    pg_array_begin(parking->params, PG_INT8);
    for (size_t i = 0; i < parking->lanes->count; i++) {
        struct lane *lane = parking->lanes->items[i];
        if (!is_to_unpark(lane))
            continue;
        pg_array_int(parking->params, lane->parked_floor);
        lane->unpark_asked = true;
    }
    pg_array_end(parking->params);
    pg_param_int(parking->params, (int64_t)each);
    parking->unpark_each = each;
    pg_query(parking->context->work, "SELECT * FROM duban.unpark($1, $2, $3)", parking->params,
             on_unparked, parking);
}

/* --- given up --- */

static bool has_parked(const struct lane *lane)
{
    return lane->parked;
}

static void on_expired(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct parking *parking = owner;
    size_t each = parking->expire_each;
    parking->expire_each = 0;
    if (context_failed("dispatcher", "parked messages not given up", failure))
        return;
    int64_t dead = pg_int(result, 0, 0);
    if (dead == 0)
        return;
    log_line(LOG_LEVEL_WARNING, "dispatcher", "parked messages given up",
             log_int("messages", dead));
    stage_wake(parking->context->composer); /* fallbacks */
    parking->expire_due = (size_t)dead >= each;
    if (parking->expire_due)
        stage_wake(parking->context->dispatcher);
}

static void add_lives(struct parking *parking)
{
    const struct config *config = parking->context->config->config;
    const struct channel *channel;
    pg_array_begin(parking->params, PG_INT8);
    for (size_t i = 0; i < parking->lanes->count; i++) {
        if (!has_parked(parking->lanes->items[i]))
            continue;
        channel = config_channel(config, parking->lanes->items[i]->channel);
        pg_array_int(parking->params, channel ? channel->give_up_us : 0);
    }
    pg_array_end(parking->params);
    pg_array_begin(parking->params, PG_TEXT);
    for (size_t i = 0; i < parking->lanes->count; i++) {
        if (!has_parked(parking->lanes->items[i]))
            continue;
        channel = config_channel(config, parking->lanes->items[i]->channel);
        pg_array_text(parking->params, channel && channel->fallback ? channel->fallback : "");
    }
    pg_array_end(parking->params);
}

static void expire(struct parking *parking)
{
    size_t each = add_endpoints(parking, has_parked);
    if (each == 0 || parking->expire_each)
        return;
    add_lives(parking);
    pg_param_int(parking->params, (int64_t)each);
    parking->expire_each = each;
    parking->expire_due = false;
    pg_query(parking->context->work, "SELECT duban.park_expire($1, $2, $3, $4)", parking->params,
             on_expired, parking);
}

void parking_go(struct parking *parking, bool sweep)
{
    park(parking, sweep);
    unpark(parking);
    if (sweep || parking->expire_due)
        expire(parking);
}

void parking_init(struct parking *parking, struct context *context, struct lanes *lanes)
{
    *parking = (struct parking){.context = context, .lanes = lanes, .params = pg_params_create()};
}

void parking_finish(struct parking *parking)
{
    pg_params_destroy(parking->params);
}
