/* Routes as arrays that run in parallel. */
#include "duban/config_params.h"

#include "duban/mem.h"

#include <stdio.h>

span_us config_gather_us(const struct channel *channel)
{
    if (channel->digest_us == 0)
        return 0;
    return channel->gather_us > 0 ? channel->gather_us : 1;
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

static const struct {
    add_column add;
    enum pg_type type;
} columns[] = {
    {add_key, PG_TEXT}, {add_role, PG_TEXT}, {add_channel, PG_TEXT}, {add_gather, PG_INT8}};

/* Levels that are told to others than the route of their name says: under POLICY/LEVEL. */
static void add_level_routes(const struct config_policy *policy, add_column add,
                             struct pg_params *params)
{
    for (size_t i = 0; i < policy->policy.count; i++) {
        const struct config_level *level = &policy->levels[i];
        char key[2 * LEVEL_NAME_BYTES];
        snprintf(key, sizeof key, "%s/%s", policy->policy.name, policy->policy.levels[i].name);
        for (size_t r = 0; r < level->route_count; r++)
            add(params, key, &level->routes[r]);
    }
}

void config_add_routes(const struct config *config, struct pg_params *params)
{
    for (size_t column = 0; column < COUNT_OF(columns); column++) {
        pg_array_begin(params, columns[column].type);
        for (size_t i = 0; i < config->route_count; i++)
            columns[column].add(params, config->routes[i].kind, &config->routes[i]);
        for (size_t p = 0; p < config->policy_count; p++)
            add_level_routes(&config->policies[p], columns[column].add, params);
        pg_array_end(params);
    }
}
