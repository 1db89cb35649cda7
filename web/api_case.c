/* One case: what is known of it, and what people do with it. */
#include "decorate.h"
#include "router.h"

#include "duban/act.h"
#include "duban/config_params.h"

#include <string.h>

static const char *case_of(const struct exchange *exchange)
{
    return exchange->path.parts[3];
}

/* --- looking --- */

static const struct calendar *calendar_of(const struct config *config, const json_t *clock)
{
    const char *version = json_string_value(json_object_get(clock, "calendar_version"));
    for (size_t i = 0; version && i < config->calendar_count; i++)
        if (strcmp(calendar_version(config->calendars[i].calendar), version) == 0)
            return config->calendars[i].calendar;
    return config->calendar;
}

/* The days of its worst clock, which comes first, from the acceptance on: until it is due, or until
 * today while it runs on. */
static json_t *case_days(const struct config *config, const json_t *root)
{
    const json_t *facts = json_object_get(root, "case");
    const json_t *clock = json_array_get(json_object_get(root, "clocks"), 0);
    const char *state = json_string_value(json_object_get(clock, "state"));
    wall_us from = json_instant(facts, "accepted_at"), due = json_instant(clock, "due_at");
    wall_us now = json_instant(root, "now");
    if (due != WALL_NONE && due < now && state && strcmp(state, "running") == 0)
        due = now;
    if (from == WALL_NONE)
        from = json_instant(facts, "received_at");
    if (from == WALL_NONE)
        from = now;
    if (due == WALL_NONE || due < from)
        due = from + US_PER_DAY;
    return days_json(calendar_of(config, clock), from, due);
}

static void on_case(struct exchange *exchange, json_t *root)
{
    const struct config *config = exchange->web->config;
    wall_us now = json_instant(root, "now");
    size_t i;
    json_t *clock;
    json_array_foreach(json_object_get(root, "clocks"), i, clock)
    {
        const char *name = json_string_value(json_object_get(clock, "name"));
        json_object_set_new(clock, "label", json_string(clock_label(config, name)));
        decorate_left(config, clock, now);
    }
    json_object_set_new(root, "days", case_days(config, root));
    decorate_open(config, root, now);
    exchange_json(exchange, root);
}

void api_case(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, case_of(exchange));
    exchange_ask(exchange, "SELECT duban.web_case($1, $2)", params, on_case);
    pg_params_destroy(params);
}

/* --- acting --- */

/* The caller and the case. */
static struct pg_params *act_params(const struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, case_of(exchange));
    return params;
}

void api_acknowledge(struct exchange *exchange)
{
    struct act act;
    if (!exchange_read_act(exchange, &act))
        return;
    struct pg_params *params = act_params(exchange);
    pg_param_text(params, act.clock[0] ? act.clock : NULL);
    pg_param_text(params, act.note);
    exchange_ask(exchange, "SELECT duban.web_acknowledge($1, $2, $3, $4)", params, exchange_json);
    pg_params_destroy(params);
}

/* The local day, for deputies. */
static void add_day(const struct exchange *exchange, struct pg_params *params)
{
    const struct zone *zone = calendar_zone(exchange->web->config->calendar);
    char day[DAY_TEXT_BYTES];
    pg_param_text(params,
                  day_text(zone_day(zone, (wall_us)(ev_now(exchange->web->loop) * 1e6)), day));
}

void api_withdraw(struct exchange *exchange)
{
    struct act act;
    if (!exchange_read_act(exchange, &act))
        return;
    if (strspn(act.reason, " \n") == strlen(act.reason)) {
        exchange_error(exchange, "bad_request", "a withdrawal needs a reason");
        return;
    }
    struct pg_params *params = act_params(exchange);
    pg_param_text(params, act.clock[0] ? act.clock : NULL);
    pg_param_text(params, act.reason);
    config_add_routes(exchange->web->config, params);
    add_day(exchange, params);
    exchange_ask(exchange,
                 "SELECT duban.web_withdraw($1, $2, $3, $4, $5, $6, $7, $8, $9::text::date)",
                 params, exchange_json);
    pg_params_destroy(params);
}

void api_silence(struct exchange *exchange)
{
    struct act act;
    if (!exchange_read_act(exchange, &act))
        return;
    if (strspn(act.reason, " \n") == strlen(act.reason) || act.until == WALL_NONE) {
        exchange_error(exchange, "bad_request", "a silence needs an end and a reason");
        return;
    }
    struct pg_params *params = act_params(exchange);
    pg_param_instant(params, act.until);
    pg_param_text(params, act.reason);
    exchange_ask(exchange, "SELECT duban.web_silence($1, $2, $3, $4)", params, exchange_json);
    pg_params_destroy(params);
}
