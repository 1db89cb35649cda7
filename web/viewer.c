/* Viewers: who they are, what they may see, and their streams. */
#include "viewer.h"

#include "router.h"

#include "duban/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void drop_codes(struct viewer *viewer)
{
    if (viewer->code_count > 0)
        free(viewer->codes[0]); /* one text, cut into many */
    free(viewer->codes);
    viewer->codes = NULL;
    viewer->code_count = 0;
}

/* `text`: codes, each on a line. */
static void set_codes(struct viewer *viewer, bool all, const char *text)
{
    drop_codes(viewer);
    viewer->sees_all = all;
    if (all || *text == '\0')
        return;
    size_t count = 1;
    for (const char *at = text; *at; at++)
        count += *at == '\n';
    viewer->codes = mem_zero(count, sizeof *viewer->codes);
    char *copy = mem_text(text), *rest = copy;
    while (viewer->code_count < count)
        viewer->codes[viewer->code_count++] = strsep(&rest, "\n");
    /* the database has them in order; the first is the begin of the copy */
}

static bool sees_code(const struct viewer *viewer, const char *code)
{
    return viewer->code_count > 0 && bsearch(&code, viewer->codes, viewer->code_count,
                                             sizeof *viewer->codes, by_text) != NULL;
}

static bool sees(const struct viewer *viewer, const struct news_item *item)
{
    return viewer->sees_all || sees_code(viewer, item->window) ||
           sees_code(viewer, item->department);
}

/* One that doesn't read is cut off; the loop tells when it is over. */
static void push(struct viewer *viewer, const char *text)
{
    if (!viewer->gone)
        viewer->gone = !http_stream_push(viewer->stream, text, strlen(text));
}

void viewers_tell(struct news *news, const char *text)
{
    for (struct viewer *viewer = LIST_FIRST(&news->viewers); viewer;
         viewer = LIST_NEXT(viewer, link))
        push(viewer, text);
}

void viewers_hear(struct news *news, const struct news_item *item)
{
    for (struct viewer *viewer = LIST_FIRST(&news->viewers); viewer;
         viewer = LIST_NEXT(viewer, link))
        if (sees(viewer, item))
            push(viewer, item->text);
}

static void on_over(void *context)
{
    struct viewer *viewer = context;
    LIST_REMOVE(viewer, link);
    drop_codes(viewer);
    free(viewer);
}

/* --- who may still look --- */

/* The row of a viewer; -1: there is none. */
static int row_of(const PGresult *result, const struct viewer *viewer)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(pg_text(result, row, 0), viewer->who) == 0)
            return row;
    return -1;
}

/* Who came while the check was under way, and was asked for before it, may have been let in by what
 * was true then: they are sent away, and come back by themselves. */
static void look_at(struct viewer *viewer, const PGresult *result, unsigned check)
{
    bool was_listed = viewer->listed > 0 && viewer->listed <= check;
    int row = row_of(result, viewer);
    if (row >= 0) {
        set_codes(viewer, pg_bool(result, row, 2), pg_text(result, row, 3));
    } else if ((was_listed || viewer->known < check) && !viewer->gone) {
        viewer->gone = true;
        http_stream_end(viewer->stream);
    }
}

static void on_checked(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct news *news = context;
    news->checked++;
    if (failure) {
        news->doubt =
            (struct doubt){0}; /* the next look, or the next tick's check, finds it again */
        return;
    }
    for (struct viewer *viewer = LIST_FIRST(&news->viewers); viewer;
         viewer = LIST_NEXT(viewer, link))
        look_at(viewer, result, news->checked);
    news_wake(news);
}

void viewers_check(struct news *news)
{
    struct pg_params *params = pg_params_create();
    news->checks++;
    pg_array_begin(params, PG_TEXT);
    for (struct viewer *viewer = LIST_FIRST(&news->viewers); viewer;
         viewer = LIST_NEXT(viewer, link)) {
        pg_array_text(params, viewer->who);
        viewer->listed = viewer->listed ? viewer->listed : news->checks;
    }
    pg_array_end(params);
    pg_query(news->web->background, "SELECT * FROM duban.web_viewers($1)", params, on_checked,
             news);
    pg_params_destroy(params);
}

