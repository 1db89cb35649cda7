/* Requests of the HTTP server, from their first line to their answer. */
#include "http_listener_parts.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct http_route *find_route(const struct http_listener *listener, const char *path)
{
    for (size_t i = 0; i < listener->route_count; i++)
        if (strncmp(path, listener->routes[i].prefix, strlen(listener->routes[i].prefix)) == 0)
            return &listener->routes[i];
    return NULL;
}

/* A request begins: called with its whole target, before MHD takes it apart. */
void *http_listener_on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_listener *listener = context;
    struct http_incoming *incoming = mem_zero(1, sizeof *incoming);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    incoming->listener = listener;
    incoming->connection = connection;
    incoming->peer = info->socket_context;
    incoming->path = mem_text(uri);
    incoming->query = incoming->path + strcspn(incoming->path, "?");
    if (*incoming->query)
        *incoming->query++ = '\0';
    incoming->route = find_route(listener, incoming->path);
    buf_init(&incoming->body, listener->settings.body_bytes_most);
    LIST_INSERT_HEAD(&listener->requests, incoming, link);
    return incoming;
}

void http_listener_on_completed(void *context, struct MHD_Connection *connection, void **place,
                                enum MHD_RequestTerminationCode why)
{
    (void)context, (void)connection, (void)why;
    struct http_incoming *incoming = *place;
    if (incoming == NULL)
        return;
    incoming->peer->heard = false;
    incoming->peer->since = steady_s();
    LIST_REMOVE(incoming, link);
    if (incoming->response)
        MHD_destroy_response(incoming->response);
    if (incoming->stream)
        http_stream_over(incoming->stream);
    buf_finish(&incoming->body);
    free(incoming->path);
    free(incoming);
    *place = NULL;
}

static enum MHD_Result give_answer(struct http_incoming *incoming)
{
    enum MHD_Result given =
        MHD_queue_response(incoming->connection, incoming->status, incoming->response);
    MHD_destroy_response(incoming->response);
    incoming->response = NULL;
    return given;
}

/* The headers are there. */
static enum MHD_Result begin(struct http_incoming *incoming, const char *method)
{
    const char *length = http_incoming_header(incoming, MHD_HTTP_HEADER_CONTENT_LENGTH);
    incoming->begun = true;
    incoming->method = method;
    if (incoming->route == NULL)
        http_incoming_answer_text(incoming, 404, "text/plain", "not found\n");
    else if (length && strtoull(length, NULL, 10) > incoming->listener->settings.body_bytes_most)
        http_incoming_answer_text(incoming, 413, "text/plain", "too large\n");
    else if (incoming->route->admit)
        incoming->route->admit(incoming->route->context, incoming);
    return incoming->response ? give_answer(incoming) : MHD_YES;
}

/* The request is whole. */
static enum MHD_Result hand_over(struct http_incoming *incoming)
{
    incoming->peer->heard = true;
    incoming->peer->since = steady_s();
    incoming->progress = HANDLED;
    if (incoming->body.overflowed)
        http_incoming_answer_text(incoming, 413, "text/plain", "too large\n");
    else
        incoming->route->handle(incoming->route->context, incoming);
    if (incoming->response)
        return give_answer(incoming);
    incoming->progress = WAITING;
    MHD_suspend_connection(incoming->connection);
    return MHD_YES;
}

enum MHD_Result http_listener_on_request(void *context, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *upload, size_t *upload_length, void **place)
{
    (void)context, (void)connection, (void)url, (void)version;
    struct http_incoming *incoming = *place;
    if (!incoming->begun)
        return begin(incoming, method);
    if (*upload_length) {
        buf_add(&incoming->body, upload, *upload_length); /* past the cap: 413 in the end */
        *upload_length = 0;
        return MHD_YES;
    }
    if (incoming->progress == READING)
        return hand_over(incoming);
    return incoming->response ? give_answer(incoming) : MHD_NO;
}

const char *http_incoming_method(const struct http_incoming *incoming)
{
    return incoming->method;
}

const char *http_incoming_rest(const struct http_incoming *incoming)
{
    return incoming->path + strlen(incoming->route->prefix);
}

const char *http_incoming_query(const struct http_incoming *incoming)
{
    return incoming->query;
}

const char *http_incoming_address(const struct http_incoming *incoming)
{
    return incoming->peer->address;
}

const char *http_incoming_header(const struct http_incoming *incoming, const char *name)
{
    return MHD_lookup_connection_value(incoming->connection, MHD_HEADER_KIND, name);
}

const char *http_incoming_body(const struct http_incoming *incoming, size_t *length)
{
    *length = incoming->body.length;
    return buf_string(&incoming->body);
}

void http_incoming_give(struct http_incoming *incoming, const struct http_answer *answer,
                        struct MHD_Response *response)
{
    assert(incoming->progress != ANSWERED);
    bool resume = incoming->progress == WAITING;
    if (response == NULL)
        abort(); /* out of memory */
    incoming->progress = ANSWERED;
    incoming->status = (unsigned)answer->status;
    incoming->response = response;
    if (answer->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    if (resume) { /* MHD asks for it in its next run, which nothing else brings about */
        MHD_resume_connection(incoming->connection);
        http_listener_run_within(incoming->listener, 0.);
    }
}

void http_incoming_answer(struct http_incoming *incoming, const struct http_answer *answer)
{
    enum MHD_ResponseMemoryMode mode = MHD_RESPMEM_MUST_COPY;
    if (answer->lasting)
        mode = MHD_RESPMEM_PERSISTENT;
    http_incoming_give(
        incoming, answer,
        MHD_create_response_from_buffer(answer->length, (void *)(uintptr_t)answer->body, mode));
}

void http_incoming_answer_text(struct http_incoming *incoming, int status, const char *content_type,
                               const char *text)
{
    http_incoming_answer(incoming, &(struct http_answer){.status = status,
                                                         .content_type = content_type,
                                                         .body = text,
                                                         .length = strlen(text)});
}
