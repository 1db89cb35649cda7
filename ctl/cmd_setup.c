/* dubanctl setup: a first installation, guided or by flags. Its steps follow from what was answered
 * and leave alone what is there, so that it may be run again. */
#include "setup.h"

#include "setup_tell.h"
#include "terminal.h"

#include "duban/mem.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* In their order; `needs`: bits of the steps without which it is skipped. */
#define BIT(step) (1u << (step))

enum { DRAFT, SERVER, SCHEMA, SOURCE, WRITE, SEND };

static const struct step {
    const char *name, *chinese, *english;
    unsigned needs;
    void (*run)(struct setup *setup);
} steps[] = {
    [DRAFT] = {"answers", "配置", "configuration", 0, setup_draft},
    [SERVER] = {"server", "数据库服务器", "database server", BIT(DRAFT), setup_server},
    [SCHEMA] = {"schema", "角色和数据库", "roles and database", BIT(SERVER), setup_schema},
    [SOURCE] = {"source", "审批系统视图", "the approval system's view", BIT(DRAFT), setup_source},
    [WRITE] = {"configuration", "写配置文件", "the configuration's file",
               BIT(DRAFT) | BIT(SERVER) | BIT(SCHEMA) | BIT(SOURCE), setup_write},
    [SEND] = {"test", "测试消息", "test message", BIT(WRITE), setup_send},
};

static bool has_warning(const json_t *findings)
{
    size_t index;
    const json_t *finding;
    json_array_foreach(findings, index, finding)
    {
        if (strcmp(json_string_value(json_object_get(finding, "grade")), "warning") == 0)
            return true;
    }
    return false;
}

/* True unless it failed or had to be skipped for want of another. */
static bool run_step(struct setup *setup, const struct step *step, unsigned failed)
{
    bool skipped = (step->needs & failed) != 0;
    setup->doctor.findings = json_array();
    setup->doctor.bad = false;
    if (!skipped)
        step->run(setup);
    const json_t *findings = setup->doctor.findings;
    const char *outcome = setup->doctor.bad                           ? "failed"
                          : skipped || json_array_size(findings) == 0 ? "skipped"
                          : has_warning(findings)                     ? "warning"
                                                                      : "done";
    json_t *told = json_pack("{s:s, s:s, s:o}", "step", step->name, "outcome", outcome, "findings",
                             setup->doctor.findings);
    json_array_append_new(setup->steps, told);
    setup_tell_step(setup, told, in_words(setup->context, step->chinese, step->english),
                    json_array_size(setup->steps), COUNT_OF(steps));
    return !skipped && !setup->doctor.bad;
}

static int run_steps(struct setup *setup)
{
    unsigned failed = 0;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (!run_step(setup, &steps[i], failed))
            failed |= BIT(i);
    int status = setup_tell_end(setup, failed == 0);
    return failed ? EXIT_FAILED : status;
}

static void finish(struct setup *setup)
{
    pg_block_close(setup->state);
    pg_block_close(setup->admin);
    config_destroy(setup->config);
    json_decref(setup->rows);
    json_decref(setup->steps);
    free(setup->text);
    answers_finish(&setup->answers);
}

/* Whether everything is answered; else `status` is what to exit with. */
static bool answer_all(struct setup *setup, int *status)
{
    struct answers *answers = &setup->answers;
    const struct context *context = setup->context;
    bool asks = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !context->json;
    *status = EXIT_USAGE;
    if (!asks || answers->yes) {
        if (answers_complete(answers, context, answers->yes))
            return true;
        return false;
    }
    *status = EXIT_FAILED;
    return setup_ask(setup) && answers_complete(answers, context, false) && setup_confirm(setup);
}

static int run(struct context *context, int argc, char **argv)
{
    int status = EXIT_USAGE;
    struct setup setup = {
        .context = context, .doctor.context = context, .now = (wall_us)time(NULL) * US_PER_S};
    if (answers_read(&setup.answers, context, argc, argv) && answer_all(&setup, &status)) {
        setup.steps = json_array();
        status = run_steps(&setup);
    }
    finish(&setup);
    return status;
}

const struct command setup_command = {
    .name = "setup",
    .usage = "首次安装：建库、检查视图、写配置、试发 / a first installation, guided or by flags",
    .run = run,
};
