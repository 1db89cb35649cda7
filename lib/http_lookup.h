/* The addresses of one request's host, before libcurl gets the request.
 *
 * libcurl's own resolver never runs: it blocks when a request is given up in the middle of a
 * look-up. Host and port are read from the URL as libcurl reads it, the addresses handed over with
 * CURLOPT_RESOLVE, and a resolve that libcurl would begin nevertheless is refused. */
#ifndef DUBAN_HTTP_LOOKUP_H
#define DUBAN_HTTP_LOOKUP_H

#include "duban/channel.h"
#include "duban/resolver.h"

#include <curl/curl.h>

struct http_lookup {
    CURL *easy;
    struct resolver_asker asker;
    char host[256];               /* as libcurl calls it, without brackets */
    char port[8];                 /* given, or the scheme's */
    bool is_address;              /* the host; else libcurl must find it in its cache */
    struct curl_slist *addresses; /* libcurl reads it until the transfer has ended */
    span_us end_us, left_us;      /* of the whole request; what the look-up left of it */
    char failure[sizeof((struct http_reply *)NULL)->failure_text]; /* "": none */
    void (*done)(void *context);
    void *context;
};

/* Once for each easy handle; it must stay where it is. */
void lookup_init(struct http_lookup *lookup, CURL *easy);

/* False when there is nothing to look up: the host is an address, or the URL is none, which libcurl
 * will say. Else `done` comes later, after at most `timeout_us`: then either `failure` is set, or
 * the handle has its addresses and what is left of the time. */
bool lookup_begin(struct http_lookup *lookup, struct resolver *resolver, const char *url,
                  span_us timeout_us, void (*done)(void *context), void *context);
/* Instead of `done`. */
void lookup_cancel(struct http_lookup *lookup);

/* Forgets addresses and failure, after the transfer. */
void lookup_clear(struct http_lookup *lookup);
/* After the handle's own end. */
void lookup_finish(struct http_lookup *lookup);

#endif