/* What takes a user's sessions or tokens away. */
static bool ends_access(const char *kind)
{
    static const char *const kinds[] = {"user_disabled", "user_password", "token_revoked"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

bool viewers_doubt(struct news *news, const PGresult *rows)
{
    struct doubt doubt = {0};
    for (int row = 0; row < PQntuples(rows); row++) {
        if (!ends_access(pg_text(rows, row, 3)))
            continue;
        int64_t id = pg_int(rows, row, 0);
        doubt.last = id > doubt.last ? id : doubt.last;
        doubt.count++;
    }
    if (doubt.count == 0 || (doubt.last == news->doubt.last && doubt.count == news->doubt.count))
        return false;
    news->doubt = doubt;
    viewers_check(news);
    return true;
}

/* --- somebody comes --- */

/* What they have missed; when that isn't known any more they are told to look anew. */
static void catch_up(struct viewer *viewer, const char *last)
{
    const struct news *news = viewer->news;
    int64_t id = last ? strtoll(last, NULL, 10) : 0;
    if (last == NULL)
        return;
    size_t first = (news->next + NEWS_KEPT - news->count) % NEWS_KEPT;
    if (news->count == 0 ? id != news->gaps.last : news->ring[first].id > id + 1)
        push(viewer, "event: reset\ndata: {}\n\n");
    for (size_t i = 0; i < news->count; i++) {
        const struct news_item *item = &news->ring[(first + i) % NEWS_KEPT];
        if (item->id > id && sees(viewer, item))
            push(viewer, item->text);
    }
}

static void admit(struct exchange *exchange, const PGresult *result)
{
    struct news *news = &exchange->web->news;
    struct viewer *viewer = mem_zero(1, sizeof *viewer);
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    const char *last = http_incoming_header(exchange->incoming, "Last-Event-ID");
    AUTO_FREE char *last_copy = mem_text(last ? last : form_value(&exchange->form, "last"));
    static const char begin[] = "retry: 3000\n\n";
    exchange_add_header(&headers, "X-Accel-Buffering", "no");
    viewer->news = news;
    viewer->known = exchange->checks;
    snprintf(viewer->who, sizeof viewer->who, "%s", pg_text(result, 0, 0));
    set_codes(viewer, pg_bool(result, 0, 2), pg_text(result, 0, 3));
    viewer->stream = http_incoming_stream(exchange->incoming,
                                          &(struct http_answer){.status = 200,
                                                                .content_type = "text/event-stream",
                                                                .body = begin,
                                                                .length = sizeof begin - 1,
                                                                .headers = headers.all,
                                                                .header_count = headers.count},
                                          on_over, viewer);
    LIST_INSERT_HEAD(&news->viewers, viewer, link);
    catch_up(viewer, last_copy);
    exchange_destroy(exchange);
    news_wake(news);
}

static void on_who(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    if (failure)
        exchange_failed(exchange, failure);
    else if (PQntuples(result) == 0)
        exchange_error(exchange, "unauthorized", NULL);
    else if (exchange->head_only)
        exchange_error(exchange, "method_not_allowed", NULL);
    else
        admit(exchange, result);
}

void api_events(struct exchange *exchange)
{
    const char *who = exchange->caller.who;
    if (who[0] == '\0' && !exchange->web->config->web.wall_public) {
        exchange_error(exchange, "unauthorized", NULL);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, who[0] ? who : "p:");
    pg_array_end(params);
    exchange->checks = exchange->web->news.checks;
    pg_query(exchange->web->background, "SELECT * FROM duban.web_viewers($1)", params, on_who,
             exchange); /* on the connection of the checks, so that one follows the other */
    pg_params_destroy(params);
}
