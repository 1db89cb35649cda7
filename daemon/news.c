/* News of endpoints: gathered in their lanes, told in batches. */
#include "news.h"

#include "duban/steady.h"

#include <stdio.h>
#include <string.h>

#define TELL_MOST 500

static bool is_news(const struct lane_news *news)
{
    return news->state || news->ok_at != WALL_NONE || news->error_at != WALL_NONE;
}

static void clear(struct lane_news *news)
{
    *news = (struct lane_news){.ok_at = WALL_NONE, .error_at = WALL_NONE};
}

void news_of_success(struct lane *lane, wall_us at)
{
    lane->news.ok_at = at;
}

void news_of_error(struct lane *lane, wall_us at, const char *error)
{
    lane->news.error_at = at;
    snprintf(lane->news.error, sizeof lane->news.error, "%s", error);
}

void news_of_state(struct lane *lane, const char *state, bool probe, span_us pause_us,
                   const char *reason)
{
    struct lane_news *news = &lane->news;
    news->state = state;
    news->probe = probe;
    news->pause_us = pause_us;
    snprintf(news->reason, sizeof news->reason, "%s", reason);
}

bool news_pending(const struct lane *lane)
{
    return lane->news.state || (lane->is_told && lane->telling.state);
}

/* What could not be told is news again, unless there is newer. */
static void put_back(struct lane *lane)
{
    struct lane_news *news = &lane->news, *old = &lane->telling;
    if (news->state == NULL && old->state)
        news_of_state(lane, old->state, old->probe, old->pause_us, old->reason);
    if (news->ok_at == WALL_NONE)
        news->ok_at = old->ok_at;
    if (news->error_at == WALL_NONE && old->error_at != WALL_NONE)
        news_of_error(lane, old->error_at, old->error);
}

static void on_told(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct news *news = owner;
    (void)result;
    news->telling = false;
    for (size_t i = 0; i < news->lanes->count; i++) {
        struct lane *lane = news->lanes->items[i];
        if (lane->is_told && failure)
            put_back(lane);
        lane->is_told = false;
    }
    if (!context_failed("dispatcher", "states of endpoints not written", failure))
        news_go_on(news);
}

/* At most so many; the others follow. How many. */
static size_t choose(struct news *news, bool all)
{
    size_t count = 0;
    for (size_t i = 0; i < news->lanes->count && count < TELL_MOST; i++) {
        struct lane *lane = news->lanes->items[i];
        if (lane->news.state == NULL && !(all && is_news(&lane->news)))
            continue;
        lane->telling = lane->news;
        lane->is_told = true;
        clear(&lane->news);
        count++;
    }
    return count;
}

static void add_reports(struct pg_params *params, const struct lanes *lanes)
{
    size_t i;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (i = 0; i < lanes->count; i++)                                                             \
        if (lanes->items[i]->is_told)                                                              \
            add(params, value);                                                                    \
    pg_array_end(params)
#define TOLD lanes->items[i]->telling
    ARRAY(PG_INT8, pg_array_int, lanes->items[i]->endpoint);
    ARRAY(PG_TEXT, pg_array_text, TOLD.state ? TOLD.state : "");
    ARRAY(PG_BOOL, pg_array_bool, TOLD.probe);
    ARRAY(PG_INT8, pg_array_int, TOLD.pause_us);
    ARRAY(PG_TEXT, pg_array_text, TOLD.reason);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, TOLD.ok_at);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, TOLD.error_at);
    ARRAY(PG_TEXT, pg_array_text, TOLD.error);
#undef TOLD
#undef ARRAY
}

void news_go_on(struct news *news)
{
    struct context *context = news->context;
    double now = steady_s();
    if (news->telling || !pg_is_up(context->work))
        return;
    bool all = now - news->told >= NEWS_EACH_S;
    size_t count = choose(news, all);
    if (all && count < TELL_MOST)
        news->told = now;
    if (count == 0)
        return;
    news->telling = true;
    pg_params_clear(news->params);
    add_reports(news->params, news->lanes);
    pg_query(context->work, "SELECT duban.endpoint_report($1, $2, $3, $4, $5, $6, $7, $8)",
             news->params, on_told, news);
}

void news_init(struct news *news, struct context *context, struct lanes *lanes)
{
    *news = (struct news){.context = context, .lanes = lanes, .params = pg_params_create()};
    news->told = steady_s();
}

void news_finish(struct news *news)
{
    pg_params_destroy(news->params);
}
