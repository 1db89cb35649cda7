/* The questions, and the flags that answer them. */
#include "setup_answers.h"

#include "setup_channel.h"
#include "setup_dsn.h"

#include "duban/file.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PACKAGED_CALENDAR "/etc/duban/calendars/cn.yaml"
#define ROWS_MOST         1000000
#define CENTRE_BYTES_MOST 200

/* --- checks --- */

static bool check_centre(const struct context *context, const char *text, struct error *error)
{
    size_t length = strlen(text);
    return (length > 0 && length <= CENTRE_BYTES_MOST) ||
           error_set(error, "%s",
                     in_words(context, "应为 1 到 200 字节的名称", "expected 1 to 200 bytes"));
}

static bool check_dsn(const struct context *context, const char *text, struct error *error)
{
    struct error why;
    if (dsn_check(text, &why))
        return true;
    return error_set(error, "%s",
                     in_words(context,
                              "不是 libpq 连接串，或其中有密码（密码另放在文件里）；应如 "
                              "host=/run/postgresql dbname=duban user=duban_daemon",
                              why.text));
}

static bool check_full_dsn(const struct context *context, const char *text, struct error *error)
{
    if (!check_dsn(context, text, error))
        return false;
    AUTO_FREE char *database = dsn_value(text, "dbname");
    AUTO_FREE char *user = dsn_value(text, "user");
    return (database && user) ||
           error_set(error, "%s",
                     in_words(context, "缺少 dbname= 或 user=", "dbname= or user= is missing"));
}

static bool check_relation(const struct context *context, const char *text, struct error *error)
{
    const char *dot = strchr(text, '.');
    return (dot && dot != text && dot[1] && strchr(dot + 1, '.') == NULL &&
            strpbrk(text, " \"';") == NULL) ||
           error_set(
               error, "%s",
               in_words(context, "应为 模式.视图，不加引号", "expected schema.view, unquoted"));
}

static bool check_channel(const struct context *context, const char *text, struct error *error)
{
    char choice[SETUP_CHOICE_BYTES];
    setup_channel_choice(choice);
    return setup_channel_type(text) ||
           error_set(error,
                     in_words(context, "应为其中之一：%s（其他类型见 docs/configuration.md）",
                              "expected one of %s (other types: docs/configuration.md)"),
                     choice);
}

static bool check_locale(const struct context *context, const char *text, struct error *error)
{
    return strcmp(text, "zh-CN") == 0 || strcmp(text, "en") == 0 ||
           error_set(error, "%s", in_words(context, "应为 zh-CN 或 en", "expected zh-CN or en"));
}

static bool check_rows(const struct context *context, const char *text, struct error *error)
{
    char *end;
    long rows = strtol(text, &end, 10);
    return (*text >= '0' && *text <= '9' && *end == '\0' && rows > 0 && rows <= ROWS_MOST) ||
           error_set(error, "%s",
                     in_words(context, "应为 1 到 1000000", "expected 1 to 1,000,000"));
}

