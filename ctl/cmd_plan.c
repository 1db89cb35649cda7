/* dubanctl plan: what a configuration's rules would do to the clocks of all open cases, before it
 * is loaded; and the approval of them. It changes nothing else. */
#include "database.h"
#include "plan.h"
#include "terminal.h"

#include "duban/mem.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES_MOST   (64u << 20)
#define AUTHOR_BYTES_MOST 200

static const char usage[] = "dubanctl plan [FILE] [--by NAME] [--yes | --no]";

struct plan_options {
    const char *author;
    bool yes, no;
};

/* --- approving --- */

static bool approve(struct plan_job *job, const char *author, struct error *error)
{
    struct pg_block *pg = open_state(job->context, job->config, false);
    if (pg == NULL)
        return error_set(error, "not approved");
    json_t *summary = plan_json(job);
    AUTO_FREE char *text = json_dumps(summary, JSON_COMPACT);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, job->config->rules_version);
    pg_param_text(params, author);
    pg_param_text(params, text);
    PGresult *result =
        pg_block_query(pg, "SELECT duban.rules_approve($1, $2, $3::jsonb)", params, error);
    pg_params_destroy(params);
    json_decref(summary);
    bool fine = result != NULL && plan_read_approval(job, error);
    PQclear(result);
    pg_block_close(pg);
    return fine || error_prefix(error, "not approved");
}

/* Reads a line; false without anything but spaces in it. */
static bool read_line(char line[AUTHOR_BYTES_MOST])
{
    fflush(stdout);
    if (fgets(line, AUTHOR_BYTES_MOST, stdin) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    return line[strspn(line, " \t")] != '\0';
}

/* Who approves, asked on the terminal; NULL: nobody. */
static const char *ask(const struct context *context, const char *author,
                       char line[AUTHOR_BYTES_MOST])
{
    if (author == NULL) {
        fputs(in_words(context, "\n批准这些规则？输入批准人姓名（直接回车：不批准）：",
                       "\nApprove these rules? Your name (Enter: no): "),
              stdout);
        return read_line(line) ? line : NULL;
    }
    printf(in_words(context, "\n以 %s 的名义批准这些规则？[y/N] ",
                    "\nApprove these rules as %s? [y/N] "),
           author);
    return read_line(line) && (line[0] == 'y' || line[0] == 'Y') ? author : NULL;
}

/* --- telling --- */

static int tell_plan(const struct plan_job *job)
{
    if (job->context->json) {
        json_t *json = plan_json(job);
        int status = tell_json(json);
        json_decref(json);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    plan_text(job, &text);
    return tell_text(&text);
}

static int tell_approved(const struct plan_job *job)
{
    if (!job->context->json)
        printf(in_words(job->context, "\n已由 %s 批准，可以重新加载（systemctl reload duband）\n",
                        "\napproved by %s; the daemon may load them (systemctl reload duband)\n"),
               job->approved_by);
    return EXIT_OK;
}

static int plan(struct plan_job *job, const struct plan_options *options)
{
    struct error error;
    char line[AUTHOR_BYTES_MOST];
    bool asks = !options->yes && !options->no && !job->context->json && isatty(STDIN_FILENO) &&
                isatty(STDOUT_FILENO);
    const char *author = options->yes ? options->author : NULL;
    if (!plan_read(job, &error))
        return tell_failure(&error);
    bool may = !plan_is_in_force(job);
    /* As JSON there is one object, which tells of the approval too. */
    if (author && may && !approve(job, author, &error))
        return tell_failure(&error);
    int status = tell_plan(job);
    if (status != EXIT_OK)
        return status;
    if (asks && may) {
        author = ask(job->context, options->author, line);
        if (author && !approve(job, author, &error))
            return tell_failure(&error);
    }
    return author && may ? tell_approved(job) : EXIT_OK;
}

static void finish(struct plan_job *job)
{
    for (size_t i = 0; job->department_names && i < job->plan.departments.count; i++)
        free(job->department_names[i]);
    free(job->department_names);
    rules_plan_finish(&job->plan);
    free(job->approved_by);
    pg_block_close(job->state);
    config_destroy(job->config);
}

static bool read_options(struct context *context, int argc, char **argv,
                         struct plan_options *options, int *first)
{
    static const struct option known[] = {COMMON_OPTIONS,
                                          {"by", required_argument, NULL, 'b'},
                                          {"yes", no_argument, NULL, 'y'},
                                          {"no", no_argument, NULL, 'n'},
                                          {0}};
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'b')
            options->author = optarg;
        else if (option == 'y')
            options->yes = true;
        else if (option == 'n')
            options->no = true;
        else if (!common_option(context, option, optarg))
            return false;
    }
    *first = optind;
    return argc - optind <= 1 && !(options->yes && options->no) &&
           !(options->yes && options->author == NULL);
}

static int run(struct context *context, int argc, char **argv)
{
    struct plan_options options = {0};
    int first;
    if (!read_options(context, argc, argv, &options, &first))
        return tell_usage(context, usage);
    if (first < argc)
        context->config = argv[first];
    struct plan_job job = {.context = context, .path = context->config, .approved_at = WALL_NONE};
    job.config = open_config(context);
    if (job.config)
        job.state = open_state(context, job.config, true);
    int status = job.state ? plan(&job, &options) : EXIT_FAILED;
    finish(&job);
    return status;
}

const struct command plan_command = {
    .name = "plan",
    .usage = "规则变更预演与批准 / what other rules would do, and approving them",
    .run = run,
};
