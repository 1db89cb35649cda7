/* Databases that are away, measured by the loop's time: the one clock that decides is in one of
 * them. What people know is brought in line with what is true, one announcement
 * at a time; when the state database is there, its ledger keeps both ends. */
#include "database_alarm.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"
#include "duban/utf8.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EACH_S    1.
#define WHY_BYTES_MOST 160

static const char *const subjects[DATABASES] = {"database:state", "database:source"};

static bool is_away(const struct context *context, enum database database)
{
    return database == DATABASE_STATE ? !pg_is_up(context->lead) : !context_has_source(context);
}

/* --- words --- */

static char *why(const struct database_alarm *alarm, enum database database, bool chinese)
{
    const char *text = alarm->error[database].text;
    if (text[0] == '\0' && database == DATABASE_SOURCE)
        text = chinese ? "视图无法读取，详见日志" : "its view can't be read; the log says why";
    size_t length = strcspn(text, "\n");
    AUTO_FREE char *line = mem_text_n(text, length);
    return mem_text_n(line, utf8_cut(line, WHY_BYTES_MOST));
}

static char *words(const struct database_alarm *alarm, enum database database, span_us away_us)
{
    static const char *const names[DATABASES][LOCALES] = {
        [DATABASE_STATE] = {[LOCALE_ZH_CN] = "督办数据库", [LOCALE_EN] = "the state database"},
        [DATABASE_SOURCE] =
            {[LOCALE_ZH_CN] = "审批系统数据库", [LOCALE_EN] = "the source database"},
    };
    enum locale locale = alarm->context->config->config->locale;
    const char *name = names[database][locale];
    AUTO_FREE char *reason = why(alarm, database, locale == LOCALE_ZH_CN);
    long long seconds = away_us / US_PER_S, minutes = seconds / 60;
    if (locale == LOCALE_ZH_CN)
        return mem_format("主机%s连不上%s已%lld%s：%s", alarm->host, name,
                          minutes ? minutes : seconds, minutes ? "分钟" : "秒", reason);
    return mem_format("%s has not reached %s for %lld %s: %s", alarm->host, name,
                      minutes ? minutes : seconds, minutes ? "min" : "s", reason);
}

/* --- the ledger --- */

static void on_recorded(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)owner, (void)result;
    context_failed("alarm", "not recorded", failure);
}

static void record(const struct database_alarm *alarm, const char *kind, enum database database,
                   wall_us at)
{
    struct pg *pg = alarm->context->lead;
    const struct alarm *one = alarm_find(&alarm->alarms, subjects[database]);
    if (!pg_is_up(pg))
        return;
    AUTO_FREE char *subject = mem_format("%s@%s", one->subject, alarm->host);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, kind);
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, subject);
    pg_array_end(params);
    pg_param_instant(params, at);
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, one->detail);
    pg_array_end(params);
    pg_query(pg, "SELECT duban.alarm_record($1, $2, $3, $4)", params, on_recorded, NULL);
    pg_params_destroy(params);
}

/* --- telling --- */

static void on_told(void *owner, const struct alarm_words *told, bool arrived)
{
    struct database_alarm *alarm = owner;
    for (size_t i = 0; arrived && i < DATABASES; i++)
        if (strncmp(told->subject, subjects[i], strlen(subjects[i])) == 0)
            alarm->told[i] = !told->over;
}

static void tell(struct database_alarm *alarm, enum database database)
{
    const struct alarm *one = alarm_find(&alarm->alarms, subjects[database]);
    AUTO_FREE char *subject = mem_format("%s@%s", one->subject, alarm->host);
    if (one->raised == alarm->told[database] || alarm_is_being_told(alarm->teller, subject))
        return;
    const struct alarm_words told = {subject, one->detail, alarm->since[database], !one->raised};
    alarm_tell(alarm->teller, &told, on_told, alarm);
}

static void look(struct database_alarm *alarm, enum database database)
{
    struct context *context = alarm->context;
    span_us now = steady_us(); /* how long it has been away, whatever is done to our clock */
    const struct alarm *known = alarm_find(&alarm->alarms, subjects[database]);
    span_us away_us = known && known->holds ? now - known->since : 0;
    AUTO_FREE char *detail = words(alarm, database, away_us);
    enum alarm_change change =
        alarm_update(&alarm->alarms, subjects[database], is_away(context, database),
                     context->config->config->alarms.database_us, detail, now);
    if (change == ALARM_RAISED)
        alarm->since[database] = context_now(context) - away_us;
    if (change != ALARM_SAME) /* again at the end: the ledger may not have been there */
        record(alarm, "alarm", database, alarm->since[database]);
    if (change == ALARM_OVER)
        record(alarm, "alarm_over", database, context_now(context));
    tell(alarm, database);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct database_alarm *alarm =
        (struct database_alarm *)(void *)((char *)timer - offsetof(struct database_alarm, timer));
    if (alarm->context->config->config->alarms.count == 0 || alarm->context->stopping)
        return;
    for (size_t i = 0; i < DATABASES; i++)
        look(alarm, (enum database)i);
}

void database_alarm_hear(struct database_alarm *alarm, enum database database, enum pg_event event,
                         const struct error *error)
{
    alarm->error[database] = event == PG_DOWN && error ? *error : (struct error){0};
}

void database_alarm_init(struct database_alarm *alarm, struct context *context,
                         struct alarm_teller *teller)
{
    *alarm = (struct database_alarm){.context = context, .teller = teller};
    gethostname(alarm->host, sizeof alarm->host - 1);
    ev_timer_init(&alarm->timer, on_timer, LOOK_EACH_S, LOOK_EACH_S);
    ev_timer_start(context->loop, &alarm->timer);
}

void database_alarm_finish(struct database_alarm *alarm)
{
    ev_timer_stop(alarm->context->loop, &alarm->timer);
}