const struct question questions[ANSWERS] = {
    [ANSWER_CENTRE] = {"centre", "NAME", .asked = true, .chinese = "中心名称（消息中这样称呼）",
                       .english = "name of the centre, as messages say it", .check = check_centre},
    [ANSWER_ADMIN_DSN] = {"admin-dsn", "DSN", .asked = true,
                          .standard = "host=/run/postgresql dbname=postgres user=postgres",
                          .chinese = "PostgreSQL 管理员的连接（用来建角色和数据库）",
                          .english = "PostgreSQL as its administrator, to make roles and database",
                          .check = check_dsn},
    [ANSWER_ADMIN_PASSWORD] = {"admin-password-file", "FILE", true, true, true,
                               .chinese = "管理员的密码（没有则直接回车）",
                               .english = "the administrator's password (Enter: none)"},
    [ANSWER_STATE_DSN] = {"state-dsn", "DSN", .asked = true,
                          .standard = "host=/run/postgresql dbname=duban user=duban_daemon",
                          .chinese = "duban 自己的数据库（将写入配置）",
                          .english = "duban's own database, as the configuration will have it",
                          .check = check_full_dsn},
    [ANSWER_STATE_PASSWORD] = {"state-password-file", "FILE", true, true, true,
                               .chinese = "该角色的密码（没有则直接回车）",
                               .english = "that role's password (Enter: none)"},
    [ANSWER_SOURCE_DSN] = {"source-dsn", "DSN", .asked = true,
                           .standard = "host=/run/postgresql dbname=approval user=duban_source",
                           .chinese = "审批系统的数据库（只读）",
                           .english = "the approval system's database (only read)",
                           .check = check_full_dsn},
    [ANSWER_SOURCE_PASSWORD] = {"source-password-file", "FILE", true, true, true,
                                .chinese = "该角色的密码（没有则直接回车）",
                                .english = "that role's password (Enter: none)"},
    [ANSWER_SOURCE_RELATION] = {"source-relation", "SCHEMA.VIEW", .asked = true,
                                .standard = "approval.duban_case",
                                .chinese = "办件视图（docs/source.md）",
                                .english = "the view of cases (docs/source.md)",
                                .check = check_relation},
    [ANSWER_CALENDAR] = {"calendar", "FILE", .chinese = "工作日历", .english = "working calendar"},
    [ANSWER_CHANNEL] = {"channel", "TYPE", .asked = true, .standard = "kannel",
                        .chinese = "通知渠道的类型", .english = "type of the way out",
                        .check = check_channel},
    [ANSWER_CHANNEL_SECRET] = {"channel-secret-file", "FILE", true, .asked = true,
                               .chinese = "渠道的密码或密钥", .english = "its password or key"},
    [ANSWER_TEST_PHONE] = {"test-phone", "ADDRESS", .optional = true, .asked = true,
                           .chinese = "测试消息发到哪个号码或地址（直接回车跳过）",
                           .english = "number or address for a test message (Enter: none)"},
    [ANSWER_LOCALE] = {"locale", "zh-CN|en", .chinese = "消息的语言",
                       .english = "language of messages", .check = check_locale},
    [ANSWER_ROWS] = {"rows", "N", .standard = "5000", .chinese = "最多检查多少行",
                     .english = "rows looked at, at most", .check = check_rows},
    [ANSWER_OUTPUT] = {"output", "FILE", .chinese = "写到哪个文件", .english = "file to write"},
};

/* --- answers --- */

/* The calendar beside the file that is to be written, else the package's. */
static char *find_calendar(const char *output)
{
    char *beside = path_beside(output, "calendars/cn.yaml");
    if (access(beside, R_OK) == 0)
        return beside;
    free(beside);
    return mem_text(PACKAGED_CALENDAR);
}

/* The usual database and role on the server that the administrator named. */
static char *beside_admin(const char *standard, const char *admin)
{
    AUTO_FREE char *database = dsn_value(standard, "dbname");
    AUTO_FREE char *user = dsn_value(standard, "user");
    return dsn_with(admin, database, user);
}

char *answers_standard(const struct answers *answers, const struct context *context,
                       enum answer answer)
{
    const char *output = answers->texts[ANSWER_OUTPUT], *admin = answers->texts[ANSWER_ADMIN_DSN];
    if (admin && (answer == ANSWER_STATE_DSN || answer == ANSWER_SOURCE_DSN))
        return beside_admin(questions[answer].standard, admin);
    if (answer == ANSWER_LOCALE)
        return mem_text(context->english ? "en" : "zh-CN");
    if (answer == ANSWER_OUTPUT)
        return mem_text(context->config);
    if (answer == ANSWER_CALENDAR)
        return find_calendar(output ? output : context->config);
    return mem_text(questions[answer].standard);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

static bool check_test(const struct answers *answers, const char *text, struct error *error)
{
    const char *type = answers->texts[ANSWER_CHANNEL];
    return type == NULL || setup_channel_type(type)->check_address(text, error);
}

bool answers_set(struct answers *answers, const struct context *context, enum answer answer,
                 const char *text, struct error *error)
{
    const struct question *question = &questions[answer];
    if (has_control(text))
        return error_set(error, "%s",
                         in_words(context, "含有控制字符", "it has control characters"));
    if ((question->check && !question->check(context, text, error)) ||
        (answer == ANSWER_TEST_PHONE && !check_test(answers, text, error)))
        return false;
    secret_destroy(answers->texts[answer]);
    answers->texts[answer] = mem_text(text);
    return true;
}

void answers_forget(struct answers *answers, enum answer answer)
{
    secret_destroy(answers->texts[answer]);
    answers->texts[answer] = NULL;
}

bool answers_wanted(const struct answers *answers, enum answer answer)
{
    static const struct {
        enum answer password, dsn;
    } pairs[] = {{ANSWER_ADMIN_PASSWORD, ANSWER_ADMIN_DSN},
                 {ANSWER_STATE_PASSWORD, ANSWER_STATE_DSN},
                 {ANSWER_SOURCE_PASSWORD, ANSWER_SOURCE_DSN}};
    const char *type = answers->texts[ANSWER_CHANNEL];
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        const char *dsn = answers->texts[pairs[i].dsn];
        if (pairs[i].password == answer)
            return dsn && !dsn_is_local(dsn);
    }
    return answer != ANSWER_CHANNEL_SECRET || (type && setup_channel_secret(type));
}

