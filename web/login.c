/* Logging in and out. */
#include "router.h"
#include "viewer.h"

#include "duban/cookie.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/password.h"
#include "duban/secret.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MOST 256

static const char *secure_part(const struct exchange *exchange)
{
    return exchange->caller.secure ? "; Secure" : "";
}

/* --- what guards the form: a value that only the page with our cookie can know --- */

static bool read_form_cookie(const struct exchange *exchange, char key[ACCESS_KEY_BYTES])
{
    return cookie_read(http_incoming_header(exchange->incoming, "Cookie"), "duban_form", key,
                       ACCESS_KEY_BYTES) &&
           access_key_is_valid(key);
}

void login_form_key(struct exchange *exchange, char csrf[ACCESS_KEY_BYTES], char cookie[256])
{
    char key[ACCESS_KEY_BYTES];
    cookie[0] = '\0';
    if (!read_form_cookie(exchange, key)) {
        access_key_make(key);
        snprintf(cookie, 256, "duban_form=%s; HttpOnly; SameSite=Strict; Path=/login%s", key,
                 secure_part(exchange));
    }
    access_key_digest("form", key, csrf);
}

static bool form_is_ours(const struct exchange *exchange)
{
    char key[ACCESS_KEY_BYTES], csrf[ACCESS_KEY_BYTES];
    const char *sent = form_value(&exchange->form, "csrf");
    if (sent == NULL || !read_form_cookie(exchange, key))
        return false;
    access_key_digest("form", key, csrf);
    return secret_equals(csrf, sent);
}

/* --- a try, step by step --- */

struct attempt {
    char name[NAME_BYTES_MOST];
    char password[PASSWORD_BYTES_MOST + 1];
    char hash[PASSWORD_HASH_BYTES];
    char key[ACCESS_KEY_BYTES]; /* of the new session */
};

static void refuse(struct exchange *exchange, const char *reason)
{
    struct attempt *attempt = exchange->state;
    AUTO_FREE char *place = mem_format("/login?error=%s", reason);
    log_line(LOG_LEVEL_WARNING, "login", "refused", log_text("reason", reason),
             log_text("user", attempt ? attempt->name : ""),
             log_text("address", exchange->caller.address));
    exchange_redirect(exchange, place, NULL);
}

static void on_session(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    struct attempt *attempt = exchange->state;
    if (failure || !pg_bool(result, 0, 0)) {
        refuse(exchange, failure ? "busy" : "wrong");
        return;
    }
    log_line(LOG_LEVEL_INFO, "login", "logged in", log_text("user", attempt->name),
             log_text("address", exchange->caller.address));
    AUTO_FREE char *cookie = mem_format("duban_session=%s; HttpOnly; SameSite=Strict; Path=/%s",
                                        attempt->key, secure_part(exchange));
    exchange_redirect(exchange, "/", cookie);
}

static void begin_session(struct exchange *exchange)
{
    struct attempt *attempt = exchange->state;
    const struct config_web *config = &exchange->web->config->web;
    char digest[ACCESS_KEY_BYTES], old[ACCESS_KEY_BYTES] = "";
    struct pg_params *params = pg_params_create();
    access_key_make(attempt->key);
    access_key_digest("session", attempt->key, digest);
    if (exchange->caller.cookie[0])
        access_key_digest("session", exchange->caller.cookie, old);
    pg_param_text(params, attempt->name);
    pg_param_text(params, attempt->hash);
    pg_param_text(params, exchange->caller.address);
    pg_param_text(params, digest);
    pg_param_text(params, old);
    pg_param_int(params, config->session_idle_us);
    pg_param_int(params, config->session_most_us);
    pg_query(web_database(exchange->web), "SELECT duban.web_login($1, $2, $3, $4, $5, $6, $7)",
             params, on_session, exchange);
    pg_params_destroy(params);
}

static void on_checked(void *context, bool fits)
{
    struct exchange *exchange = context;
    if (fits)
        begin_session(exchange);
    else
        refuse(exchange, "wrong");
}

static void on_begun(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    struct attempt *attempt = exchange->state;
    if (failure) {
        refuse(exchange, "busy");
        return;
    }
    if (pg_int(result, 0, 1) > 0) {
        refuse(exchange, "wait");
        return;
    }
    snprintf(attempt->hash, sizeof attempt->hash, "%s", pg_text(result, 0, 0));
    bool taken = hasher_check(&exchange->web->hasher, attempt->password, attempt->hash, on_checked,
                              exchange);
    explicit_bzero(attempt->password, sizeof attempt->password);
    if (!taken)
        refuse(exchange, "busy");
}

void login_post(struct exchange *exchange)
{
    const char *name = form_value(&exchange->form, "user");
    const char *password = form_value(&exchange->form, "password");
    if (!form_is_ours(exchange)) {
        refuse(exchange, "form");
        return;
    }
    struct attempt *attempt = mem_zero(1, sizeof *attempt);
    exchange->state = attempt;
    if (name == NULL || strlen(name) >= sizeof attempt->name || password == NULL ||
        strlen(password) >= sizeof attempt->password) {
        refuse(exchange, "wrong");
        return;
    }
    snprintf(attempt->name, sizeof attempt->name, "%s", name);
    snprintf(attempt->password, sizeof attempt->password, "%s", password);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, name);
    pg_param_text(params, exchange->caller.address);
    pg_query(web_database(exchange->web), "SELECT * FROM duban.web_login_begin($1, $2)", params,
             on_begun, exchange);
    pg_params_destroy(params);
}

/* --- out --- */

static void on_out(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct exchange *exchange = context;
    (void)result;
    if (failure) {
        exchange_failed(exchange, failure);
        return;
    }
    viewers_check(&exchange->web->news);
    AUTO_FREE char *cookie = mem_format(
        "duban_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0%s", secure_part(exchange));
    exchange_redirect(exchange, "/login", cookie);
}

void logout_post(struct exchange *exchange)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, exchange->caller.who);
    pg_query(web_database(exchange->web), "SELECT duban.web_logout($1)", params, on_out, exchange);
    pg_params_destroy(params);
}
