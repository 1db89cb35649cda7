/* The state database, as doctor sees it: the server, the schema, the daemons, who can be told, what
 * waits. */
#include "doctor.h"

#include "database.h"
#include "message_text.h"

#include "duban/mem.h"
#include "duban/schema.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SKEW_MOST_S 5
#define LATE_S      (10 * 60)
#define NAMES_BYTES 400

/* "a x, b y": of each object of an array two texts, as many as fit. */
static const char *names(const json_t *array, const char *first, const char *second, char *text)
{
    size_t index, used = 0;
    const json_t *object;
    text[0] = '\0';
    json_array_foreach(array, index, object)
    {
        const char *one = json_text(object, first), *two = second ? json_text(object, second) : "";
        size_t length = strlen(one) + strlen(two) + 4;
        if (used + length >= NAMES_BYTES)
            break;
        used +=
            (size_t)sprintf(text + used, "%s%s%s%s", used ? ", " : "", one, two[0] ? " " : "", two);
    }
    return text;
}

/* --- the server --- */

static void look_at_server(struct doctor *doctor, const json_t *facts)
{
    const struct context *context = doctor->context;
    wall_us now;
    struct error error;
    doctor_server(doctor, facts, GRADE_BAD);
    if (!instant_parse(json_text(facts, "now"), &now, &error))
        return;
    long long skew = llabs((now - (wall_us)time(NULL) * US_PER_S) / US_PER_S);
    doctor_find(doctor, skew > SKEW_MOST_S ? GRADE_WARNING : GRADE_OK, "state",
                in_words(context, "两台机器都启用时间同步（chrony 或 systemd-timesyncd）",
                         "let both machines keep time (chrony, systemd-timesyncd)"),
                in_words(context, "数据库时钟与本机相差 %lld 秒",
                         "the database's clock is %lld s from ours"),
                skew);
}

/* --- daemons --- */

static void look_at_daemons(struct doctor *doctor, const json_t *facts)
{
    const struct context *context = doctor->context;
    size_t index;
    const json_t *node;
    int alive = 0, leaders = 0, others = 0;
    json_array_foreach(json_object_get(facts, "nodes"), index, node)
    {
        if (!json_is_true(json_object_get(node, "alive")))
            continue;
        alive++;
        leaders += json_is_true(json_object_get(node, "leader"));
        others += strcmp(json_text(node, "config_version"), doctor->config->version) != 0;
    }
    doctor_find(doctor, alive == 0 || leaders != 1 ? GRADE_BAD : GRADE_OK, "daemon",
                in_words(context, "systemctl status duband；journalctl -u duband",
                         "systemctl status duband; journalctl -u duband"),
                in_words(context, "运行中的 duband %d 个，其中主用 %d 个",
                         "%d duband running, %d of them leading"),
                alive, leaders);
    if (others > 0)
        doctor_find(doctor, GRADE_WARNING, "daemon",
                    in_words(context, "各节点放同一份配置文件，然后 systemctl reload duband",
                             "give every node this file, then systemctl reload duband"),
                    in_words(context, "%d 个 duband 使用的不是这份配置文件",
                             "%d duband run by another configuration"),
                    others);
    if (!json_is_true(json_object_get(facts, "initial_done")))
        doctor_find(
            doctor, GRADE_WARNING, "daemon",
            in_words(context, "等待 duband 完成首次接入", "wait until duband has met all cases"),
            in_words(context, "首次接入尚未完成", "first contact isn't over"));
}

/* --- who can be told --- */

static void look_at_directory(struct doctor *doctor, const json_t *facts)
{
    const struct context *context = doctor->context;
    char text[NAMES_BYTES];
    const json_t *unheld = json_object_get(facts, "unheld");
    const json_t *strange = json_object_get(facts, "strange_windows");
    const char *import = in_words(context, "补充通讯录后执行 dubanctl directory import",
                                  "complete the directory, then dubanctl directory import");
    if (json_number(facts, "recipients") == 0)
        doctor_find(doctor, GRADE_BAD, "directory", import,
                    in_words(context, "通讯录是空的", "the directory is empty"));
    else if (json_array_size(unheld) + json_array_size(strange) == 0)
        doctor_find(
            doctor, GRADE_OK, "directory", NULL,
            in_words(context, "通讯录完整：各角色有联系方式，各窗口已登记",
                     "the directory is whole: every role can be reached, every window is known"));
    if (json_array_size(unheld) > 0)
        doctor_find(
            doctor, GRADE_WARNING, "directory", import,
            in_words(context, "配置了告知但没有联系方式：%s", "routes that reach nobody: %s"),
            names(unheld, "role", "channel", text));
    if (json_array_size(strange) > 0)
        doctor_find(doctor, GRADE_WARNING, "directory", import,
                    in_words(context, "有在办件但通讯录中没有的窗口：%s",
                             "windows with open cases that the directory doesn't know: %s"),
                    names(strange, "window", NULL, text));
}

/* --- what waits, what failed --- */