bool answers_optional(const struct answers *answers, enum answer answer)
{
    const char *type = answers->texts[ANSWER_CHANNEL];
    const struct setting *secret = type ? setup_channel_secret(type) : NULL;
    return questions[answer].optional ||
           (answer == ANSWER_CHANNEL_SECRET && (secret == NULL || secret->optional));
}

/* --- settings of the channel --- */

bool answers_set_channel(struct answers *answers, const char *key, const char *value,
                         struct error *error)
{
    size_t place = 0;
    const char *type = answers->texts[ANSWER_CHANNEL];
    if (type && !setup_channel_setting(type, key))
        return error_set(error, "%s: '%s'", type, key);
    while (place < answers->setting_count && strcmp(answers->settings[place].key, key) != 0)
        place++;
    if (place == SETUP_SETTINGS_MOST)
        return error_set(error, "more than %d settings", SETUP_SETTINGS_MOST);
    if (place == answers->setting_count) {
        answers->settings[place].key = mem_text(key);
        answers->setting_count++;
    } else {
        free(answers->settings[place].value);
    }
    answers->settings[place].value = mem_text(value);
    return true;
}

const char *answers_channel(const struct answers *answers, const char *key)
{
    for (size_t i = 0; i < answers->setting_count; i++)
        if (strcmp(answers->settings[i].key, key) == 0)
            return answers->settings[i].value;
    return NULL;
}

static void forget_settings(struct answers *answers)
{
    for (size_t i = 0; i < answers->setting_count; i++) {
        free(answers->settings[i].key);
        free(answers->settings[i].value);
    }
    answers->setting_count = 0;
}

void answers_forget_channel(struct answers *answers)
{
    answers_forget(answers, ANSWER_CHANNEL);
    answers_forget(answers, ANSWER_CHANNEL_SECRET);
    answers_forget(answers, ANSWER_TEST_PHONE);
    forget_settings(answers);
}

void answers_finish(struct answers *answers)
{
    for (size_t i = 0; i < ANSWERS; i++)
        secret_destroy(answers->texts[i]);
    forget_settings(answers);
    *answers = (struct answers){0};
}

/* --- completeness --- */

static void miss(const struct context *context, size_t *missing, const char *flag)
{
    fprintf(stderr, "%s--%s\n",
            *missing == 0
                ? in_words(context, "不提问；缺少以下选项：\n", "nothing is asked; missing:\n")
                : "",
            flag);
    ++*missing;
}

static size_t miss_settings(const struct answers *answers, const struct context *context,
                            size_t missing)
{
    const struct channel_type *type = setup_channel_type(answers->texts[ANSWER_CHANNEL]);
    for (size_t i = 0; i < type->setting_count; i++) {
        const struct setting *setting = &type->settings[i];
        if (!setup_channel_needs(setting) || answers_channel(answers, setting->key))
            continue;
        AUTO_FREE char *flag = mem_format("channel-set %s=…", setting->key);
        miss(context, &missing, flag);
    }
    return missing;
}

/* False: it has none. */
static bool take_standard(struct answers *answers, const struct context *context,
                          enum answer answer)
{
    struct error error;
    AUTO_FREE char *standard = answers_standard(answers, context, answer);
    return standard && answers_set(answers, context, answer, standard, &error);
}

void answers_default_rest(struct answers *answers, const struct context *context)
{
    for (enum answer i = ANSWERS; i-- > 0;) /* the output first, which the calendar depends on */
        if (answers->texts[i] == NULL && !questions[i].asked)
            (void)take_standard(answers, context, i);
}

bool answers_complete(struct answers *answers, const struct context *context, bool all)
{
    size_t missing = 0;
    answers_default_rest(answers, context);
    for (enum answer i = 0; i < ANSWERS; i++) {
        if (answers->texts[i] || !answers_wanted(answers, i) ||
            (all && take_standard(answers, context, i)))
            continue;
        if (!answers_optional(answers, i))
            miss(context, &missing, questions[i].flag);
    }
    if (answers->texts[ANSWER_CHANNEL])
        missing = miss_settings(answers, context, missing);
    if (missing && !all)
        fputs(in_words(context, "（在终端上运行则逐项提问；--yes：有默认值的都用默认值）\n",
                       "(on a terminal they are asked for; --yes takes the default where there is "
                       "one)\n"),
              stderr);
    return missing == 0;
}
