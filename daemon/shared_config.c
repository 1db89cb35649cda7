/* Counted configurations; their routes and days as parameters. */
#include "shared_config.h"

#include "duban/mem.h"

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

/* 0: not gathered. */
static span_us gather_of(const struct channel *channel)
{
    if (channel->digest_us == 0)
        return 0;
    return channel->gather_us > 0 ? channel->gather_us : 1;
}

void config_add_routes(const struct config *config, struct pg_params *params)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_text(params, config->routes[i].kind);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_text(params, config->routes[i].role);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_text(params, config->routes[i].channel->name);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_int(params, gather_of(config->routes[i].channel));
    pg_array_end(params);
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
