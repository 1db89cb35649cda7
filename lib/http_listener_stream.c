/* Answers that go on: what is pushed waits in a buffer until MHD takes it.
 *
 * MHD asks for more whenever the client can take some. When there is none its connection is
 * suspended, and resumed by the next push: an idle viewer costs nothing. */
#include "http_listener_parts.h"

#include "duban/mem.h"

#include <string.h>
#include <sys/socket.h>

#define BLOCK_BYTES 1024 /* what MHD asks for at once */

struct http_stream {
    struct http_incoming *incoming;
    struct buf waiting;
    size_t taken; /* of it */
    bool idle;    /* its connection is suspended */
    bool ending;  /* nothing more will come */
    bool cut;     /* too slow */
    void (*over)(void *context);
    void *context;
};

static void drop_taken(struct http_stream *stream)
{
    struct buf *waiting = &stream->waiting;
    waiting->length -= stream->taken;
    memmove(waiting->data, waiting->data + stream->taken, waiting->length + 1);
    stream->taken = 0;
}

static ssize_t on_wanted(void *context, uint64_t position, char *to, size_t most)
{
    (void)position;
    struct http_stream *stream = context;
    size_t length = stream->waiting.length - stream->taken;
    if (stream->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (length == 0 && stream->ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (length == 0) {
        stream->idle = true;
        MHD_suspend_connection(stream->incoming->connection);
        return 0;
    }
    if (length > most)
        length = most;
    memcpy(to, stream->waiting.data + stream->taken, length);
    stream->taken += length;
    if (stream->taken == stream->waiting.length) { /* an idle viewer keeps no memory */
        size_t cap = stream->waiting.cap;
        buf_finish(&stream->waiting);
        buf_init(&stream->waiting, cap);
        stream->taken = 0;
    }
    return (ssize_t)length;
}

static void wake(struct http_stream *stream)
{
    if (!stream->idle)
        return;
    stream->idle = false;
    MHD_resume_connection(stream->incoming->connection);
    http_listener_run_within(stream->incoming->listener, 0.);
}

struct http_stream *http_incoming_stream(struct http_incoming *incoming,
                                         const struct http_answer *answer,
                                         void (*over)(void *context), void *context)
{
    struct http_stream *stream = mem_zero(1, sizeof *stream);
    *stream = (struct http_stream){.incoming = incoming, .over = over, .context = context};
    buf_init(&stream->waiting, HTTP_STREAM_WAITING);
    buf_add(&stream->waiting, answer->body, answer->length);
    incoming->stream = stream;
    http_incoming_give(
        incoming, answer,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_wanted, stream, NULL));
    return stream;
}

bool http_stream_push(struct http_stream *stream, const char *bytes, size_t length)
{
    if (stream->taken > 0)
        drop_taken(stream);
    if (!stream->cut && !buf_add(&stream->waiting, bytes, length)) {
        stream->cut = true;
        shutdown(stream->incoming->peer->fd, SHUT_RDWR); /* MHD sees the end of the connection */
    }
    wake(stream);
    return !stream->cut;
}

void http_stream_end(struct http_stream *stream)
{
    stream->ending = true;
    wake(stream);
}

void http_stream_over(struct http_stream *stream)
{
    stream->over(stream->context);
    buf_finish(&stream->waiting);
    free(stream);
}
