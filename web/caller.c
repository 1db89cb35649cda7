/* Who asks: the address, the session, the token, the name that a proxy vouches for. */
#include "exchange.h"

#include "duban/cookie.h"
#include "duban/forwarded.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_among(const char *text, const struct network *networks, size_t count)
{
    struct network one;
    if (!network_parse(text, &one, NULL))
        return false;
    for (size_t i = 0; i < count; i++)
        if (network_holds(&networks[i], &one.address))
            return true;
    return false;
}

void caller_read_address(struct caller *caller, const struct web *web,
                         const struct http_incoming *incoming)
{
    const struct config_web *config = &web->config->web;
    const char *peer = http_incoming_address(incoming);
    *caller = (struct caller){.secure = config->certificate != NULL};
    snprintf(caller->address, sizeof caller->address, "%s", peer);
    if (strcmp(peer, "unix") != 0 && !is_among(peer, config->proxies, config->proxy_count))
        return;
    forwarded_read(http_incoming_header(incoming, "X-Forwarded-For"), caller->address);
    const char *scheme = http_incoming_header(incoming, "X-Forwarded-Proto");
    if (scheme)
        caller->secure = strcasecmp(scheme, "https") == 0;
}

/* A name as in duban.web_user. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 128 && strpbrk(text, " \t\r\n") == NULL;
}

static bool read_vouched(struct caller *caller, const struct web *web,
                         const struct http_incoming *incoming)
{
    const struct config_web *config = &web->config->web;
    if (config->user_header == NULL ||
        !is_among(http_incoming_address(incoming), config->vouch, config->vouch_count))
        return false;
    const char *name = http_incoming_header(incoming, config->user_header);
    if (name == NULL || !is_name(name))
        return false;
    AUTO_FREE char *key = mem_format("%s %s", web->secret, name);
    snprintf(caller->who, sizeof caller->who, "h:%s", name);
    access_key_digest("csrf of a name", key, caller->csrf);
    return true;
}

static void read_session(struct caller *caller, const struct http_incoming *incoming)
{
    char digest[ACCESS_KEY_BYTES];
    if (!cookie_read(http_incoming_header(incoming, "Cookie"), "duban_session", caller->cookie,
                     sizeof caller->cookie) ||
        !access_key_is_valid(caller->cookie)) {
        caller->cookie[0] = '\0';
        return;
    }
    access_key_digest("session", caller->cookie, digest);
    access_key_digest("csrf", caller->cookie, caller->csrf);
    snprintf(caller->who, sizeof caller->who, "s:%s", digest);
}

void caller_read(struct caller *caller, const struct web *web, const struct http_incoming *incoming)
{
    static const char bearer[] = "Bearer ";
    const char *authorization = http_incoming_header(incoming, "Authorization");
    char digest[ACCESS_KEY_BYTES];
    caller_read_address(caller, web, incoming);
    if (authorization && strncasecmp(authorization, bearer, sizeof bearer - 1) == 0) {
        const char *token = authorization + sizeof bearer - 1;
        if (!access_key_is_valid(token))
            return;
        access_key_digest("token", token, digest);
        snprintf(caller->who, sizeof caller->who, "t:%s", digest);
        return;
    }
    if (!read_vouched(caller, web, incoming))
        read_session(caller, incoming);
}

bool caller_may_act(const struct caller *caller, const struct http_incoming *incoming)
{
    const char *csrf = http_incoming_header(incoming, "X-Duban-CSRF");
    const char *site = http_incoming_header(incoming, "Sec-Fetch-Site");
    if (site && strcmp(site, "cross-site") == 0)
        return false;
    return caller->csrf[0] == '\0' || (csrf && secret_equals(caller->csrf, csrf));
}
