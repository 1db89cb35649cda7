/* Routes as arrays that run in parallel. */
#include "duban/config_params.h"

span_us config_gather_us(const struct channel *channel)
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
        pg_array_int(params, config_gather_us(config->routes[i].channel));
    pg_array_end(params);
}
