/* Connection strings of libpq: read by libpq itself, put together again as keywords and values. */
#include "setup_dsn.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <libpq-fe.h>
#include <string.h>

#define DSN_BYTES_MOST 8192

static bool is_secret(const char *keyword)
{
    return strcmp(keyword, "password") == 0 || strcmp(keyword, "sslpassword") == 0;
}

bool dsn_check(const char *dsn, struct error *error)
{
    /* libpq's own reason may repeat the whole of it, and with it a password */
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    bool fine = true;
    if (options == NULL)
        return error_set(error, "not a connection string of libpq; expected "
                                "host=/run/postgresql dbname=NAME user=ROLE");
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && is_secret(o->keyword))
            fine = error_set(error, "it holds a password; expected that in a file of its own");
    PQconninfoFree(options);
    return fine;
}

char *dsn_value(const char *dsn, const char *keyword)
{
    char *value = NULL;
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        if (o->val && strcmp(o->keyword, keyword) == 0)
            value = mem_text(o->val);
    PQconninfoFree(options);
    return value;
}

/* dbname='it''s' as libpq wants it: quotes and backslashes behind a backslash. */
static void add_pair(struct buf *out, const char *keyword, const char *value)
{
    bool plain = value[0] && strpbrk(value, " '\\\t\n") == NULL;
    buf_format(out, "%s%s=%s", out->length ? " " : "", keyword, plain ? "" : "'");
    for (const char *c = value; *c; c++) {
        if (*c == '\'' || *c == '\\')
            buf_char(out, '\\');
        buf_char(out, *c);
    }
    buf_text(out, plain ? "" : "'");
}

/* In the order in which people write them. */
static int place_of(const char *keyword)
{
    static const char *const first[] = {"host", "hostaddr", "port", "dbname", "user"};
    int place = 0;
    while (place < (int)COUNT_OF(first) && strcmp(first[place], keyword) != 0)
        place++;
    return place;
}

static void add_place(struct buf *out, int place, const PQconninfoOption *options,
                      const char *database, const char *user)
{
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        const char *value = o->val;
        if (place_of(o->keyword) != place || is_secret(o->keyword))
            continue;
        if (database && strcmp(o->keyword, "dbname") == 0)
            value = database;
        if (user && strcmp(o->keyword, "user") == 0)
            value = user;
        if (value)
            add_pair(out, o->keyword, value);
    }
}

char *dsn_with(const char *dsn, const char *database, const char *user)
{
    AUTO_BUF out;
    buf_init(&out, DSN_BYTES_MOST);
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    for (int place = 0; place <= place_of(""); place++)
        add_place(&out, place, options, database, user);
    PQconninfoFree(options);
    return buf_take(&out);
}

static bool is_same(const char *one, const char *other, const char *keyword, const char *standard)
{
    AUTO_FREE char *a = dsn_value(one, keyword);
    AUTO_FREE char *b = dsn_value(other, keyword);
    return strcmp(a ? a : standard, b ? b : standard) == 0;
}

bool dsn_same_server(const char *one, const char *other)
{
    return is_same(one, other, "host", "") && is_same(one, other, "hostaddr", "") &&
           is_same(one, other, "port", "5432");
}

bool dsn_is_local(const char *dsn)
{
    AUTO_FREE char *host = dsn_value(dsn, "host");
    AUTO_FREE char *address = dsn_value(dsn, "hostaddr");
    return address == NULL && (host == NULL || host[0] == '\0' || host[0] == '/');
}
