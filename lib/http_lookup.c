/* The addresses of one request's host, before libcurl gets the request. */
#include "http_lookup.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* The flags with which libcurl reads CURLOPT_URL. */
#define READ_FLAGS (CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)

/* An entry of libcurl's DNS cache that isn't renewed ends after this. Longer than any request, so
 * that none finds its own gone when libcurl connects a second time. */
#define CACHE_S 3600L

/* libcurl has found neither an address in the URL nor an entry of its cache: a name that it reads
 * otherwise than it was read here. Better a failure than a blocked loop. */
static int on_resolve(void *state, void *unused, void *context)
{
    (void)state;
    (void)unused;
    const struct http_lookup *lookup = context;
    return !lookup->is_address;
}

void lookup_init(struct http_lookup *lookup, CURL *easy)
{
    *lookup = (struct http_lookup){.easy = easy};
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, lookup);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, CACHE_S);
}

/* --- the URL --- */

static bool read_part(CURLU *url, CURLUPart part, unsigned flags, char *text, size_t size)
{
    char *value = NULL;
    bool ok = curl_url_get(url, part, &value, flags) == CURLUE_OK && strlen(value) < size;
    if (ok)
        strcpy(text, value);
    curl_free(value);
    return ok;
}

static void strip_brackets(char *host)
{
    size_t length = strlen(host);
    if (length < 2 || host[0] != '[')
        return;
    memmove(host, host + 1, length - 2);
    host[length - 2] = '\0';
}

static bool is_address(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static bool read_url(struct http_lookup *lookup, const char *url)
{
    CURLU *parts = curl_url();
    if (parts == NULL)
        abort();
    bool ok =
        curl_url_set(parts, CURLUPART_URL, url, READ_FLAGS) == CURLUE_OK &&
        read_part(parts, CURLUPART_HOST, 0, lookup->host, sizeof lookup->host) &&
        read_part(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT, lookup->port, sizeof lookup->port);
    curl_url_cleanup(parts);
    if (!ok)
        return false;
    strip_brackets(lookup->host);
    return true;
}

/* --- the addresses --- */

/* The '+' lets the entry end; without it libcurl would keep it for ever. */
static void set_addresses(struct http_lookup *lookup, const char *addresses)
{
    AUTO_FREE char *line = mem_format("+%s:%s:%s", lookup->host, lookup->port, addresses);
    lookup->addresses = curl_slist_append(NULL, line);
    if (lookup->addresses == NULL)
        abort();
    curl_easy_setopt(lookup->easy, CURLOPT_RESOLVE, lookup->addresses);
}

static void set_time_left(struct http_lookup *lookup)
{
    lookup->left_us = lookup->end_us - steady_us();
    long left_ms = (long)(lookup->left_us / US_PER_MS);
    curl_easy_setopt(lookup->easy, CURLOPT_TIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
    curl_easy_setopt(lookup->easy, CURLOPT_CONNECTTIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
}

static void on_answer(void *context, const char *addresses, const char *failure)
{
    struct http_lookup *lookup = context;
    if (addresses) {
        set_addresses(lookup, addresses);
        set_time_left(lookup);
    } else {
        snprintf(lookup->failure, sizeof lookup->failure, "%.90s: %s", lookup->host, failure);
    }
    lookup->done(lookup->context);
}

bool lookup_begin(struct http_lookup *lookup, struct resolver *resolver, const char *url,
                  span_us timeout_us, void (*done)(void *context), void *context)
{
    bool is_url = read_url(lookup, url);
    lookup->is_address = is_url && is_address(lookup->host);
    if (!is_url || lookup->is_address)
        return false;
    lookup->end_us = steady_us() + timeout_us;
    lookup->done = done;
    lookup->context = context;
    resolver_ask(resolver, &lookup->asker, lookup->host, timeout_us, on_answer, lookup);
    return true;
}

void lookup_cancel(struct http_lookup *lookup)
{
    resolver_cancel(&lookup->asker);
}

void lookup_clear(struct http_lookup *lookup)
{
    curl_easy_setopt(lookup->easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(lookup->addresses);
    lookup->addresses = NULL;
    lookup->failure[0] = '\0';
}

void lookup_finish(struct http_lookup *lookup)
{
    curl_slist_free_all(lookup->addresses);
}
