/* The board, the wall, and who is looking. */
#include "decorate.h"
#include "router.h"

#include "duban/cursor.h"
#include "duban/locale.h"
#include "duban/mem.h"

#include <errno.h>
#include <string.h>

#define LIMIT_STANDARD 50
#define LIMIT_MOST     200
#define FILTER_BYTES   200

/* --- me --- */

static json_t *words_json(const char *const *words,
                          const char *(*label)(const char *word, enum locale locale),
                          enum locale locale)
{
    json_t *list = json_array();
    for (size_t i = 0; words[i]; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", words[i], "label", label(words[i], locale)));
    return list;
}

static void on_me(struct exchange *exchange, json_t *root)
{
    const struct config *config = exchange->web->config;
    json_object_set_new(root, "csrf", json_string(exchange->caller.csrf));
    json_object_set_new(root, "locale", json_string(locale_words[config->locale]));
    json_object_set_new(root, "centre", json_string(config->centre));
    json_object_set_new(root, "zone", json_string(zone_name(calendar_zone(config->calendar))));
    json_object_set_new(root, "levels", levels_json(config));
    json_object_set_new(root, "clocks", clocks_json(config));
    json_object_set_new(root, "kinds", words_json(case_kind_words, locale_kind, config->locale));
    json_object_set_new(root, "stages", words_json(case_stage_words, locale_stage, config->locale));
    exchange_json(exchange, root);
}

void api_me(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    exchange_ask(exchange, "SELECT duban.web_me($1)", params, on_me);
    pg_params_destroy(params);
}

/* --- a page of rows --- */

/* `after` of the database becomes an opaque text. */
static void write_next(json_t *root)
{
    json_t *next = json_object_get(root, "next");
    if (!json_is_object(next))
        return;
    struct cursor cursor = {.severity = json_integer_value(json_object_get(next, "severity")),
                            .due_at = json_instant(next, "due_at")};
    const char *case_no = json_string_value(json_object_get(next, "case_no"));
    const char *clock = json_string_value(json_object_get(next, "clock"));
    snprintf(cursor.case_no, sizeof cursor.case_no, "%s", case_no ? case_no : "");
    snprintf(cursor.clock, sizeof cursor.clock, "%s", clock ? clock : "");
    AUTO_BUF text;
    buf_init(&text, 1024);
    cursor_write(&text, &cursor);
    json_object_set_new(root, "next", json_string(buf_string(&text)));
}

static bool read_limit(const char *text, int64_t *limit)
{
    char *end;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : LIMIT_STANDARD;
    if (text &&
        (errno || *end || value < 1 || value > LIMIT_MOST || strspn(text, "0123456789") == 0))
        return false;
    *limit = value;
    return true;
}

/* The place to go on from and how many rows, as four parameters and one. */
static bool add_page(struct exchange *exchange, struct pg_params *params)
{
    const char *after = form_value(&exchange->form, "after");
    struct cursor cursor;
    int64_t limit;
    if (!read_limit(form_value(&exchange->form, "limit"), &limit) ||
        (after && !cursor_read(&cursor, after, NULL)))
        return false;
    pg_param_int(params, after ? cursor.severity : 0);
    pg_param_instant(params, after ? cursor.due_at : WALL_NONE);
    pg_param_text(params, after ? cursor.case_no : NULL);
    pg_param_text(params, after ? cursor.clock : NULL);
    pg_param_int(params, limit);
    return true;
}

/* --- board --- */

static void on_board(struct exchange *exchange, json_t *root)
{
    const struct config *config = exchange->web->config;
    wall_us now = json_instant(root, "now");
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(root, "rows"), i, row)
    {
        const char *clock = json_string_value(json_object_get(row, "clock"));
        json_object_set_new(row, "clock_label", json_string(clock_label(config, clock)));
        decorate_left(config, row, now);
        json_object_del(row, "calendar_version");
    }
    decorate_open(config, root, now);
    write_next(root);
    exchange_json(exchange, root);
}

/* The filter as the database wants it; NULL after answering what is wrong. */
static json_t *read_filter(struct exchange *exchange)
{
    static const char *const keys[] = {"department", "window", "item", "kind", "stage", "q"};
    const char *level = form_value(&exchange->form, "level");
    json_t *filter = json_object();
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const char *value = form_value(&exchange->form, keys[i]);
        if (value && strlen(value) < FILTER_BYTES)
            json_object_set_new(filter, keys[i], json_string(value));
        else if (value)
            level = "";
    }
    if (level == NULL)
        return filter;
    int severity = level_severity(exchange->web->config, level);
    if (severity >= 0) {
        json_object_set_new(filter, "severity", json_integer(severity));
        return filter;
    }
    json_decref(filter);
    exchange_error(exchange, "bad_request", *level ? "no such level" : "too long a filter");
    return NULL;
}

/* Of local time, by the centre's calendar. */
static int64_t offset_s(const struct web *web)
{
    return calendar_offset_s(web->config->calendar, (wall_us)(ev_now(web->loop) * 1e6));
}

void api_board(struct exchange *exchange)
{
    json_t *filter = read_filter(exchange);
    if (filter == NULL)
        return;
    char *text = json_dumps(filter, JSON_COMPACT);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, text);
    counter_wake(exchange->web);
    if (add_page(exchange, params)) {
        pg_param_int(params, offset_s(exchange->web));
        exchange_ask(exchange,
                     "SELECT duban.web_board($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8)", params,
                     on_board);
    } else {
        exchange_error(exchange, "bad_request", "no such page");
    }
    pg_params_destroy(params);
    free(text);
    json_decref(filter);
}

void api_items(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    counter_wake(exchange->web);
    exchange_ask(exchange, "SELECT duban.web_items($1)", params, exchange_json);
    pg_params_destroy(params);
}

/* --- wall --- */

static void on_wall(struct exchange *exchange, json_t *root)
{
    const struct config *config = exchange->web->config;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(root, "rows"), i, row)
    {
        const char *level = json_string_value(json_object_get(row, "level"));
        json_object_set_new(row, "label", json_string(level_label(config, level)));
    }
    json_object_set_new(root, "centre", json_string(config->centre));
    json_object_set_new(root, "zone", json_string(zone_name(calendar_zone(config->calendar))));
    json_object_set_new(root, "locale", json_string(locale_words[config->locale]));
    json_object_set_new(root, "levels", levels_json(config));
    write_next(root);
    exchange_json(exchange, root);
}

void api_wall(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    const char *who = exchange->caller.who;
    bool open = exchange->web->config->web.wall_public && who[0] == '\0';
    counter_wake(exchange->web);
    pg_param_text(params, open ? "p:" : who);
    if (who[0] == '\0' && !open)
        exchange_error(exchange, "unauthorized", NULL);
    else if (add_page(exchange, params))
        exchange_ask(exchange, "SELECT duban.web_wall($1, $2, $3, $4, $5, $6)", params, on_wall);
    else
        exchange_error(exchange, "bad_request", "no such page");
    pg_params_destroy(params);
}
