/* Counted configurations, and their routes as parameters. */
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
