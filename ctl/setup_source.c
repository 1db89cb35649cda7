/* The third step: the approval system's view, its role, its columns, its rows. */
#include "setup.h"

#include "setup_dsn.h"
#include "setup_roles.h"

#include "duban/mem.h"

#include <string.h>

/* The relation $1, quoted as source.c does it. */
#define RELATION                                                                                   \
    "(SELECT string_agg(quote_ident(part), '.' ORDER BY n)"                                        \
    " FROM unnest(string_to_array($1::text, '.')) WITH ORDINALITY AS p (part, n))"
#define REACH                                                                                      \
    "SELECT to_regclass(" RELATION ") IS NULL,"                                                    \
    " has_table_privilege(to_regclass(" RELATION "), 'SELECT'),"                                   \
    " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"

static struct pg_block *open_source(const struct setup *setup, struct error *error)
{
    return setup_connect(setup_text(setup, ANSWER_SOURCE_DSN),
                         setup_text(setup, ANSWER_SOURCE_PASSWORD), true, SETUP_SERVICE_USER,
                         error);
}

/* --- the role --- */

/* Whether the view can be read, or isn't there, which no right would mend. */
static bool may_read(struct pg_block *pg, const char *relation, bool *super, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, relation);
    PGresult *result = pg_block_query(pg, REACH, params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    bool may = pg_bool(result, 0, 0) || pg_bool(result, 0, 1);
    *super = pg_bool(result, 0, 2);
    PQclear(result);
    return may || error_set(error, "permission denied for %s", relation);
}

static struct pg_block *reach(const struct setup *setup, bool *super, struct error *error)
{
    struct pg_block *pg = open_source(setup, error);
    if (pg && may_read(pg, setup_text(setup, ANSWER_SOURCE_RELATION), super, error))
        return pg;
    pg_block_close(pg);
    return NULL;
}

static bool is_missing(struct pg_block *pg, const char *role)
{
    struct error ignored;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, role);
    PGresult *result =
        pg_block_query(pg, "SELECT FROM pg_roles WHERE rolname = $1", params, &ignored);
    pg_params_destroy(params);
    bool missing = result && PQntuples(result) == 0;
    PQclear(result);
    return missing;
}

/* As sql/source/grants.sql says why. */
static bool set_up_role(struct pg_block *pg, const char *role, struct error *error)
{
    static const char *const settings[] = {
        "ALTER ROLE %1$I SET default_transaction_read_only = on",
        "ALTER ROLE %1$I SET enable_sort = off",
        "ALTER ROLE %1$I SET max_parallel_workers_per_gather = 0",
    };
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (!setup_run(pg, settings[i], role, NULL, error))
            return false;
    return true;
}

static bool grant_view(struct pg_block *pg, const char *relation, const char *role,
                       struct error *error)
{
    AUTO_FREE char *schema = mem_text_n(relation, strcspn(relation, "."));
    struct pg_params *params = pg_params_create();
    pg_param_text(params, relation);
    PGresult *quoted = pg_block_query(pg, "SELECT " RELATION, params, error);
    pg_params_destroy(params);
    bool good = quoted &&
                setup_run(pg, "GRANT USAGE ON SCHEMA %1$I TO %2$I", schema, role, error) &&
                setup_run(pg, "GRANT SELECT ON %1$s TO %2$I", pg_text(quoted, 0, 0), role, error);
    PQclear(quoted);
    return good;
}

/* The source's database as the administrator. */
static struct pg_block *open_as_admin(const struct setup *setup, bool read_only,
                                      struct error *error)
{
    const char *admin = setup_text(setup, ANSWER_ADMIN_DSN);
    AUTO_FREE char *self = dsn_value(admin, "user");
    AUTO_FREE char *database = dsn_value(setup_text(setup, ANSWER_SOURCE_DSN), "dbname");
    AUTO_FREE char *dsn = dsn_with(admin, database, NULL);
    return setup_connect(dsn, setup_text(setup, ANSWER_ADMIN_PASSWORD), read_only, self, error);
}

/* On the administrator's own server what the role lacks is made. */
static bool let_in(struct setup *setup, struct error *error)
{
    AUTO_FREE char *role = dsn_value(setup_text(setup, ANSWER_SOURCE_DSN), "user");
    struct pg_block *pg = open_as_admin(setup, false, error);
    if (pg == NULL)
        return false;
    bool fresh = is_missing(pg, role);
    bool good = role_make(setup, pg, role, setup_text(setup, ANSWER_SOURCE_PASSWORD)) &&
                (!fresh || set_up_role(pg, role, error)) &&
                grant_view(pg, setup_text(setup, ANSWER_SOURCE_RELATION), role, error);
    pg_block_close(pg);
    return good;
}