static void look_at_delivery(struct doctor *doctor, const json_t *facts)
{
    const struct context *context = doctor->context;
    char text[NAMES_BYTES];
    const json_t *endpoints = json_object_get(facts, "endpoints");
    const json_t *alarms = json_object_get(facts, "alarms");
    long long bad_rows = json_number(facts, "bad_rows"), dead = json_number(facts, "dead");
    long long waiting = json_number(facts, "waiting_s");
    if (json_array_size(endpoints) > 0)
        doctor_find(doctor, GRADE_BAD, "delivery",
                    in_words(context,
                             "dubanctl channel list 看原因，处理后 dubanctl channel resume",
                             "dubanctl channel list tells why; then dubanctl channel resume"),
                    in_words(context, "渠道不通：%s", "ways out that aren't well: %s"),
                    names(endpoints, "channel", "state", text));
    else
        doctor_find(doctor, waiting > LATE_S ? GRADE_BAD : GRADE_OK, "delivery",
                    in_words(context, "dubanctl status；dubanctl channel list",
                             "dubanctl status; dubanctl channel list"),
                    in_words(context, "渠道正常，最久的消息等了 %lld 秒",
                             "ways out are well, the oldest message waits for %lld s"),
                    waiting > 0 ? waiting : 0);
    if (dead > 0)
        doctor_find(doctor, GRADE_WARNING, "delivery",
                    in_words(context, "dubanctl dead list，再决定重发或放弃",
                             "dubanctl dead list, then resend or drop"),
                    in_words(context, "未送达的消息 %lld 条", "%lld messages weren't delivered"),
                    dead);
    if (bad_rows > 0)
        doctor_find(doctor, GRADE_WARNING, "source",
                    in_words(context, "dubanctl status --bad-rows 列出原因",
                             "dubanctl status --bad-rows tells why"),
                    in_words(context, "搁置的办件 %lld 个", "%lld cases are set aside"), bad_rows);
    if (json_array_size(alarms) > 0)
        doctor_find(
            doctor, GRADE_WARNING, "alarm",
            in_words(context, "见 docs/operations.md 告警一节", "see docs/operations.md, Alarms"),
            in_words(context, "正在告警：%s", "alarms that are on: %s"),
            names(alarms, "subject", NULL, text));
}

/* --- reading --- */

static bool check_schema(struct doctor *doctor, struct pg_block *pg)
{
    const struct context *context = doctor->context;
    struct error error;
    int64_t version = -1, served = 0;
    bool fine = read_schema(pg, &version, &served, &error) &&
                schema_fits(&schema_range, version, served, &error);
    doctor_find(doctor, fine ? GRADE_OK : GRADE_BAD, "state",
                served > schema_range.known
                    ? in_words(context, "使用新版本的 dubanctl 和 duband", "use the newer programs")
                    : in_words(context, "以数据库所有者执行 dubanctl migrate",
                               "dubanctl migrate, as the database's owner"),
                in_words(context, "数据库结构版本 %lld，程序版本 %lld",
                         "the schema has version %lld, this program %lld"),
                (long long)version, (long long)schema_range.known);
    if (fine && version < schema_range.known)
        doctor_find(doctor, GRADE_WARNING, "state",
                    in_words(context, "全部程序升级后，执行 dubanctl migrate --contract",
                             "when all programs are upgraded: dubanctl migrate --contract"),
                    in_words(context, "升级的收缩步骤尚未执行",
                             "the upgrade's contract step was not made yet"));
    return fine;
}

static json_t *ask(struct doctor *doctor, struct pg_block *pg, struct error *error)
{
    json_error_t why;
    const struct config *config = doctor->config;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_text(params, config->routes[i].role);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < config->route_count; i++)
        pg_array_text(params, config->routes[i].channel->name);
    pg_array_end(params);
    PGresult *result = pg_block_query(pg, "SELECT duban.doctor($1, $2)::text", params, error);
    pg_params_destroy(params);
    json_t *facts = result ? json_loads(pg_text(result, 0, 0), 0, &why) : NULL;
    PQclear(result);
    return facts;
}

void doctor_state(struct doctor *doctor)
{
    const struct context *context = doctor->context;
    struct error error;
    struct pg_block *pg = open_state(context, doctor->config, true);
    if (pg == NULL) {
        doctor_find(doctor, GRADE_BAD, "state",
                    in_words(context, "检查 state.dsn、pg_hba.conf 和网络（docs/operations.md）",
                             "look at state.dsn, pg_hba.conf and the network (docs/operations.md)"),
                    in_words(context, "duban 数据库无法连接", "duban's database can't be reached"));
        return;
    }
    json_t *facts = check_schema(doctor, pg) ? ask(doctor, pg, &error) : NULL;
    if (facts) {
        look_at_server(doctor, facts);
        look_at_daemons(doctor, facts);
        look_at_directory(doctor, facts);
        look_at_delivery(doctor, facts);
    }
    json_decref(facts);
    pg_block_close(pg);
}
