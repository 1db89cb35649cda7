/* What all channels have in common: verdicts by name, requests, endpoints. */
#include "duban/channel.h"

#include "duban/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *verdict_word(enum verdict verdict)
{
    static const char *const words[VERDICTS] = {
        [VERDICT_DELIVERED] = "delivered", [VERDICT_ACCEPTED] = "accepted",
        [VERDICT_THROTTLED] = "throttled", [VERDICT_TEMPORARY] = "temporary",
        [VERDICT_PERMANENT] = "permanent", [VERDICT_REJECTED] = "rejected",
        [VERDICT_GONE] = "gone",           [VERDICT_UNKNOWN] = "unknown",
    };
    return words[verdict];
}

/* A URL, a header or a body may hold a password: wiped before it is freed. */
static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void http_request_finish(struct http_request *request)
{
    wipe(request->url);
    wipe(request->made_body);
    for (size_t i = 0; i < request->header_count; i++)
        wipe(request->headers[i].value);
    *request = (struct http_request){0};
}

void http_request_header(struct http_request *request, const char *name, const char *format, ...)
{
    assert(request->header_count < HTTP_HEADERS_MOST);
    va_list args;
    char *value = NULL;
    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        abort();
    va_end(args);
    for (char *at = value; *at; at++) /* no value can end its line and begin another header */
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
    request->headers[request->header_count++] = (struct http_header){.name = name, .value = value};
}

const char *channel_endpoint(const struct channel *channel, const char *address)
{
    return channel->type->address_is_endpoint ? address : "";
}
