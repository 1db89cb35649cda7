/* Rules that need an approval before they come into force. */
#include "rules_gate.h"

#include "duban/log.h"

#include <string.h>

/* Either configuration may ask for it, so that it isn't switched off along with the rules. */
static bool needs_approval(const struct config *old, const struct config *new)
{
    return strcmp(old->rules_version, new->rules_version) != 0 &&
           (old->daemon.rules_need_plan || new->daemon.rules_need_plan);
}

static void refuse(const struct rules_gate *gate, const struct config *config, const char *why)
{
    log_line(LOG_LEVEL_ERROR, "reload", "the old configuration goes on", log_text("problem", why),
             log_text("rules", config->rules_version), log_text("file", gate->config_path));
}

static void on_answer(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct rules_gate *gate = owner;
    struct config *config = gate->candidate;
    bool asked = !context_failed("reload", "approvals not read", failure);
    gate->candidate = NULL;
    if (gate->next) {
        config_destroy(config);
        config = gate->next;
        gate->next = NULL;
        rules_gate_offer(gate, config);
        return;
    }
    if (asked && pg_bool(result, 0, 0)) {
        gate->decided(gate->owner, config);
        return;
    }
    refuse(gate, config,
           asked ? "its rules aren't approved: look at what they do with 'dubanctl plan', and "
                   "approve them with its --by NAME"
                 : "whether its rules are approved can't be asked, the state database is away");
    config_destroy(config);
    gate->decided(gate->owner, NULL);
}

static void ask(struct rules_gate *gate)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, gate->candidate->rules_version);
    pg_query(gate->context->lead, "SELECT duban.rules_are_approved($1)", params, on_answer, gate);
    pg_params_destroy(params);
}

void rules_gate_init(struct rules_gate *gate, struct context *context, const char *config_path,
                     void (*decided)(void *owner, struct config *config), void *owner)
{
    *gate = (struct rules_gate){
        .context = context, .config_path = config_path, .decided = decided, .owner = owner};
}

void rules_gate_finish(struct rules_gate *gate)
{
    config_destroy(gate->candidate);
    config_destroy(gate->next);
}

void rules_gate_offer(struct rules_gate *gate, struct config *config)
{
    if (gate->candidate) {
        config_destroy(gate->next);
        gate->next = config;
        return;
    }
    if (!needs_approval(gate->context->config->config, config)) {
        gate->decided(gate->owner, config);
        return;
    }
    gate->candidate = config;
    ask(gate);
}
