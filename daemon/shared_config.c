/* Counted configurations; their routes and days as parameters. */
#include "shared_config.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

struct shared_config *shared_config_create(struct config *config)
{
    struct shared_config *shared = mem_zero(1, sizeof *shared);
    *shared = (struct shared_config){.config = config, .references = 1};
    return shared;
}

struct shared_config *shared_config_take(struct shared_config *shared)
{
    shared->references++;
    return shared;
}

void shared_config_drop(struct shared_config *shared)
{
    if (shared == NULL || --shared->references > 0)
        return;
    config_destroy(shared->config);
    free(shared);
}

void config_add_routes_of(const struct config *config, const char *kind, struct pg_params *params)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        if (strcmp(config->routes[i].kind, kind) == 0)
            pg_array_text(params, config->routes[i].role);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        if (strcmp(config->routes[i].kind, kind) == 0)
            pg_array_text(params, config->routes[i].channel->name);
    pg_array_end(params);
}

void config_add_day(const struct config *config, wall_us at, struct pg_params *params)
{
    char day[DAY_TEXT_BYTES];
    pg_param_text(params, day_text(zone_day(calendar_zone(config->calendar), at), day));
}

void config_add_reminded(const struct config *config, struct pg_params *params)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->reminder_count; i++)
        pg_array_text(params, config->reminders[i].kind);
    pg_array_end(params);
}

static const char *make_key(const struct config_reminder *reminder, size_t step,
                            char key[REMINDER_KEY_BYTES])
{
    snprintf(key, REMINDER_KEY_BYTES, "%s/%zu", reminder->kind, step);
    return key;
}

const char *config_reminder_key(const struct config_reminder *reminder, int32_t number,
                                char key[REMINDER_KEY_BYTES])
{
    size_t step = 0;
    while (step < reminder->step_count && reminder->steps[step].from <= number)
        step++;
    return make_key(reminder, step, key);
}

/* What one route puts into an array. */
typedef void (*add_column)(struct pg_params *params, const char *key,
                           const struct config_route *route);

static void add_key(struct pg_params *params, const char *key, const struct config_route *route)
{
    (void)route;
    pg_array_text(params, key);
}

static void add_role(struct pg_params *params, const char *key, const struct config_route *route)
{
    (void)key;
    pg_array_text(params, route->role);
}

static void add_channel(struct pg_params *params, const char *key, const struct config_route *route)
{
    (void)key;
    pg_array_text(params, route->channel->name);
}

static void add_gather(struct pg_params *params, const char *key, const struct config_route *route)
{
    (void)key;
    pg_array_int(params, config_gather_us(route->channel));
}

/* A step tells all those before it too. */
static void add_steps(const struct config_reminder *reminder, add_column add,
                      struct pg_params *params)
{
    for (size_t step = 0; step < reminder->step_count; step++) {
        char key[REMINDER_KEY_BYTES];
        make_key(reminder, step + 1, key);
        for (size_t i = 0; i < reminder->steps[step].route_count; i++)
            add(params, key, &reminder->routes[i]);
    }
}

void config_add_reminder_routes(const struct config *config, struct pg_params *params)
{
    static const add_column columns[] = {add_key, add_role, add_channel, add_gather};
    for (size_t column = 0; column < COUNT_OF(columns); column++) {
        pg_array_begin(params, columns[column] == add_gather ? PG_INT8 : PG_TEXT);
        for (size_t i = 0; i < config->reminder_count; i++)
            add_steps(&config->reminders[i], columns[column], params);
        pg_array_end(params);
    }
}

void config_add_fallbacks(const struct config *config, bool unsure, struct pg_params *params)
{
    for (int column = 0; column < 2; column++) {
        pg_array_begin(params, PG_TEXT);
        for (size_t i = 0; i < config->channel_count; i++) {
            const struct channel *channel = &config->channels[i];
            if (channel->fallback && (channel->fallback_unsure || !unsure))
                pg_array_text(params, column == 0 ? channel->name : channel->fallback);
        }
        pg_array_end(params);
    }
}
