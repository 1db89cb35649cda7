/* The stage of the alarms.
 *
 * A turn asks the database what is wrong, puts it into words together with the calendars, and
 * writes all of it in one statement, which answers what has yet to be told. Telling is not part of
 * the turn: it may take minutes.
 */
#include "alarm_watch.h"

#include "calendar_alarm.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <string.h>

#define RETRY_US      US_PER_S
#define POLLS_A_LOOK  10 /* of daemon.poll */
#define SUBJECTS_MOST 50 /* of each kind */
#define UNLIKE_LOOKS                                                                               \
    3 /* for so many looks daemons may differ, as when one after the other reloads */

static void end_turn(struct alarm_watch *watch, span_us delay_us)
{
    shared_config_drop(watch->config);
    watch->config = NULL;
    stage_done(&watch->stage, delay_us);
}

/* --- telling, and that it was told --- */

static void on_told(void *owner, const struct alarm_words *words, bool arrived);

/* Over before its beginning had arrived, which the database could no longer wait for. */
static void on_noted(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct alarm_watch *watch = owner;
    if (context_failed("alarm", "not noted that it was told", failure) || pg_bool(result, 0, 0))
        return;
    const struct alarm_words words = {pg_text(result, 0, 1), pg_text(result, 0, 2),
                                      pg_instant(result, 0, 3), true};
    alarm_tell(watch->teller, &words, on_told, watch);
}

static void on_told(void *owner, const struct alarm_words *words, bool arrived)
{
    struct alarm_watch *watch = owner;
    if (!arrived) /* the next look finds it untold */
        return;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, words->subject);
    pg_param_text(params, words->detail);
    pg_param_instant(params, words->since);
    pg_param_bool(params, words->over);
    pg_query(watch->context->lead,
             "SELECT duban.alarm_told($1::text, $3::timestamptz, $4), $1::text, $2::text,"
             " $3::timestamptz",
             params, on_noted, watch);
    pg_params_destroy(params);
}

static void on_updated(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct alarm_watch *watch = owner;
    if (context_failed("alarm", "not remembered", failure)) {
        end_turn(watch, RETRY_US);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        const struct alarm_words words = {pg_text(result, row, 0), pg_text(result, row, 1),
                                          pg_instant(result, row, 2), pg_bool(result, row, 3)};
        if (!alarm_is_being_told(watch->teller, words.subject))
            alarm_tell(watch->teller, &words, on_told, watch);
    }
    end_turn(watch, POLLS_A_LOOK * watch->config->config->daemon.poll_us);
}

/* --- words --- */

/* Scheme, host and port of a URL: what follows may be a secret. */
static int public_length(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (int)(host + 3 - url + (ptrdiff_t)strcspn(host + 3, "/?#")) : 0;
}

/* The channel, and where it goes as far as anybody may see. */
static char *place_words(const char *channel, const char *address, bool chinese)
{
    int length = public_length(address);
    return mem_format("%s%s%s%.*s", chinese ? "渠道" : "channel ", channel, length ? " " : "",
                      length, address);
}

static char *stopped_words(const char *what, const char *place, const char *reason, bool chinese)
{
    bool gone = strcmp(what, "gone") == 0;
    if (chinese)
        return mem_format("%s%s：%s", place,
                          gone ? "的接收方已不存在，停止发送" : "的配置有误，停止发送", reason);
    return mem_format("%s %s: %s", place,
                      gone ? "is gone, nothing is sent" : "is set up wrongly, nothing is sent",
                      reason);
}

static char *late_words(const char *what, const char *place, const char *reason, span_us age,
                        bool chinese)
{
    bool pending = strcmp(what, "pending") == 0;
    const char *colon = !*reason ? "" : chinese ? "：" : ": ";
    long long minutes = age / (60 * US_PER_S);
    if (chinese)
        return mem_format("%s的%s积压，最早的已等待%lld分钟%s%s", place,
                          pending ? "待生成消息" : "待发送消息", minutes, colon, reason);
    return mem_format("%s for %s pile up, the oldest has waited for %lld min%s%s",
                      pending ? "notifications" : "messages", place, minutes, colon, reason);
}

static const char *stage_words(const char *stage, bool chinese)
{
    static const char *const words[][2] = {
        {"not taken in", "未接入"}, {"not raised", "未产生预警"}, {"not composed", "未生成消息"},
        {"not sent", "未发出"},     {"refused", "被拒收"},
    };
    for (size_t i = 0; chinese && i < COUNT_OF(words); i++)
        if (strcmp(words[i][0], stage) == 0)
            return words[i][1];
    return stage;
}

static char *selftest_words(const char *place, const char *stage, const char *reason, bool chinese)
{
    const char *colon = !*reason ? "" : chinese ? "：" : ": ";
    return mem_format(chinese ? "自检未通过（%s）：%s%s%s"
                              : "the self-test on %s has failed: %s%s%s",
                      place, stage_words(stage, chinese), colon, reason);
}

