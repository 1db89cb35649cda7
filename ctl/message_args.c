/* Options that say which messages are meant. */
#include "message_args.h"

#include "calendar_args.h"
#include "database.h"
#include "terminal.h"

#include "duban/mask.h"
#include "duban/mem.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST_OPTION 256 /* above all characters */
#define LIMIT_MOST   1000000

#define ADDRESS_BYTES_MOST (1u << 16)

enum option_kind { FILTER, RANGE, LIMIT, REASON, YES, EVEN_UNKNOWN, UNMASK };

static const struct known_option {
    const char *name;
    enum option_kind kind;
    int has_arg;
} known[] = {
    {"channel", FILTER, required_argument},
    {"case", FILTER, required_argument},
    {"kind", FILTER, required_argument},
    {"verdict", FILTER, required_argument},
    {"recipient", FILTER, required_argument},
    {"window", FILTER, required_argument},
    {"state", FILTER, required_argument},
    {"since", FILTER, required_argument},
    {"until", FILTER, required_argument},
    {"id", RANGE, required_argument},
    {"limit", LIMIT, required_argument},
    {"reason", REASON, required_argument},
    {"yes", YES, no_argument},
    {"even-unknown", EVEN_UNKNOWN, no_argument},
    {"unmask", UNMASK, no_argument},
};

static bool number_read(const char *text, const char **end, int64_t *number)
{
    char *stop;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoll(text, &stop, 10);
    *end = stop;
    return errno == 0;
}

static bool range_read(json_t *filter, const char *text, struct error *error)
{
    int64_t first = 0, last;
    const char *end;
    bool good = number_read(text, &end, &first);
    last = first;
    if (good && *end == '-')
        good = number_read(end + 1, &end, &last);
    if (!good || *end != '\0' || last < first)
        return error_set(error, "--id %s: want N or A-B", text);
    json_object_set_new(filter, "first", json_integer(first));
    json_object_set_new(filter, "last", json_integer(last));
    return true;
}

static bool limit_of(const char *text, int64_t *limit, struct error *error)
{
    int64_t number;
    const char *end;
    if (!number_read(text, &end, &number) || *end != '\0' || number < 1 || number > LIMIT_MOST)
        return error_set(error, "--limit %s: want 1 to %d", text, LIMIT_MOST);
    *limit = number;
    return true;
}

static bool text_read(json_t *filter, const char *name, const char *text, struct error *error)
{
    json_t *value = json_string(text);
    if (value == NULL)
        return error_set(error, "--%s: not UTF-8", name);
    json_object_set_new(filter, name, value);
    return true;
}

static bool option_read(struct message_args *args, const struct known_option *option,
                        const char *text, struct error *error)
{
    switch (option->kind) {
    case FILTER:
        return text_read(args->filter, option->name, text, error);
    case RANGE:
        return range_read(args->filter, text, error);
    case LIMIT:
        return limit_of(text, &args->limit, error);
    case REASON:
        args->reason = text;
        return true;
    case YES:
        return args->yes = true;
    case EVEN_UNKNOWN:
        return args->even_unknown = true;
    case UNMASK:
        return args->unmask = true;
    }
    return false;
}

static bool is_allowed(const char *name, const char *const *allowed)
{
    while (*allowed && strcmp(*allowed, name) != 0)
        allowed++;
    return *allowed != NULL;
}

/* Tells upon a mistake, and `usage`. */
static bool read_options(struct context *context, int argc, char **argv,
                         const struct option *options, const char *usage, struct message_args *args)
{
    optind = 0; /* begins anew: another argv than main's */
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        struct error error = {""};
        if (option >= FIRST_OPTION
                ? option_read(args, &known[option - FIRST_OPTION], optarg, &error)
                : common_option(context, option, optarg))
            continue;
        if (*error.text)
            fprintf(stderr, "dubanctl: %s\n", error.text);
        fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
        return false;
    }
    return true;
}

