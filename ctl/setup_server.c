/* The first step: a server that duban can live on. */
#include "setup.h"

#include "setup_dsn.h"

#include "duban/mem.h"

#include <string.h>

#define FACTS                                                                                      \
    "SELECT json_build_object('server', current_setting('server_version'),"                        \
    " 'server_number', current_setting('server_version_num')::integer,"                            \
    " 'settings', (SELECT json_object_agg(s.name, s.setting) FROM pg_settings s))::text,"          \
    " (SELECT pg_encoding_to_char(d.encoding) FROM pg_database d WHERE d.datname = $1)"

static void look_at_encoding(struct setup *setup, const char *database, const char *encoding)
{
    const struct context *context = setup->context;
    if (encoding[0] == '\0') /* not there yet: it will be made with the right one */
        return;
    bool fine = strcmp(encoding, "UTF8") == 0;
    doctor_find(
        &setup->doctor, fine ? GRADE_OK : GRADE_BAD, "state",
        in_words(context,
                 "改用一个 UTF8 编码的数据库：CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'",
                 "use a database in UTF8: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'"),
        in_words(context, "数据库 %s 的编码是 %s", "the database %s is in %s"), database, encoding);
}

static void look(struct setup *setup)
{
    const struct context *context = setup->context;
    struct error error;
    AUTO_FREE char *database = dsn_value(setup_text(setup, ANSWER_STATE_DSN), "dbname");
    struct pg_params *params = pg_params_create();
    pg_param_text(params, database);
    PGresult *result = pg_block_query(setup->admin, FACTS, params, &error);
    pg_params_destroy(params);
    if (result == NULL) {
        doctor_find(&setup->doctor, GRADE_BAD, "state",
                    in_words(context, "查看 PostgreSQL 的日志", "look at PostgreSQL's log"),
                    in_words(context, "无法查看服务器：%s", "the server can't be looked at: %s"),
                    error.text);
        return;
    }
    json_t *facts = json_loads(pg_text(result, 0, 0), 0, NULL);
    doctor_server(&setup->doctor, facts, GRADE_WARNING); /* can be mended at any time */
    look_at_encoding(setup, database, pg_text(result, 0, 1));
    json_decref(facts);
    PQclear(result);
}

void setup_server(struct setup *setup)
{
    const struct context *context = setup->context;
    struct error error;
    if (setup->admin == NULL) /* else it was tried when it was asked for */
        setup->admin = setup_connect_admin(setup, &error);
    if (setup->admin)
        look(setup);
    else
        doctor_find(
            &setup->doctor, GRADE_BAD, "state",
            in_words(context, "检查 --admin-dsn、pg_hba.conf 和网络；数据库在本机时请以 root 运行",
                     "look at --admin-dsn, pg_hba.conf and the network; with a server on this "
                     "machine run it as root"),
            in_words(context, "PostgreSQL 无法连接：%s", "PostgreSQL can't be reached: %s"),
            error.text);
}
