/* The people of a case, unmasked, for those who need to call them: each look is an event of the
 * ledger with its user and reason, before anything is shown. */
#include "explainer.h"
#include "router.h"

#include "duban/act.h"

#include <string.h>

static json_t *person(const char *name, const char *phone)
{
    return json_pack("{s:s, s:s}", "name", name, "phone", phone);
}

static void on_facts(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    struct facts facts;
    struct error error;
    switch (explainer_read(result, failure, &facts, &error)) {
    case SOURCE_READ:
        json_object_set_new(exchange->known, "applicant",
                            person(facts.applicant_name, facts.applicant_phone));
        json_object_set_new(exchange->known, "handler",
                            person(facts.handler_name, facts.handler_phone));
        json_object_set_new(exchange->known, "agent", person(facts.agent_name, facts.agent_phone));
        exchange_json(exchange, json_incref(exchange->known));
        break;
    case SOURCE_ABSENT:
        exchange_error(exchange, "not_found", "the approval system doesn't have the case any more");
        break;
    case SOURCE_BROKEN:
        exchange_error(exchange, "internal", "the approval system's row can't be read");
        break;
    case SOURCE_AWAY:
    default:
        exchange_error(exchange, "unavailable", "the approval system's database is away");
        break;
    }
}

static void on_recorded(struct exchange *exchange, json_t *root)
{
    exchange->known = root;
    explainer_ask(exchange, exchange->path.parts[3], on_facts);
}

void api_people(struct exchange *exchange)
{
    struct act act;
    if (exchange->web->explainer.pg == NULL) {
        exchange_error(exchange, "not_implemented",
                       "this needs `web.source`, the approval system's database");
        return;
    }
    if (!exchange_read_act(exchange, &act))
        return;
    if (strspn(act.reason, " \n") == strlen(act.reason)) {
        exchange_error(exchange, "bad_request", "a look at the people needs a reason");
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_param_text(params, exchange->path.parts[3]);
    pg_param_text(params, act.reason);
    exchange_ask(exchange, "SELECT duban.web_reveal($1, $2, $3)", params, on_recorded);
    pg_params_destroy(params);
}
