/* From a request's method and path to its handler. */
#include "router.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <stdio.h>
#include <string.h>

enum { PUBLIC = 1, FORM = 2 }; /* asks nobody to log in; takes a form, which guards itself */

static const struct route {
    const char *method, *path;
    void (*handle)(struct exchange *exchange);
    int flags;
} routes[] = {
    {"GET", "/", page_index, PUBLIC},
    {"GET", "/login", page_login, PUBLIC},
    {"POST", "/login", login_post, PUBLIC | FORM},
    {"POST", "/logout", logout_post, PUBLIC},
    {"GET", "/wall", page_wall, PUBLIC},
    {"GET", "/static/*", page_static, PUBLIC},
    {"GET", "/static/*/*", page_static, PUBLIC},
    {"GET", "/api/v1/me", api_me, 0},
    {"GET", "/api/v1/board", api_board, 0},
    {"GET", "/api/v1/items", api_items, 0},
    {"GET", "/api/v1/wall", api_wall, PUBLIC},
    {"GET", "/api/v1/cases/*", api_case, 0},
    {"GET", "/api/v1/cases/*/explanation", api_explanation, 0},
    {"POST", "/api/v1/cases/*/acknowledge", api_acknowledge, 0},
    {"POST", "/api/v1/cases/*/withdraw", api_withdraw, 0},
    {"POST", "/api/v1/cases/*/silence", api_silence, 0},
    {"POST", "/api/v1/cases/*/people", api_people, 0},
    {"GET", "/api/v1/overview", api_overview, 0},
    {"GET", "/api/v1/delivery", api_delivery, 0},
    {"POST", "/api/v1/dead/*/resend", api_resend, 0},
    {"GET", "/api/v1/events", api_events, PUBLIC},
};

/* Before a body is read: who asks too often is told to wait. */
bool router_admit(void *context, struct http_incoming *incoming)
{
    struct web *web = context;
    struct caller caller;
    int wait_s = 0;
    caller_read_address(&caller, web, incoming);
    if (buckets_take(&web->buckets, caller.address, steady_us(), &wait_s))
        return true;
    char wait[16];
    static const char body[] =
        "{\"error\":{\"code\":\"too_many\",\"message\":\"too many requests\"}}";
    snprintf(wait, sizeof wait, "%d", wait_s);
    const struct http_answer_header headers[] = {{"Retry-After", wait},
                                                 {"Cache-Control", "no-store"}};
    http_incoming_answer(incoming, &(struct http_answer){.status = 429,
                                                         .content_type = "application/json",
                                                         .body = body,
                                                         .length = sizeof body - 1,
                                                         .lasting = true,
                                                         .headers = headers,
                                                         .header_count = COUNT_OF(headers)});
    return false;
}

static bool is_api(const struct exchange *exchange)
{
    return exchange->path.count > 0 && strcmp(exchange->path.parts[0], "api") == 0;
}

static void nowhere(struct exchange *exchange)
{
    if (is_api(exchange))
        exchange_error(exchange, "not_found", NULL);
    else
        page_answer(exchange, "404.html", 404);
}

/* The route, or NULL; `*other` when only the method is another. */
static const struct route *find(const struct exchange *exchange, bool *other)
{
    const char *method = http_incoming_method(exchange->incoming);
    const char *wanted = exchange->head_only ? "GET" : method;
    for (const struct route *route = routes; route < routes + COUNT_OF(routes); route++) {
        if (!path_fits(&exchange->path, route->path))
            continue;
        if (strcmp(route->method, wanted) == 0)
            return route;
        *other = true;
    }
    return NULL;
}

/* A query's fields, or those of a posted form. */
static bool read_form(struct exchange *exchange, const struct route *route, struct error *error)
{
    size_t length;
    const char *body = http_incoming_body(exchange->incoming, &length);
    const char *query = http_incoming_query(exchange->incoming);
    return route->flags & FORM ? form_read(&exchange->form, body, length, error)
                               : form_read(&exchange->form, query, strlen(query), error);
}

static bool has_type(const struct exchange *exchange, const struct route *route)
{
    size_t length;
    const char *type = http_incoming_header(exchange->incoming, "Content-Type");
    const char *wanted =
        route->flags & FORM ? "application/x-www-form-urlencoded" : "application/json";
    http_incoming_body(exchange->incoming, &length);
    return length == 0 || (type && strncmp(type, wanted, strlen(wanted)) == 0);
}

static void dispatch(struct exchange *exchange, const struct route *route)
{
    struct error error;
    bool acts = strcmp(route->method, "POST") == 0;
    if (!has_type(exchange, route))
        exchange_error(exchange, "unsupported", NULL);
    else if (!read_form(exchange, route, &error))
        exchange_error(exchange, "bad_request", error.text);
    else if (!(route->flags & PUBLIC) && exchange->caller.who[0] == '\0')
        exchange_error(exchange, "unauthorized", NULL);
    else if (acts && !(route->flags & FORM) &&
             !caller_may_act(&exchange->caller, exchange->incoming))
        exchange_error(exchange, "csrf", NULL);
    else
        route->handle(exchange);
}

void router_handle(void *context, struct http_incoming *incoming)
{
    struct exchange *exchange = exchange_create(context, incoming);
    bool other = false;
    if (!path_read(&exchange->path, http_incoming_rest(incoming), NULL)) {
        exchange->path.count = 0;
        exchange_error(exchange, "bad_request", "no path");
        return;
    }
    const struct route *route = find(exchange, &other);
    if (route)
        dispatch(exchange, route);
    else if (other)
        exchange_error(exchange, "method_not_allowed", NULL);
    else
        nowhere(exchange);
}