static char *unlike_words(const char *names, bool chinese)
{
    return mem_format(chinese ? "下列进程的配置或日历与主进程不同，已暂停工作：%s"
                              : "these daemons' configuration or calendar differs from the "
                                "leader's, they stand by: %s",
                      names);
}

/* What a row of duban.alarm_look says, for people. */
static char *row_words(const PGresult *result, int row, wall_us now, bool chinese)
{
    const char *what = pg_text(result, row, 1), *reason = pg_text(result, row, 6);
    bool is_selftest = strcmp(what, "selftest") == 0;
    if (strcmp(what, "configuration") == 0)
        return unlike_words(reason, chinese);
    AUTO_FREE char *place =
        place_words(pg_text(result, row, 3), is_selftest ? "" : pg_text(result, row, 4), chinese);
    if (is_selftest)
        return selftest_words(place, pg_text(result, row, 4), reason, chinese);
    if (strcmp(what, "queue") == 0 || strcmp(what, "pending") == 0)
        return late_words(what, place, reason, now - pg_instant(result, row, 5), chinese);
    return stopped_words(what, place, reason, chinese);
}

/* --- the look --- */

/* The daemon was started by rules that nobody has approved. */
static const char *rules_words(bool chinese)
{
    return chinese
               ? "规则已改变但未经批准：期限未变动的办件仍按原规则，请用 dubanctl plan "
                 "查看影响并批准"
               : "the rules have changed and aren't approved: cases that nothing happens to keep "
                 "their dates; look at what they do with dubanctl plan, and approve them";
}

/* How many rows of the look count: the last is left out until daemons differ for long. */
static int count_rows(struct alarm_watch *watch, const PGresult *result)
{
    int rows = PQntuples(result), last = rows - 1;
    if (strcmp(pg_text(result, last, 1), "configuration") != 0) {
        watch->unlike = 0;
        return rows;
    }
    bool known = pg_instant(result, last, 5) != WALL_NONE;
    return known || ++watch->unlike >= UNLIKE_LOOKS ? rows : last;
}

/* Subjects and details, side by side. */
static void add_alarms(struct alarm_watch *watch, const PGresult *result, struct pg_params *params)
{
    const struct config *config = watch->config->config;
    int rows = count_rows(watch, result);
    wall_us now = pg_instant(result, 0, 0);
    pg_array_begin(params, PG_TEXT);
    for (int row = 1; row < rows; row++)
        pg_array_text(params, pg_text(result, row, 2));
    for (size_t i = 0; i < config->calendar_count; i++) {
        AUTO_FREE char *subject = mem_format("calendar:%s", config->calendars[i].name);
        if (calendar_ends_soon(config, &config->calendars[i], now))
            pg_array_text(params, subject);
    }
    if (watch->context->rules == RULES_UNAPPROVED)
        pg_array_text(params, "rules");
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (int row = 1; row < rows; row++) {
        AUTO_FREE char *words = row_words(result, row, now, config->locale == LOCALE_ZH_CN);
        pg_array_text(params, words);
    }
    for (size_t i = 0; i < config->calendar_count; i++) {
        AUTO_FREE char *words = calendar_words(config, &config->calendars[i]);
        if (calendar_ends_soon(config, &config->calendars[i], now))
            pg_array_text(params, words);
    }
    if (watch->context->rules == RULES_UNAPPROVED)
        pg_array_text(params, rules_words(config->locale == LOCALE_ZH_CN));
    pg_array_end(params);
}

static void on_looked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct alarm_watch *watch = owner;
    if (context_failed("alarm", "not looked", failure)) {
        end_turn(watch, RETRY_US);
        return;
    }
    struct pg_params *params = pg_params_create();
    add_alarms(watch, result, params);
    pg_query(watch->context->lead, "SELECT * FROM duban.alarm_update($1, $2)", params, on_updated,
             watch);
    pg_params_destroy(params);
}

static void begin_turn(struct stage *stage)
{
    struct alarm_watch *watch = (struct alarm_watch *)(void *)stage;
    watch->config = context_config(watch->context);
    const struct config *config = watch->config->config;
    if (config->alarms.count == 0) {
        end_turn(watch, POLLS_A_LOOK * config->daemon.poll_us);
        return;
    }
    if (watch->context->rules == RULES_UNKNOWN) { /* else an alarm might end and begin again */
        end_turn(watch, RETRY_US);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_int(params, config->alarms.queue_us);
    pg_param_int(params, SUBJECTS_MOST);
    pg_query(watch->context->lead, "SELECT * FROM duban.alarm_look($1, $2)", params, on_looked,
             watch);
    pg_params_destroy(params);
}

void alarm_watch_init(struct alarm_watch *watch, struct context *context,
                      struct alarm_teller *teller)
{
    *watch = (struct alarm_watch){.context = context, .teller = teller};
    stage_init(&watch->stage, context->loop, "alarm", begin_turn);
    context->alarm_watch = &watch->stage;
}

void alarm_watch_finish(struct alarm_watch *watch)
{
    stage_disable(&watch->stage);
    shared_config_drop(watch->config);
}
