/* The overview and the delivery. */
#include "router.h"

#include <errno.h>
#include <string.h>

/* --- overview --- */

/* The first instant of the local day, week (from Monday) or month. */
static bool span_begins(const struct calendar *calendar, const char *span, wall_us now,
                        wall_us *since, day_number *today)
{
    day_number day;
    if (!calendar_day_of(calendar, now, &day, NULL))
        return false;
    *today = day;
    if (strcmp(span, "week") == 0)
        day -= weekday_of(day) - 1;
    else if (strcmp(span, "month") == 0)
        day -= civil_from_day(day).day - 1;
    else if (strcmp(span, "today") != 0)
        return false;
    return calendar_at(calendar, day, 0, since, NULL);
}

/* Asked once the database has told the time. */
static void on_now(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    const struct calendar *calendar = exchange->web->config->calendar;
    const char *by = form_value(&exchange->form, "by"), *span = form_value(&exchange->form, "span");
    char date[DAY_TEXT_BYTES];
    wall_us since;
    day_number today;
    if (failure) {
        exchange_failed(exchange, failure);
        return;
    }
    wall_us now = pg_instant(result, 0, 0);
    if (!span_begins(calendar, span ? span : "today", now, &since, &today)) {
        exchange_error(exchange, "bad_request", "span is today, week or month");
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, by ? by : "department");
    pg_param_instant(params, since);
    pg_param_text(params, day_text(today, date));
    pg_param_int(params, calendar_offset_s(calendar, now));
    exchange_ask(exchange, "SELECT duban.web_overview($1, $2, $3, $4::text::date, $5)", params,
                 exchange_json);
    pg_params_destroy(params);
}

void api_overview(struct exchange *exchange)
{
    const char *by = form_value(&exchange->form, "by");
    counter_wake(exchange->web);
    if (by && strcmp(by, "department") != 0 && strcmp(by, "window") != 0)
        exchange_error(exchange, "bad_request", "by is department or window");
    else
        pg_query(web_database(exchange->web), "SELECT duban.now()", NULL, on_now, exchange);
}

/* --- delivery --- */

void api_delivery(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    exchange_ask(exchange, "SELECT duban.web_delivery($1)", params, exchange_json);
    pg_params_destroy(params);
}

void api_resend(struct exchange *exchange)
{
    const char *text = exchange->path.parts[3];
    char *end;
    errno = 0;
    long long id = strtoll(text, &end, 10);
    if (errno || *end || id <= 0 || strspn(text, "0123456789") == 0) {
        exchange_error(exchange, "not_found", NULL);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_int(params, id);
    exchange_ask(exchange, "SELECT duban.web_resend($1, $2)", params, exchange_json);
    pg_params_destroy(params);
}