static void tell_unreachable(struct setup *setup, const struct error *error)
{
    const struct context *context = setup->context;
    const char *relation = setup_text(setup, ANSWER_SOURCE_RELATION);
    AUTO_FREE char *role = dsn_value(setup_text(setup, ANSWER_SOURCE_DSN), "user");
    AUTO_FREE char *login = setup_login_remedy(setup);
    AUTO_FREE char *remedy = mem_format(
        in_words(context,
                 "检查 --source-dsn 和网络；角色或权限不足时，请审批系统的数据库管理员执行：\n"
                 "          CREATE ROLE %s LOGIN; GRANT USAGE ON SCHEMA %.*s TO %s; "
                 "GRANT SELECT ON %s TO %s;（docs/source.md）\n        → 不能登录时，%s",
                 "look at --source-dsn and the network; without role or right let the approval "
                 "system's administrator run:\n"
                 "          CREATE ROLE %s LOGIN; GRANT USAGE ON SCHEMA %.*s TO %s; "
                 "GRANT SELECT ON %s TO %s; (docs/source.md)\n        → if it isn't let in, %s"),
        role, (int)strcspn(relation, "."), relation, role, relation, role, login);
    doctor_find(&setup->doctor, GRADE_BAD, "source", remedy,
                in_words(context, "审批系统的视图无法读取：%s",
                         "the approval system's view can't be read: %s"),
                error->text);
}

static void tell_super(struct setup *setup)
{
    doctor_find(&setup->doctor, GRADE_WARNING, "source",
                in_words(setup->context, "改用只能读这个视图的角色（docs/source.md）",
                         "use a role that may only read the view (docs/source.md)"),
                "%s",
                in_words(setup->context, "--source-dsn 的角色是超级用户",
                         "the role of --source-dsn is a superuser"));
}

/* What a dry run would make; the view is read by the administrator then. */
static struct pg_block *look_in(struct setup *setup, struct error *error)
{
    AUTO_FREE char *role = dsn_value(setup_text(setup, ANSWER_SOURCE_DSN), "user");
    struct pg_block *pg = open_as_admin(setup, true, error);
    if (pg)
        doctor_find(&setup->doctor, GRADE_OK, "source", NULL,
                    in_words(setup->context, "角色 %s：将建立并授权读取视图",
                             "role %s: would be made and given the view"),
                    role);
    return pg;
}

static struct pg_block *enter(struct setup *setup)
{
    struct error error;
    bool super = false;
    struct pg_block *pg = reach(setup, &super, &error);
    bool near = setup->admin && dsn_same_server(setup_text(setup, ANSWER_ADMIN_DSN),
                                                setup_text(setup, ANSWER_SOURCE_DSN));
    if (pg == NULL && near && setup->answers.dry_run)
        pg = look_in(setup, &error);
    else if (pg == NULL && near && let_in(setup, &error))
        pg = reach(setup, &super, &error);
    if (pg == NULL)
        tell_unreachable(setup, &error);
    else if (super)
        tell_super(setup);
    return pg;
}

/* --- columns --- */

static void tell_lacking(struct setup *setup, const struct source_columns *columns)
{
    static const struct {
        const char *column, *chinese, *english;
    } losses[] = {
        {"project_class", "规则不能按项目类别区分", "rules can't tell classes of projects"},
        {"agent_name", "消息中没有代办员姓名", "messages can't name the agent"},
        {"agent_phone", "不能告知代办员", "agents can't be told"},
        {"reopened_at", "重新受理的办件仍从首次受理起算",
         "a case that is taken up again counts from its first acceptance"},
        {"extensions", "延期不计入期限", "extensions don't lengthen the limit"},
        {"attributes", "规则不能引用其他属性", "rules can't ask for anything else"},
    };
    AUTO_FREE char *lacks = source_lacks(columns);
    for (size_t i = 0; i < COUNT_OF(losses); i++)
        if (strstr(lacks, losses[i].column))
            doctor_find(&setup->doctor, GRADE_OK, "source", NULL,
                        in_words(setup->context, "没有可选列 %s：%s", "without %s: %s"),
                        losses[i].column,
                        in_words(setup->context, losses[i].chinese, losses[i].english));
}

void setup_source(struct setup *setup)
{
    struct source_columns columns;
    struct source_sql sql;
    const char *relation = setup_text(setup, ANSWER_SOURCE_RELATION);
    struct pg_block *pg = enter(setup);
    if (pg && doctor_view(&setup->doctor, pg, relation, &columns)) {
        source_sql_init(&sql, relation, &columns);
        tell_lacking(setup, &columns);
        setup_read_rows(setup, pg, &sql);
        doctor_plan(&setup->doctor, pg, &sql);
        source_sql_finish(&sql);
    }
    pg_block_close(pg);
}
