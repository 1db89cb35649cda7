/* Connections of setup. */
#include "setup.h"

#include "setup_dsn.h"

#include "duban/mem.h"

#include <pwd.h>
#include <unistd.h>

#define CONNECT_US (10 * US_PER_S)
#define READ_US    (30 * US_PER_S)

static struct pg_block *connect_once(const char *dsn, const char *password, bool read_only,
                                     struct error *error)
{
    const struct pg_settings settings = {
        .name = "dubanctl setup",
        .dsn = dsn,
        .password = password,
        .query_timeout_us = read_only ? READ_US : CONNECT_US,
        .read_write = !read_only,
        .read_only = read_only,
    };
    struct pg_block *pg = pg_block_open(&settings, NULL, NULL, error);
    if (pg == NULL || read_only)
        return pg;
    /* making a database takes as long as it takes */
    PGresult *result =
        pg_block_query(pg, "SELECT set_config('statement_timeout', '0', false)", NULL, error);
    PQclear(result);
    if (result)
        return pg;
    pg_block_close(pg);
    return NULL;
}

/* A second try is only root's, who may be anybody. */
static bool may_be(const char *dsn, const char *password, const char *as, uid_t *user)
{
    /* cppcheck-suppress getpwnamCalled ; there is one thread */
    const struct passwd *found = as && geteuid() == 0 ? getpwnam(as) : NULL;
    if (found == NULL || password || !dsn_is_local(dsn) || found->pw_uid == 0)
        return false;
    *user = found->pw_uid;
    return true;
}

struct pg_block *setup_connect(const char *dsn, const char *password, bool read_only,
                               const char *as, struct error *error)
{
    uid_t user;
    struct error ignored;
    struct pg_block *pg = connect_once(dsn, password, read_only, error);
    if (pg || !may_be(dsn, password, as, &user) || seteuid(user) != 0)
        return pg;
    pg = connect_once(dsn, password, read_only, &ignored);
    if (seteuid(0) != 0)
        abort(); /* nothing may go on as somebody else */
    return pg;
}

struct pg_block *setup_connect_admin(const struct setup *setup, struct error *error)
{
    const char *dsn = setup_text(setup, ANSWER_ADMIN_DSN);
    AUTO_FREE char *role = dsn_value(dsn, "user");
    return setup_connect(dsn, setup_text(setup, ANSWER_ADMIN_PASSWORD), false, role, error);
}

bool setup_run(struct pg_block *pg, const char *format, const char *one, const char *two,
               struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, format);
    pg_param_text(params, one);
    pg_param_text(params, two);
    PGresult *made = pg_block_query(pg, "SELECT format($1, $2, $3)", params, error);
    PGresult *done = made ? pg_block_query(pg, pg_text(made, 0, 0), NULL, error) : NULL;
    pg_params_destroy(params);
    PQclear(made);
    PQclear(done);
    return done != NULL;
}

char *setup_login_remedy(const struct setup *setup)
{
    const char *state = setup_text(setup, ANSWER_STATE_DSN);
    const char *source = setup_text(setup, ANSWER_SOURCE_DSN);
    AUTO_FREE char *database = dsn_value(state, "dbname");
    AUTO_FREE char *daemon = dsn_value(state, "user");
    AUTO_FREE char *cases = dsn_value(source, "dbname");
    AUTO_FREE char *reader = dsn_value(source, "user");
    return mem_format(
        in_words(setup->context,
                 "凭密码：--state-password-file、--source-password-file；本机不用密码：\n"
                 "          在 pg_ident.conf 加\n"
                 "            duban root %s\n            duban duban %s\n"
                 "            duban duban %s\n            duban duban-web duban_web\n"
                 "          在 pg_hba.conf 最前面加\n"
                 "            local %s %s,%s,duban_web peer map=duban\n"
                 "            local %s %s peer map=duban\n"
                 "          systemctl reload postgresql，再运行一次（docs/operations.md）",
                 "by password: --state-password-file, --source-password-file; on one machine "
                 "without:\n"
                 "          in pg_ident.conf\n"
                 "            duban root %s\n            duban duban %s\n"
                 "            duban duban %s\n            duban duban-web duban_web\n"
                 "          in pg_hba.conf, on top\n"
                 "            local %s %s,%s,duban_web peer map=duban\n"
                 "            local %s %s peer map=duban\n"
                 "          systemctl reload postgresql, and run this again (docs/operations.md)"),
        SETUP_OWNER, daemon, reader, database, SETUP_OWNER, daemon, cases, reader);
}
