/* Roles and the database: what is there is left as it is. */
#include "setup_roles.h"

#include "setup_dsn.h"

#include "duban/mem.h"

#include <string.h>

#define LOOK                                                                                       \
    "SELECT r.rolsuper, r.rolname::text, d.datname IS NOT NULL, o.rolname::text, o.rolsuper"       \
    "  FROM pg_roles r LEFT JOIN pg_database d ON d.datname = $1"                                  \
    "  LEFT JOIN pg_roles o ON o.oid = d.datdba WHERE r.rolname = current_user"

bool place_look(struct setup *setup, struct place *place)
{
    struct error error;
    const char *dsn = setup_text(setup, ANSWER_STATE_DSN);
    *place = (struct place){.database = dsn_value(dsn, "dbname"), .daemon = dsn_value(dsn, "user")};
    struct pg_params *params = pg_params_create();
    pg_param_text(params, place->database);
    PGresult *result = pg_block_query(setup->admin, LOOK, params, &error);
    pg_params_destroy(params);
    if (result == NULL) {
        doctor_find(&setup->doctor, GRADE_BAD, "state",
                    in_words(setup->context, "查看 PostgreSQL 的日志", "look at PostgreSQL's log"),
                    in_words(setup->context, "无法查看角色：%s", "roles can't be looked at: %s"),
                    error.text);
        return false;
    }
    place->super = pg_bool(result, 0, 0);
    place->self = mem_text(pg_text(result, 0, 1));
    place->exists = pg_bool(result, 0, 2);
    bool by_site = place->exists && !pg_bool(result, 0, 4);
    place->owner = mem_text(by_site        ? pg_text(result, 0, 3)
                            : place->super ? SETUP_OWNER
                                           : place->self);
    PQclear(result);
    return true;
}

void place_finish(struct place *place)
{
    free(place->database);
    free(place->daemon);
    free(place->self);
    free(place->owner);
}

/* --- roles --- */

enum role_state { ROLE_MISSING, ROLE_NO_LOGIN, ROLE_FINE };

static bool role_look(struct pg_block *pg, const char *name, enum role_state *state,
                      struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, name);
    PGresult *result =
        pg_block_query(pg, "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    *state = PQntuples(result) == 0  ? ROLE_MISSING
             : pg_bool(result, 0, 0) ? ROLE_FINE
                                     : ROLE_NO_LOGIN;
    PQclear(result);
    return true;
}

static bool role_change(struct pg_block *pg, const char *name, const char *password,
                        enum role_state state, struct error *error)
{
    char *verifier = NULL;
    if (password && (verifier = pg_block_verifier(pg, name, password, error)) == NULL)
        return false;
    bool fresh = state == ROLE_MISSING;
    bool done = password ? setup_run(pg,
                                     fresh ? "CREATE ROLE %1$I LOGIN PASSWORD %2$L"
                                           : "ALTER ROLE %1$I LOGIN PASSWORD %2$L",
                                     name, verifier, error)
                         : setup_run(pg, fresh ? "CREATE ROLE %1$I LOGIN" : "ALTER ROLE %1$I LOGIN",
                                     name, NULL, error);
    free(verifier);
    return done;
}

static void role_tell(struct setup *setup, const char *name, enum role_state state)
{
    const struct context *context = setup->context;
    const char *what = state == ROLE_FINE
                           ? in_words(context, "已存在，未改动", "is there, left as it is")
                       : setup->answers.dry_run ? in_words(context, "将建立", "would be made")
                       : state == ROLE_MISSING  ? in_words(context, "已建立", "made")
                                               : in_words(context, "已允许登录", "may log in now");
    doctor_find(&setup->doctor, GRADE_OK, "state", NULL,
                in_words(context, "角色 %s：%s", "role %s: %s"), name, what);
}

bool role_make(struct setup *setup, struct pg_block *pg, const char *name, const char *password)
{
    enum role_state state = ROLE_MISSING;
    struct error error;
    bool good =
        role_look(pg, name, &state, &error) && (state == ROLE_FINE || setup->answers.dry_run ||
                                                role_change(pg, name, password, state, &error));
    if (good) {
        role_tell(setup, name, state);
        return true;
    }
    AUTO_FREE char *remedy =
        mem_format(in_words(setup->context, "请超级用户执行：%s ROLE %s LOGIN;",
                            "as a superuser: %s ROLE %s LOGIN;"),
                   state == ROLE_MISSING ? "CREATE" : "ALTER", name);
    doctor_find(&setup->doctor, GRADE_BAD, "state", remedy,
                in_words(setup->context, "角色 %s 无法建立：%s", "the role %s can't be made: %s"),
                name, error.text);
    return false;
}

/* --- the database --- */

bool place_make(struct setup *setup, const struct place *place)
{
    const struct context *context = setup->context;
    struct error error;
    if (place->exists || setup->answers.dry_run ||
        setup_run(setup->admin,
                  "CREATE DATABASE %1$I OWNER %2$I TEMPLATE template0 ENCODING 'UTF8'",
                  place->database, place->owner, &error)) {
        doctor_find(&setup->doctor, GRADE_OK, "state", NULL,
                    in_words(context, "数据库 %s：%s", "database %s: %s"), place->database,
                    place->exists            ? in_words(context, "已存在", "is there")
                    : setup->answers.dry_run ? in_words(context, "将建立", "would be made")
                                             : in_words(context, "已建立", "made"));
        return true;
    }
    AUTO_FREE char *remedy = mem_format(
        in_words(context,
                 "请超级用户执行：CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8';",
                 "as a superuser: CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8';"),
        place->database, place->owner);
    doctor_find(&setup->doctor, GRADE_BAD, "state", remedy,
                in_words(context, "数据库 %s 无法建立：%s", "the database %s can't be made: %s"),
                place->database, error.text);
    return false;
}
