/* Pages: files that are part of the program. */
#include "pages.h"
#include "router.h"

#include "duban/buf.h"
#include "duban/explanation_html.h"
#include "duban/mem.h"

#include <string.h>

#define PAGE_BYTES_MOST (256u * 1024)

static const struct page_file *find(const char *name)
{
    for (size_t i = 0; i < page_file_count; i++)
        if (strcmp(page_files[i].name, name) == 0)
            return &page_files[i];
    return NULL;
}

static bool takes_gzip(const struct exchange *exchange)
{
    const char *accepted = http_incoming_header(exchange->incoming, "Accept-Encoding");
    return accepted && strstr(accepted, "gzip") != NULL;
}

static void answer_file(struct exchange *exchange, const struct page_file *file, int status,
                        const char *cache)
{
    struct exchange_headers headers = exchange_headers(exchange, cache);
    const char *known = http_incoming_header(exchange->incoming, "If-None-Match");
    bool packed = file->packed && takes_gzip(exchange);
    if (status == 200)
        exchange_add_header(&headers, "ETag", file->etag);
    exchange_add_header(&headers, "Vary", "Accept-Encoding");
    if (status == 503)
        exchange_add_header(&headers, "Retry-After", "5");
    if (status == 200 && known && strstr(known, file->etag)) {
        exchange_answer(exchange, &(struct http_answer){.status = 304, .body = ""}, &headers);
        return;
    }
    if (packed)
        exchange_add_header(&headers, "Content-Encoding", "gzip");
    exchange_answer(
        exchange,
        &(struct http_answer){.status = status,
                              .content_type = file->content_type,
                              .body = (const char *)(packed ? file->packed : file->data),
                              .length = packed ? file->packed_length : file->length,
                              .lasting = true},
        &headers);
}

/* Pages are asked for anew each time, and mostly answered with 304. */
void page_answer(struct exchange *exchange, const char *name, int status)
{
    const struct page_file *file = find(name);
    if (file)
        answer_file(exchange, file, status, "no-cache");
    else
        exchange_error(exchange, "not_found", NULL);
}

/* The style sheet of explanations, which is the library's. */
static void answer_css(struct exchange *exchange)
{
    struct exchange_headers headers = exchange_headers(exchange, "max-age=300");
    exchange_answer(exchange,
                    &(struct http_answer){.status = 200,
                                          .content_type = "text/css; charset=utf-8",
                                          .body = explanation_css,
                                          .length = strlen(explanation_css),
                                          .lasting = true},
                    &headers);
}

void page_static(struct exchange *exchange)
{
    const struct path *path = &exchange->path;
    AUTO_FREE char *name = path->count == 3 ? mem_format("%s/%s", path->parts[1], path->parts[2])
                                            : mem_text(path->parts[1]);
    const struct page_file *file = find(name);
    if (strcmp(name, "explanation.css") == 0)
        answer_css(exchange);
    else if (file == NULL || strstr(file->name, ".html"))
        page_answer(exchange, "404.html", 404);
    else
        answer_file(exchange, file, 200, "no-cache");
}

/* The login page with what guards its form in the place of "{csrf}". */
void page_login(struct exchange *exchange)
{
    static const char mark[] = "{csrf}";
    const struct page_file *file = find("login.html");
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    char csrf[ACCESS_KEY_BYTES], cookie[256];
    login_form_key(exchange, csrf, cookie);
    const char *text = file ? (const char *)file->data : mark;
    const char *place = strstr(text, mark);
    AUTO_BUF page;
    buf_init(&page, PAGE_BYTES_MOST);
    buf_add(&page, text, place ? (size_t)(place - text) : strlen(text));
    if (place) {
        buf_text(&page, csrf);
        buf_text(&page, place + sizeof mark - 1);
    }
    if (cookie[0])
        exchange_add_header(&headers, "Set-Cookie", cookie);
    exchange_answer(exchange,
                    &(struct http_answer){.status = 200,
                                          .content_type = "text/html; charset=utf-8",
                                          .body = buf_string(&page),
                                          .length = page.length},
                    &headers);
}

/* --- pages for those who are logged in --- */

struct wanted {
    bool wall; /* the wall's page */
};

static void on_me(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    bool wall = ((struct wanted *)exchange->state)->wall;
    if (failure) {
        page_answer(exchange, "503.html", 503);
        return;
    }
    json_t *me = json_loadb(pg_text(result, 0, 0), pg_length(result, 0, 0), 0, NULL);
    const char *role = json_string_value(json_object_get(me, "role"));
    if (role == NULL)
        exchange_redirect(exchange, "/login", NULL);
    else if (wall)
        page_answer(exchange, "wall.html", 200);
    else if (strcmp(role, "wall") == 0)
        exchange_redirect(exchange, "/wall", NULL);
    else
        page_answer(exchange, "index.html", 200);
    json_decref(me);
}

static void ask_me(struct exchange *exchange, bool wall)
{
    struct wanted *wanted = mem_zero(1, sizeof *wanted);
    struct pg_params *params = pg_params_create();
    wanted->wall = wall;
    exchange->state = wanted;
    pg_param_text(params, exchange->caller.who);
    pg_query(web_database(exchange->web), "SELECT duban.web_me($1)", params, on_me, exchange);
    pg_params_destroy(params);
}

void page_index(struct exchange *exchange)
{
    if (exchange->caller.who[0])
        ask_me(exchange, false);
    else
        exchange_redirect(exchange, "/login", NULL);
}

void page_wall(struct exchange *exchange)
{
    if (exchange->web->config->web.wall_public)
        page_answer(exchange, "wall.html", 200);
    else if (exchange->caller.who[0])
        ask_me(exchange, true);
    else
        exchange_redirect(exchange, "/login", NULL);
}