bool message_args_read(struct context *context, int argc, char **argv, const char *const *allowed,
                       int64_t limit, const char *usage, struct message_args *args)
{
    struct option options[COUNT_OF(known) + 5] = {COMMON_OPTIONS};
    size_t count = 4;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (is_allowed(known[i].name, allowed))
            options[count++] =
                (struct option){known[i].name, known[i].has_arg, NULL, FIRST_OPTION + (int)i};
    struct message_args read = {.filter = json_object(), .limit = limit};
    if (!read_options(context, argc, argv, options, usage, &read)) {
        message_args_finish(&read);
        return false;
    }
    read.words = argv + optind;
    read.word_count = argc - optind;
    *args = read;
    return true;
}

void message_args_finish(struct message_args *args)
{
    json_decref(args->filter);
    args->filter = NULL;
}

bool when_read(const struct config *config, const char *option, const char *text, wall_us *at,
               struct error *error)
{
    if (config ? instant_read(config->calendar, text, at, error) : instant_parse(text, at, error))
        return true;
    return error_prefix(error, "--%s", option);
}

static bool place_instant(json_t *filter, const char *key, const struct config *config,
                          struct error *error)
{
    wall_us at;
    char text[INSTANT_TEXT_BYTES];
    const char *given = json_string_value(json_object_get(filter, key));
    if (given == NULL)
        return true;
    if (!when_read(config, key, given, &at, error))
        return false;
    json_object_set_new(filter, key, json_string(instant_text(at, text)));
    return true;
}

static bool place_instants(struct message_args *args, const struct config *config,
                           struct error *error)
{
    return place_instant(args->filter, "since", config, error) &&
           place_instant(args->filter, "until", config, error);
}

static bool id_read(const char *text, int64_t *id, struct error *error)
{
    int64_t number;
    const char *dash = strrchr(text, '-'), *end;
    if (!number_read(dash ? dash + 1 : text, &end, &number) || *end != '\0')
        return error_set(error, "'%s' is no message's number", text);
    *id = number;
    return true;
}

json_t *query_json(struct pg_block *pg, const char *sql, const struct pg_params *params,
                   struct error *error)
{
    json_error_t why;
    PGresult *result = pg_block_query(pg, sql, params, error);
    if (result == NULL)
        return NULL;
    json_t *json = json_loads(pg_text(result, 0, 0), JSON_DECODE_ANY, &why);
    if (json == NULL)
        error_set(error, "%s: %s", sql, why.text);
    PQclear(result);
    return json;
}

void param_filter(struct pg_params *params, const struct message_args *args)
{
    AUTO_FREE char *text = json_dumps(args->filter, JSON_COMPACT);
    pg_param_text(params, text);
}

static void mask_member(json_t *message)
{
    AUTO_BUF masked;
    buf_init(&masked, ADDRESS_BYTES_MOST);
    mask_address(&masked, json_string_value(json_object_get(message, "address")));
    json_object_set_new(message, "address", json_string(buf_string(&masked)));
}

json_t *query_message(struct pg_block *pg, const char *id, const struct message_args *args,
                      struct error *error)
{
    int64_t number = 0;
    if (!id_read(id, &number, error))
        return NULL;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, number);
    json_t *message =
        query_json(pg, "SELECT coalesce(duban.message_show($1)::text, 'null')", params, error);
    pg_params_destroy(params);
    if (message == NULL)
        return NULL;
    const char *public_id = json_string_value(json_object_get(message, "public_id"));
    if (public_id == NULL || (strchr(id, '-') && strcmp(id, public_id) != 0)) {
        json_decref(message);
        error_set(error, "there is no message '%s'", id);
        return NULL;
    }
    if (!args->unmask)
        mask_member(message);
    return message;
}

static int run_on(const struct context *context, const struct config *config, bool read_only,
                  struct message_args *args, message_work work)
{
    struct error error;
    if (!place_instants(args, config, &error)) {
        tell_failure(&error);
        return EXIT_USAGE;
    }
    struct pg_block *pg = open_state(context, config, read_only);
    if (pg == NULL)
        return EXIT_FAILED;
    int status = work(context, config, pg, args);
    pg_block_close(pg);
    return status;
}

int message_run(const struct context *context, struct message_args *args, bool read_only,
                message_work work)
{
    int status = EXIT_FAILED;
    struct config *config = context->dsn ? NULL : open_config(context);
    if (config || context->dsn)
        status = run_on(context, config, read_only, args, work);
    config_destroy(config);
    message_args_finish(args);
    return status;
}
