/* dubanctl status: how the installation is doing. */
#include "database.h"
#include "status_text.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/schema.h"

#include <stdio.h>

#define BAD_ROWS_SHOWN  20
#define TEXT_BYTES_MOST (64u << 20)

/* What the database tells of itself; NULL on failure. */
static json_t *query_status(struct pg_block *pg, bool all_bad_rows, struct error *error)
{
    json_error_t why;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, all_bad_rows ? INT64_MAX : BAD_ROWS_SHOWN);
    PGresult *result = pg_block_query(pg, "SELECT duban.status($1)::text", params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return NULL;
    json_t *status = json_loads(pg_text(result, 0, 0), 0, &why);
    if (status == NULL)
        error_set(error, "duban.status: %s", why.text);
    PQclear(result);
    return status;
}

static bool read_status(struct pg_block *pg, bool all_bad_rows, json_t **status,
                        struct error *error)
{
    int64_t version, served;
    if (!read_schema(pg, &version, &served, error))
        return error_prefix(error, "is this database migrated (dubanctl migrate)");
    if (!schema_fits(&schema_range, version, served, error))
        return false;
    json_t *read = query_status(pg, all_bad_rows, error);
    if (read == NULL)
        return false;
    json_object_set_new(read, "schema",
                        json_pack("{s:I, s:I}", "database", (json_int_t)version, "program",
                                  (json_int_t)schema_range.known));
    *status = read;
    return true;
}

static json_t *describe_calendar(const struct config_calendar *calendar, wall_us now)
{
    char last[DAY_TEXT_BYTES];
    day_number last_day = calendar_last_day(calendar->calendar);
    wall_us local = now + calendar_offset_s(calendar->calendar, now) * US_PER_S;
    json_int_t left = last_day - local / US_PER_DAY;
    return json_pack("{s:s, s:s, s:I, s:b}", "name", calendar->name, "last_day",
                     day_text(last_day, last), "days_left", left, "warning",
                     (int)(left < CALENDAR_WARNING_DAYS));
}

static void set_calendars(json_t *status, const struct config *config)
{
    wall_us now;
    struct error error;
    json_t *calendars = json_array();
    const char *text = json_string_value(json_object_get(status, "now"));
    if (text && instant_parse(text, &now, &error))
        for (size_t i = 0; i < config->calendar_count; i++)
            json_array_append_new(calendars, describe_calendar(&config->calendars[i], now));
    json_object_set_new(status, "calendars", calendars);
}

static int tell_status(const struct context *context, const struct config *config, json_t *status)
{
    if (config)
        set_calendars(status, config);
    if (context->json)
        return tell_json(status);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    add_status(&text, context, config, status);
    return tell_text(&text);
}

/* `config` is NULL with --dsn: who only may look at the database has no configuration. */
static int show(const struct context *context, const struct config *config, bool all_bad_rows)
{
    json_t *status = NULL;
    struct error error;
    struct pg_block *pg = open_state(context, config, true);
    if (pg == NULL)
        return EXIT_FAILED;
    bool good = read_status(pg, all_bad_rows, &status, &error);
    pg_block_close(pg);
    if (!good)
        return tell_failure(&error);
    int exit_status = tell_status(context, config, status);
    json_decref(status);
    return exit_status;
}

static int run(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl status [--bad-rows]";
    bool all_bad_rows = false;
    int first;
    const struct flag flags[] = {{"bad-rows", &all_bad_rows}};
    if (!read_flags(context, argc, argv, flags, COUNT_OF(flags), usage, &first))
        return EXIT_USAGE;
    if (first < argc) {
        fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
        return EXIT_USAGE;
    }
    struct config *config = context->dsn ? NULL : open_config(context);
    if (config == NULL && context->dsn == NULL)
        return EXIT_FAILED;
    int status = show(context, config, all_bad_rows);
    config_destroy(config);
    return status;
}

const struct command status_command = {
    .name = "status",
    .usage = "运行状态 / how the installation is doing",
    .run = run,
};
