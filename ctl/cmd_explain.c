/* dubanctl explain: why is this the due date? The facts from the approval system, the rules from
 * the configuration, what was recorded and told from duban's own database. */
#include "calendar_args.h"
#include "database.h"
#include "explain_text.h"
#include "message_args.h"
#include "terminal.h"

#include "duban/explanation_html.h"
#include "duban/history.h"
#include "duban/mem.h"
#include "duban/source.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES_MOST (64u << 20)

static const char usage[] = "dubanctl explain CASE [--clock NAME] [--at TIME] [--html | --json]";

struct explain_args {
    const char *case_no, *clock, *at;
    bool html;
};

/* What the source knows of the case. */
struct source_answer {
    enum explanation_source state;
    struct error problem;
    PGresult *result;   /* texts of the facts point into it */
    struct facts facts; /* SOURCE_READ */
};

/* --- arguments --- */

static bool read_args(struct context *context, int argc, char **argv, struct explain_args *args)
{
    static const struct option options[] = {COMMON_OPTIONS,
                                            {"clock", required_argument, NULL, 'c'},
                                            {"at", required_argument, NULL, 'a'},
                                            {"html", no_argument, NULL, 'h'},
                                            {0}};
    optind = 0; /* begins anew: another argv than main's */
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c')
            args->clock = optarg;
        else if (option == 'a')
            args->at = optarg;
        else if (option == 'h')
            args->html = true;
        else if (!common_option(context, option, optarg))
            return false;
    }
    if (argc - optind != 1 || (args->html && context->json))
        return false;
    args->case_no = argv[optind];
    return true;
}

/* --- the source --- */

static struct pg_block *open_source(const struct config *config, struct error *error)
{
    const struct pg_settings settings = {
        .name = "dubanctl",
        .dsn = config->source_database.dsn,
        .password = config->source_database.password,
        .query_timeout_us = config->source_database.query_timeout_us,
        .read_only = true,
    };
    return pg_block_open(&settings, NULL, NULL, error);
}

static PGresult *query_case(struct pg_block *pg, const struct config *config, const char *case_no,
                            struct error *error)
{
    struct source_columns columns;
    struct source_sql sql;
    if (!check_view(pg, config->source.relation, &columns, error))
        return NULL;
    struct pg_params *params = pg_params_create();
    source_sql_init(&sql, config->source.relation, &columns);
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, case_no);
    pg_array_end(params);
    PGresult *result = pg_block_query(pg, sql.cases, params, error);
    pg_params_destroy(params);
    source_sql_finish(&sql);
    return result;
}

static void ask_source(const struct config *config, const char *case_no,
                       struct source_answer *answer)
{
    *answer = (struct source_answer){.state = SOURCE_AWAY};
    struct pg_block *pg = open_source(config, &answer->problem);
    if (pg)
        answer->result = query_case(pg, config, case_no, &answer->problem);
    pg_block_close(pg);
    if (answer->result == NULL)
        return;
    if (PQntuples(answer->result) == 0)
        answer->state = SOURCE_ABSENT;
    else if (source_row(answer->result, 0, &answer->facts, &answer->problem))
        answer->state = SOURCE_READ;
    else
        answer->state = SOURCE_BROKEN;
}

/* --- the state --- */

/* What of the facts the state may not know yet. */
static char *facts_text(const struct source_answer *answer)
{
    if (answer->state != SOURCE_READ)
        return NULL;
    const struct facts *facts = &answer->facts;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "item", facts->item_code, "window",
                             facts->window_code, "department", facts->department_code, "parent",
                             facts->parent_case_no ? facts->parent_case_no : "");
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static json_t *ask_state(struct pg_block *pg, const char *case_no,
                         const struct source_answer *answer, wall_us at, struct error *error)
{
    AUTO_FREE char *facts = facts_text(answer);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, case_no);
    pg_param_text(params, facts);
    pg_param_instant(params, at);
    json_t *state =
        query_json(pg, "SELECT duban.explain_case($1, $2::jsonb, $3)::text", params, error);
    pg_params_destroy(params);
    return state;
}

/* --- telling --- */

static int tell(const struct context *context, const struct explain_args *args,
                const json_t *document)
{
    enum locale locale = context->english ? LOCALE_EN : LOCALE_ZH_CN;
    AUTO_BUF out;
    buf_init(&out, PAGE_BYTES_MOST);
    if (context->json)
        return tell_json(document);
    if (args->html)
        explanation_html_page(&out, document, locale);
    else
        explain_text(&out, document, locale);
    return tell_text(&out);
}

/* "CASE is unknown": to both, or as far as can be told. */
static bool check(const struct explain_args *args, const struct source_answer *answer,
                  const json_t *document, struct error *error)
{
    if (!explanation_is_known(document))
        return answer->state == SOURCE_AWAY
                   ? error_set(
                         error,
                         "duban doesn't know the case '%s', and the source can't be asked: %s",
                         args->case_no, answer->problem.text)
                   : error_set(error, "there is no case '%s'", args->case_no);
    if (args->clock && json_array_size(json_object_get(document, "clocks")) == 0)
        return error_set(error, "the case '%s' has no clock '%s'", args->case_no, args->clock);
    return true;
}

static int explain(const struct context *context, const struct config *config,
                   const struct explain_args *args, const struct source_answer *answer,
                   const json_t *state, wall_us at)
{
    struct error error;
    struct facts past;
    wall_us now;
    if (!instant_parse(json_string_value(json_object_get(state, "now")), &now, &error))
        return tell_failure(&error);
    struct explanation_request request = {
        .config = config,
        .case_no = args->case_no,
        .clock = args->clock,
        .now = at == WALL_NONE ? now : at,
        .source = answer->state,
        .facts = answer->state == SOURCE_READ ? &answer->facts : NULL,
        .problem = answer->problem.text,
        .state = state,
    };
    if (request.facts && request.now < now) {
        history_facts_at(&answer->facts, request.now, &past);
        request.facts = &past;
    }
    json_t *document = explanation_make(&request);
    int status = check(args, answer, document, &error) ? tell(context, args, document)
                                                       : tell_failure(&error);
    json_decref(document);
    return status;
}

static int run_on(const struct context *context, const struct config *config,
                  const struct explain_args *args)
{
    struct error error;
    struct source_answer answer;
    wall_us at = WALL_NONE;
    if (args->at && !instant_read(config->calendar, args->at, &at, &error)) {
        tell_failure(&error);
        return EXIT_USAGE;
    }
    struct pg_block *pg = open_state(context, config, true);
    if (pg == NULL)
        return EXIT_FAILED;
    ask_source(config, args->case_no, &answer);
    json_t *state = ask_state(pg, args->case_no, &answer, at, &error);
    int status = state ? explain(context, config, args, &answer, state, at) : tell_failure(&error);
    json_decref(state);
    PQclear(answer.result);
    pg_block_close(pg);
    return status;
}

static int run(struct context *context, int argc, char **argv)
{
    struct explain_args args = {0};
    if (!read_args(context, argc, argv, &args))
        return tell_usage(context, usage);
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    int status = run_on(context, config, &args);
    config_destroy(config);
    return status;
}

const struct command explain_command = {
    .name = "explain",
    .usage = "说明一个办件的时限：逐日计算、级别、告知 / a case's deadlines, day by day",
    .run = run,
};
