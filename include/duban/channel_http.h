/* Short messages through any gateway with an HTTP interface, described in the configuration
 * (docs/sms-http.md). */
#ifndef DUBAN_CHANNEL_HTTP_H
#define DUBAN_CHANNEL_HTTP_H

#include "duban/channel.h"
#include "duban/http_pattern.h"
#include "duban/reply_rule.h"

#define CHANNEL_HTTP "http"

#define GATEWAY_HEADERS_MOST 12

struct gateway_header {
    const char *name;
    struct http_pattern *value;
};

struct http_gateway_options {
    const char *method;
    char *secret; /* NULL: none */
    const char *reply_id;
    const char *sign_name;
    bool repeatable;
    bool gsm7;
    struct http_pattern *url, *body; /* read by hand, as what follows */
    size_t header_count;
    struct gateway_header headers[GATEWAY_HEADERS_MOST];
    struct reply_rules *rules;
};

extern const struct channel_type channel_http;

#endif
