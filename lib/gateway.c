/* What SMS gateways have in common: replies that are none, codes, hosts, numbers. */
#include "duban/gateway.h"

#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/url.h"

#include <ctype.h>
#include <string.h>

static bool fits(const char *pattern, const char *code)
{
    size_t length = strlen(pattern);
    return pattern[length - 1] == '*' ? strncmp(pattern, code, length - 1) == 0
                                      : strcmp(pattern, code) == 0;
}

const struct gateway_code *gateway_code_find(const struct gateway_code *table, size_t count,
                                             const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (fits(table[i].code, code))
            return &table[i];
    return NULL;
}

bool gateway_judge_failure(const struct http_reply *reply, struct outcome *outcome)
{
    if (reply->failure == HTTP_REPLIED)
        return false;
    bool untouched = reply->failure == HTTP_NOT_SENT;
    outcome_set(outcome, untouched ? VERDICT_TEMPORARY : VERDICT_UNKNOWN, "%s",
                reply->failure_text);
    return true;
}

static enum verdict verdict_of(const struct http_reply *reply)
{
    int status = reply->status;
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
        return VERDICT_REJECTED;
    case 429:
        return VERDICT_THROTTLED;
    case 503:
        return reply->retry_after_s >= 0 ? VERDICT_THROTTLED : VERDICT_TEMPORARY;
    case 408: /* said by something in between, which may have passed the request on */
        return VERDICT_UNKNOWN;
    default:
        break;
    }
    if (status >= 300 && status < 400)
        return VERDICT_REJECTED; /* the configured URL is not the gateway's */
    return status >= 400 && status < 500 ? VERDICT_PERMANENT : VERDICT_UNKNOWN;
}

void gateway_judge_status(const struct http_reply *reply, struct outcome *outcome)
{
    enum verdict verdict = verdict_of(reply);
    if (verdict == VERDICT_THROTTLED)
        outcome_throttle(outcome, reply);
    else
        outcome_quote(outcome, verdict, reply);
}

void gateway_judge_code(const struct gateway_code *table, size_t count, const char *code,
                        const char *words, struct outcome *outcome)
{
    const struct gateway_code *row = gateway_code_find(table, count, code);
    char what[80];
    snprintf(what, sizeof what, "%.79s", code);
    for (char *at = what; *at; at++)
        if (*at < ' ' || *at > '~') /* what a provider calls a code is ASCII */
            *at = '?';
    outcome_say(outcome, row ? row->verdict : VERDICT_PERMANENT, what, words ? words : "");
    if (row)
        outcome->retry_after_us = row->pause_us;
}

void gateway_judge_scope(const char *const *codes, size_t count, const char *code,
                         struct outcome *outcome)
{
    for (size_t i = 0; i < count; i++)
        if (outcome->verdict == VERDICT_THROTTLED && fits(codes[i], code))
            outcome->scope = THROTTLE_ENDPOINT;
}

json_t *gateway_reply_object(const struct http_reply *reply)
{
    json_t *root = json_loadb(reply->body, reply->body_length, 0, NULL);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

const char *gateway_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Where the host begins; the URL has been checked. */
static const char *host_of(const char *url)
{
    const char *slashes = strstr(url, "://");
    return slashes ? slashes + 3 : url;
}

bool gateway_check_endpoint(const char *url, const struct yaml_node *node,
                            struct problems *problems)
{
    struct error error;
    if (!url_check(url, &error)) {
        yaml_problem(node, problems, "url: %s", error.text);
        return false;
    }
    const char *rest = strpbrk(host_of(url), "/?");
    if (rest == NULL || strcmp(rest, "/") == 0)
        return true;
    yaml_problem(node, problems, "url: expected the provider's endpoint without path and query");
    return false;
}

char *gateway_host(const char *url)
{
    const char *begin = host_of(url);
    char *host = mem_text_n(begin, strcspn(begin, "/?#"));
    for (char *at = host; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return host;
}

bool gateway_check_address(const char *address, struct error *error)
{
    char phone[PHONE_BYTES];
    return phone_read(address, phone, error);
}
