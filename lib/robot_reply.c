/* Replies of the group robots: the code inside the JSON counts, whatever the status is; only
 * without one the status does. */
#include "duban/robot.h"

#include "duban/mem.h"
#include "duban/outcome.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* The verdict with "HTTP 200: errcode 310000, sign not match" for a sentence. */
static void quote(const struct robot_reply *provider, const struct http_reply *reply, int64_t code,
                  const char *text, enum verdict verdict, struct outcome *outcome)
{
    AUTO_FREE char *said =
        mem_format("%s %" PRId64 "%s%s", provider->code_key, code, *text ? ", " : "", text);
    struct http_reply told = *reply;
    told.body = said;
    told.body_length = strlen(said);
    outcome_quote(outcome, verdict, &told);
}

static const struct robot_rule *find_rule(const struct robot_reply *provider, int64_t code,
                                          const char *text)
{
    for (size_t i = 0; i < provider->count; i++) {
        const struct robot_rule *rule = &provider->rules[i];
        bool code_fits = rule->code == ROBOT_ANY || rule->code == code;
        if (code_fits && (rule->words == NULL || strstr(text, rule->words)))
            return rule;
    }
    return NULL;
}

static void judge_code(const struct robot_reply *provider, const struct http_reply *reply,
                       int64_t code, const char *text, struct outcome *outcome)
{
    if (code == 0) {
        quote(provider, reply, code, text, VERDICT_DELIVERED, outcome);
        return;
    }
    const struct robot_rule *rule = find_rule(provider, code, text);
    quote(provider, reply, code, text, rule ? rule->verdict : VERDICT_TEMPORARY, outcome);
    outcome->retry_after_us = rule ? rule->wait_us : 0;
    outcome->scope = THROTTLE_ENDPOINT; /* a robot has one limit for all that it says */
}

static enum verdict verdict_of_status(const struct http_reply *reply)
{
    int status = reply->status;
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
        return VERDICT_REJECTED;
    case 408: /* said by something in between, which may have passed the request on */
        return VERDICT_UNKNOWN;
    case 429:
        return VERDICT_THROTTLED;
    case 503:
        return reply->retry_after_s >= 0 ? VERDICT_THROTTLED : VERDICT_TEMPORARY;
    default:
        break;
    }
    if (status >= 300 && status < 400)
        return VERDICT_REJECTED; /* the configured URL is not the robot's */
    return status >= 400 && status < 500 ? VERDICT_PERMANENT : VERDICT_UNKNOWN;
}

static void judge_status(const struct http_reply *reply, struct outcome *outcome)
{
    enum verdict verdict = verdict_of_status(reply);
    if (verdict == VERDICT_THROTTLED)
        outcome_throttle(outcome, reply);
    else
        outcome_quote(outcome, verdict, reply);
}

void robot_judge(const struct robot_reply *provider, const struct http_reply *reply,
                 struct outcome *outcome)
{
    if (reply->failure != HTTP_REPLIED) {
        bool untouched = reply->failure == HTTP_NOT_SENT;
        outcome_set(outcome, untouched ? VERDICT_TEMPORARY : VERDICT_UNKNOWN, "%s",
                    reply->failure_text);
        return;
    }
    json_t *body = json_loadb(reply->body, reply->body_length, 0, NULL);
    json_t *code = json_object_get(body, provider->code_key);
    const char *text = json_string_value(json_object_get(body, provider->text_key));
    bool success = reply->status >= 200 && reply->status < 300;
    if (json_is_integer(code) && (success || json_integer_value(code) != 0))
        judge_code(provider, reply, json_integer_value(code), text ? text : "", outcome);
    else
        judge_status(reply, outcome);
    json_decref(body);
}
