/* Why a case stands where it stands: rights and what duban knows from its own database, the facts
 * from the approval system's. */
#include "explainer.h"
#include "router.h"

#include "duban/explanation_html.h"
#include "duban/log.h"
#include "duban/mem.h"

#include <string.h>

#define PAGE_BYTES_MOST (8u << 20)

/* --- the source --- */

static void on_columns(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct web *web = context;
    struct source_columns columns;
    struct problems problems = {0};
    if (failure) {
        log_line(LOG_LEVEL_ERROR, "source", "the view can't be read",
                 log_text("error", failure->error.text));
        return;
    }
    web->explainer.is_fine = source_check(result, web->config->web.relation, &columns, &problems);
    for (size_t i = 0; i < problems.count; i++)
        log_line(LOG_LEVEL_ERROR, "source", "the view doesn't satisfy the contract",
                 log_text("problem", problems.items[i].text));
    problems_finish(&problems);
    if (!web->explainer.is_fine)
        return;
    source_sql_finish(&web->explainer.sql);
    source_sql_init(&web->explainer.sql, web->config->web.relation, &columns);
}

static void on_source(void *context, enum pg_event event, const struct error *error)
{
    struct web *web = context;
    if (event == PG_DOWN) {
        web->explainer.is_fine = false;
        log_line(LOG_LEVEL_WARNING, "source", "not connected",
                 log_text("error", error ? error->text : ""));
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, web->config->web.relation);
    pg_query(web->explainer.pg, source_check_sql, params, on_columns, web);
    pg_params_destroy(params);
}

void explainer_init(struct web *web)
{
    const struct config_database *source = &web->config->web.source;
    if (source->dsn == NULL)
        return;
    const struct pg_settings settings = {
        .name = "duban-web source",
        .dsn = source->dsn,
        .password = source->password,
        .query_timeout_us = source->query_timeout_us,
        .read_only = true,
    };
    web->explainer.pg = pg_create(web->loop, &settings, on_source, web);
}

void explainer_finish(struct web *web)
{
    pg_destroy(web->explainer.pg);
    source_sql_finish(&web->explainer.sql);
}

void explainer_ask(struct exchange *exchange, const char *case_no, explainer_answered answered)
{
    struct explainer *explainer = &exchange->web->explainer;
    if (!explainer->is_fine) {
        const struct pg_failure away = {.error = {"the approval system's database is away"}};
        answered(exchange, NULL, &away);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, case_no);
    pg_array_end(params);
    pg_query(explainer->pg, explainer->sql.cases, params, answered, exchange);
    pg_params_destroy(params);
}

enum explanation_source explainer_read(const PGresult *result, const struct pg_failure *failure,
                                       struct facts *facts, struct error *error)
{
    if (failure) {
        error_set(error, "%s", failure->error.text);
        return SOURCE_AWAY;
    }
    if (PQntuples(result) == 0)
        return SOURCE_ABSENT;
    return source_row(result, 0, facts, error) ? SOURCE_READ : SOURCE_BROKEN;
}

/* --- an explanation --- */

static enum locale asked_locale(const struct exchange *exchange)
{
    const char *language = form_value(&exchange->form, "lang");
    if (language == NULL)
        return exchange->web->config->locale;
    return strncmp(language, "en", 2) == 0 ? LOCALE_EN : LOCALE_ZH_CN;
}

static void answer(struct exchange *exchange, const struct explanation_request *request)
{
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    json_t *document = explanation_make(request);
    AUTO_BUF page;
    buf_init(&page, PAGE_BYTES_MOST);
    explanation_html(&page, document, asked_locale(exchange));
    json_decref(document);
    exchange_answer(exchange,
                    &(struct http_answer){.status = 200,
                                          .content_type = "text/html; charset=utf-8",
                                          .body = buf_string(&page),
                                          .length = page.length},
                    &headers);
}

static void on_facts(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    struct facts facts;
    struct error error = {""};
    wall_us now;
    enum explanation_source source = explainer_read(result, failure, &facts, &error);
    const char *text = json_string_value(json_object_get(exchange->known, "now"));
    if (text && instant_parse(text, &now, NULL))
        answer(exchange, &(struct explanation_request){
                             .config = exchange->web->config,
                             .case_no = exchange->path.parts[3],
                             .now = now,
                             .source = source,
                             .facts = source == SOURCE_READ ? &facts : NULL,
                             .problem = error.text,
                             .state = exchange->known,
                         });
    else
        exchange_error(exchange, "internal", NULL);
}

static void on_known(struct exchange *exchange, json_t *root)
{
    exchange->known = root;
    explainer_ask(exchange, exchange->path.parts[3], on_facts);
}

void api_explanation(struct exchange *exchange)
{
    if (exchange->web->explainer.pg == NULL) {
        exchange_error(exchange, "not_implemented",
                       "explanations need `web.source`, the approval system's database");
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, exchange->path.parts[3]);
    exchange_ask(exchange, "SELECT duban.web_explain($1, $2)", params, on_known);
    pg_params_destroy(params);
}
