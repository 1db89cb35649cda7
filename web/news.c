/* The news: one question for all viewers. */
#include "news.h"

#include "decorate.h"
#include "viewer.h"
#include "web.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define POLL_S       0.2
#define TICK_S       15.
#define ROWS_MOST    1000
#define WAIT_LATE_US (10 * US_PER_S) /* for an id that others have overtaken */

static void ask(struct news *news);

static void poll_within(struct news *news, double seconds)
{
    struct ev_loop *loop = news->web->loop;
    ev_timer_stop(loop, &news->poll);
    ev_timer_set(&news->poll, seconds, 0.);
    ev_timer_start(loop, &news->poll);
}

/* --- what has happened --- */

static void forget_all(struct news *news)
{
    for (size_t i = 0; i < NEWS_KEPT; i++) {
        free(news->ring[i].text);
        free(news->ring[i].window);
        free(news->ring[i].department);
        news->ring[i] = (struct news_item){0};
    }
    news->next = news->count = 0;
}

static struct news_item *keep(struct news *news)
{
    struct news_item *item = &news->ring[news->next];
    free(item->text);
    free(item->window);
    free(item->department);
    news->next = (news->next + 1) % NEWS_KEPT;
    if (news->count < NEWS_KEPT)
        news->count++;
    return item;
}

static char *item_text(const struct config *config, const PGresult *result, int row)
{
    char due[INSTANT_TEXT_BYTES], at[INSTANT_TEXT_BYTES];
    const char *level = pg_text(result, row, 4);
    wall_us due_at = pg_instant(result, row, 5);
    int severity = level_severity(config, level);
    json_t *data = json_pack(
        "{s:s, s:s, s:s, s:i, s:o, s:s, s:s}", "case_no", pg_text(result, row, 1), "clock",
        pg_text(result, row, 2), "level", level, "severity", severity < 0 ? 0 : severity, "due_at",
        due_at == WALL_NONE ? json_null() : json_string(instant_text(due_at, due)), "kind",
        pg_text(result, row, 3), "at", instant_text(pg_instant(result, row, 6), at));
    char *json = json_dumps(data, JSON_COMPACT);
    char *text =
        mem_format("id: %lld\nevent: level\ndata: %s\n\n", (long long)pg_int(result, row, 0), json);
    free(json);
    json_decref(data);
    return text;
}

/* What pages are told of: cases, but not who was denied a look at one. */
static bool is_news(const PGresult *result, int row)
{
    return *pg_text(result, row, 1) && strcmp(pg_text(result, row, 3), "denied") != 0 &&
           strcmp(pg_text(result, row, 2), SELFTEST) != 0;
}

static void hear(struct news *news, const PGresult *result, int row)
{
    int64_t now_us = steady_us();
    if (!gaps_seen(&news->gaps, pg_int(result, row, 0), now_us) || !is_news(result, row))
        return;
    struct news_item *item = keep(news);
    *item = (struct news_item){.id = pg_int(result, row, 0),
                               .text = item_text(news->web->config, result, row),
                               .window = mem_text(pg_text(result, row, 7)),
                               .department = mem_text(pg_text(result, row, 8))};
    viewers_hear(news, item);
}

/* --- asking --- */

/* How far the ledger goes, known from the first connection on, so that a viewer hears of what
 * happens after their coming; what lies too far behind is left out, and pages look anew. */
static void on_end(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct news *news = context;
    news->asked = false;
    if (failure) {
        poll_within(news, POLL_S);
        return;
    }
    int64_t last = pg_int(result, 0, 0);
    if (!news->known || last - news->gaps.last > NEWS_KEPT) {
        viewers_tell(news, "event: reset\ndata: {}\n\n");
        forget_all(news);
        gaps_skip(&news->gaps, last);
        news->known = true;
    }
    ask(news);
}

static void on_rows(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct news *news = context;
    news->asked = false;
    if (failure) {
        if (failure->sqlstate[0])
            log_line(LOG_LEVEL_ERROR, "news", "not read", log_text("error", failure->error.text));
        poll_within(news, POLL_S);
        return;
    }
    if (viewers_doubt(news, result))
        return;
    int rows = PQntuples(result);
    for (int row = 0; row < rows; row++)
        hear(news, result, row);
    gaps_forget(&news->gaps, steady_us() - WAIT_LATE_US);
    if (rows < ROWS_MOST) {
        poll_within(news, POLL_S);
        return;
    }
    news->asked = true; /* much at once: is there very much? */
    pg_query(news->web->background, "SELECT * FROM duban.web_news(NULL, NULL, 1)", NULL, on_end,
             news);
}

static void ask(struct news *news)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, news->gaps.last);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < news->gaps.count; i++)
        pg_array_int(params, news->gaps.missing[i].id);
    pg_array_end(params);
    pg_param_int(params, ROWS_MOST);
    news->asked = true;
    pg_query(news->web->background, "SELECT * FROM duban.web_news($1, $2, $3)", params, on_rows,
             news);
    pg_params_destroy(params);
}

static void look(struct news *news)
{
    if (news->asked || !pg_is_up(news->web->background))
        return;
    if (news->known) {
        if (!LIST_EMPTY(&news->viewers))
            ask(news);
        return;
    }
    news->asked = true;
    pg_query(news->web->background, "SELECT * FROM duban.web_news(NULL, NULL, 1)", NULL, on_end,
             news);
}

static void on_poll(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    look((struct news *)(void *)((char *)timer - offsetof(struct news, poll)));
}

/* --- ticks --- */

static void on_now(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct news *news = context;
    char now[INSTANT_TEXT_BYTES], text[128];
    if (failure)
        return;
    news->away = false;
    snprintf(text, sizeof text, "event: tick\ndata: {\"now\":\"%s\"}\n\n",
             instant_text(pg_instant(result, 0, 0), now));
    viewers_tell(news, text);
}

static void tick(struct news *news)
{
    if (LIST_EMPTY(&news->viewers))
        return;
    if (!pg_is_up(news->web->background)) {
        viewers_tell(news, "event: stale\ndata: {}\n\n");
        return;
    }
    pg_query(news->web->background, "SELECT duban.now()", NULL, on_now, news);
    if (++news->ticks % 2 == 0)
        viewers_check(news);
}

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    tick((struct news *)(void *)((char *)timer - offsetof(struct news, tick)));
}

void news_init(struct news *news, struct web *web)
{
    news->web = web;
    LIST_INIT(&news->viewers);
    ev_init(&news->poll, on_poll);
    ev_timer_init(&news->tick, on_tick, TICK_S, TICK_S);
    ev_timer_start(web->loop, &news->tick);
}

void news_finish(struct news *news)
{
    ev_timer_stop(news->web->loop, &news->poll);
    ev_timer_stop(news->web->loop, &news->tick);
    forget_all(news);
}

void news_hear(struct news *news, enum pg_event event)
{
    if (event == PG_UP) {
        poll_within(news, 0.);
        tick(news);
    } else if (!news->away) {
        news->away = true;
        viewers_tell(news, "event: stale\ndata: {}\n\n");
    }
}

void news_wake(struct news *news)
{
    if (!ev_is_active(&news->poll))
        poll_within(news, 0.);
}
