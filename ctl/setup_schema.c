/* The second step: roles, database, schema; and whether the daemon gets in. */
#include "setup.h"

#include "migration.h"
#include "setup_dsn.h"
#include "setup_roles.h"

#include "duban/mem.h"
#include "duban/schema.h"

#include <string.h>

static bool fail(struct setup *setup, const char *remedy, const char *what,
                 const struct error *error)
{
    doctor_find(&setup->doctor, GRADE_BAD, "state", remedy, "%s%s", what, error->text);
    return false;
}

/* --- the schema --- */

/* Whoever migrates becomes the schema's owner, which a superuser shall not be. */
static bool prepare_schema(struct pg_block *pg, const struct place *place, struct error *error)
{
    PGresult *result = pg_block_query(pg, "SELECT to_regnamespace('duban') IS NULL", NULL, error);
    bool missing = result && pg_bool(result, 0, 0), good = result != NULL;
    PQclear(result);
    if (good && missing && place->super)
        good = setup_run(pg, "CREATE SCHEMA duban AUTHORIZATION %1$I", place->owner, NULL, error);
    return good;
}

static bool migrate(struct setup *setup, struct pg_block *pg, const struct place *place)
{
    const struct context *context = setup->context;
    struct migration_report report;
    struct error error;
    bool dry = setup->answers.dry_run;
    const struct migration_wish wish = {.dry_run = dry};
    if ((dry || prepare_schema(pg, place, &error)) && migration_run(pg, &wish, &report, &error)) {
        doctor_find(&setup->doctor, GRADE_OK, "state", NULL,
                    report.from == report.to
                        ? in_words(context, "数据库结构：版本 %lld → %lld，已是最新",
                                   "schema: version %lld → %lld, up to date")
                    : dry ? in_words(context, "数据库结构：版本 %lld → %lld，将升级",
                                     "schema: version %lld → %lld, would be made")
                          : in_words(context, "数据库结构：版本 %lld → %lld，已建立",
                                     "schema: version %lld → %lld, made"),
                    (long long)report.from, (long long)report.to);
        return true;
    }
    return fail(
        setup,
        in_words(context,
                 "版本较新时使用新版本的 dubanctl；权限不足时请超级用户执行上述语句，再运行一次",
                 "with a newer schema use the newer dubanctl; without the right, let a "
                 "superuser run the statements named, then run this again"),
        in_words(context, "数据库结构无法建立：", "the schema can't be made: "), &error);
}

/* A daemon's role of another name is a member of the one that has the rights. */
static bool enrol(struct setup *setup, struct pg_block *pg, const struct place *place)
{
    struct error error;
    if (strcmp(place->daemon, "duban_daemon") == 0 || setup->answers.dry_run ||
        setup_run(pg, "GRANT duban_daemon TO %1$I", place->daemon, NULL, &error))
        return true;
    AUTO_FREE char *remedy = mem_format("GRANT duban_daemon TO %s;", place->daemon);
    return fail(setup, remedy, in_words(setup->context, "无法授权：", "rights can't be given: "),
                &error);
}

/* --- the daemon's own way in --- */

static bool ask_version(struct pg_block *pg, long long *version, wall_us *now, struct error *error)
{
    PGresult *result = pg_block_query(
        pg, "SELECT (SELECT max(version) FROM duban.migration), duban.now()", NULL, error);
    if (result == NULL)
        return false;
    *version = pg_int(result, 0, 0);
    *now = pg_instant(result, 0, 1);
    PQclear(result);
    return true;
}

static bool enter(struct setup *setup)
{
    const struct context *context = setup->context;
    struct error error;
    long long version = 0;
    setup->state =
        setup_connect(setup_text(setup, ANSWER_STATE_DSN), setup_text(setup, ANSWER_STATE_PASSWORD),
                      true, SETUP_SERVICE_USER, &error);
    bool good = setup->state && ask_version(setup->state, &version, &setup->now, &error);
    AUTO_FREE char *remedy = good ? NULL : setup_login_remedy(setup);
    if (!good)
        return fail(
            setup, remedy,
            in_words(context, "以 duband 的身份无法进入：", "as duband it can't be entered: "),
            &error);
    bool same = version >= schema_range.needed && version <= schema_range.known;
    doctor_find(&setup->doctor, same ? GRADE_OK : GRADE_BAD, "state",
                in_words(context, "--admin-dsn 和 --state-dsn 应指向同一服务器",
                         "--admin-dsn and --state-dsn have to lead to one server"),
                in_words(context, "以 duband 的身份可以进入，数据库结构版本 %lld",
                         "as duband it can be entered, its schema has version %lld"),
                version);
    return same;
}

/* --- the step --- */

static bool make_roles(struct setup *setup, const struct place *place)
{
    const char *password = setup_text(setup, ANSWER_STATE_PASSWORD);
    bool own = place->super && strcmp(place->owner, SETUP_OWNER) == 0;
    return (!own || role_make(setup, setup->admin, place->owner, NULL)) &&
           role_make(setup, setup->admin, place->daemon, password) &&
           role_make(setup, setup->admin, "duban_web", NULL);
}

static bool make_schema(struct setup *setup, const struct place *place)
{
    struct error error;
    AUTO_FREE char *dsn = dsn_with(setup_text(setup, ANSWER_ADMIN_DSN), place->database, NULL);
    struct pg_block *pg =
        setup_connect(dsn, setup_text(setup, ANSWER_ADMIN_PASSWORD), false, place->self, &error);
    AUTO_FREE char *remedy = pg ? NULL : setup_login_remedy(setup);
    if (pg == NULL)
        return fail(setup, remedy,
                    in_words(setup->context, "数据库无法连接：", "the database can't be reached: "),
                    &error);
    bool good = migrate(setup, pg, place) && enrol(setup, pg, place);
    pg_block_close(pg);
    return good;
}

void setup_schema(struct setup *setup)
{
    struct place place;
    bool dry = setup->answers.dry_run;
    if (place_look(setup, &place) && make_roles(setup, &place) && place_make(setup, &place) &&
        (!dry || place.exists) && make_schema(setup, &place) && !dry)
        (void)enter(setup);
    if (place.owner && strcmp(place.owner, SETUP_OWNER) == 0)
        setup->owned = true;
    place_finish(&place);
}
