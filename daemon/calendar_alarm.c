/* Calendars that end. */
#include "calendar_alarm.h"

#include "duban/locale.h"
#include "duban/log.h"
#include "duban/mem.h"

char *calendar_words(const struct config *config, const struct config_calendar *calendar)
{
    struct civil date = civil_from_day(calendar_last_day(calendar->calendar));
    return config->locale == LOCALE_ZH_CN
               ? mem_format("%s只到%d年%d月%d日。", calendar->name, date.year, date.month, date.day)
               : mem_format("%s ends on %d-%02d-%02d.", calendar->name, date.year, date.month,
                            date.day);
}

bool calendar_ends_soon(const struct config *config, const struct config_calendar *calendar,
                        wall_us now)
{
    wall_us end = (calendar_last_day(calendar->calendar) + 1) * US_PER_DAY;
    return now >= end - config->daemon.calendar_warning_us;
}

void calendar_alarm(struct context *context, const struct config *config, wall_us now,
                    const char *kind, const struct config_calendar *calendar, pg_done done,
                    void *owner)
{
    struct civil date = civil_from_day(calendar_last_day(calendar->calendar));
    AUTO_FREE char *detail = calendar_words(config, calendar);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, kind);
    pg_param_text(params, calendar->name);
    pg_param_int(params, date.year * 10000 + date.month * 100 + date.day);
    pg_param_text(params, detail);
    config_add_routes_of(config, kind, params);
    config_add_day(config, now, params);
    pg_query(context->lead,
             "SELECT duban.event_without_case($1, $2, $3, $4, NULL, $5, $6, $7::date)", params,
             done, owner);
    pg_params_destroy(params);
}

static void on_told(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct context *context = owner;
    if (!context_failed("calendar", "its end is not recorded", failure) && pg_bool(result, 0, 0))
        stage_wake(context->composer);
}

void calendar_alarm_look(struct context *context, wall_us now)
{
    const struct config *config = context->config->config;
    for (size_t i = 0; i < config->calendar_count; i++) {
        const struct config_calendar *calendar = &config->calendars[i];
        if (!calendar_ends_soon(config, calendar, now))
            continue;
        char last[DAY_TEXT_BYTES];
        log_line(LOG_LEVEL_WARNING, "calendar", "ends soon", log_text("calendar", calendar->name),
                 log_text("last_day", day_text(calendar_last_day(calendar->calendar), last)));
        calendar_alarm(context, config, now, "calendar_ending", calendar, on_told, context);
    }
}
