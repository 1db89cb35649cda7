/* duban.yaml in words, Chinese or English as the centre's own texts. */
#include "setup_yaml.h"

#include <string.h>

struct writer {
    const struct setup_file *file;
    struct buf *out;
    bool english;
};

/* A comment line of its own, `indent` spaces in. */
static void note(const struct writer *writer, const char *indent, const char *chinese,
                 const char *english)
{
    buf_format(writer->out, "%s# %s\n", indent, writer->english ? english : chinese);
}

/* key: 'it''s' */
static void pair(const struct writer *writer, const char *indent, const char *key,
                 const char *value)
{
    buf_format(writer->out, "%s%s: '", indent, key);
    for (const char *c = value; *c; c++) {
        buf_char(writer->out, *c);
        if (*c == '\'')
            buf_char(writer->out, '\'');
    }
    buf_text(writer->out, "'\n");
}

static void file_pair(const struct writer *writer, const char *key, const char *path)
{
    if (path == NULL)
        return;
    buf_format(writer->out, "  %s_file", key);
    pair(writer, "", "", path);
}

static void write_databases(const struct writer *writer)
{
    const struct setup_file *file = writer->file;
    note(writer, "", "duban 自己的数据库", "duban's own database");
    buf_text(writer->out, "state:\n");
    pair(writer, "  ", "dsn", file->state_dsn);
    file_pair(writer, "password", file->state_password);
    note(writer, "", "审批系统的数据库：只读一个视图（docs/source.md）",
         "the approval system's database: one view is read (docs/source.md)");
    buf_text(writer->out, "source:\n");
    pair(writer, "  ", "dsn", file->source_dsn);
    file_pair(writer, "password", file->source_password);
    pair(writer, "  ", "relation", file->relation);
    buf_char(writer->out, '\n');
}

static void write_rules(const struct writer *writer)
{
    bool english = writer->english;
    note(writer, "", "工作日历", "the working calendar");
    buf_text(writer->out, "calendars:\n");
    pair(writer, "  ", "cn", writer->file->calendar);
    buf_text(writer->out, "calendar: cn\n\n");
    note(writer, "", "预警级别：剩 3 个工作日黄牌，超期红牌；即办件只有红牌（docs/rules.md）",
         "levels: yellow at three working days left, red when overdue; instant cases only red "
         "(docs/rules.md)");
    buf_format(writer->out,
               "policies:\n"
               "  standard:\n"
               "    - {level: yellow, label: %s, before: 3 workdays}\n"
               "    - {level: red, label: %s, when: overdue}\n"
               "  instant:\n"
               "    - {level: red, label: %s, when: overdue}\n\n",
               english ? "yellow" : "黄牌", english ? "red" : "红牌", english ? "red" : "红牌");
    note(writer, "", "计时：从受理到办结，按承诺时限",
         "what is timed: from acceptance to completion, by the promised limit");
    buf_format(writer->out,
               "clocks:\n"
               "  completion:\n"
               "    label: %s\n"
               "    policy: standard\n"
               "    policies:\n"
               "      - {kind: instant, policy: instant}\n\n",
               english ? "completion" : "办结");
}

static void write_channel(const struct writer *writer)
{
    const struct setup_file *file = writer->file;
    note(writer, "", "渠道", "ways out");
    buf_format(writer->out, "channels:\n  %s:\n    type: %s\n", file->channel, file->type);
    for (size_t i = 0; i < file->setting_count; i++)
        pair(writer, "    ", file->settings[i].key, file->settings[i].value);
    if (file->secret) {
        buf_format(writer->out, "    %s_file", file->secret_key);
        pair(writer, "", "", file->secret);
    }
    buf_char(writer->out, '\n');
}

static void write_routes(const struct writer *writer)
{
    const char *channel = writer->file->channel;
    note(writer, "", "谁在何时收到通知：事件 → 对象 → 渠道",
         "who is told of what: event → role → channel");
    buf_format(writer->out,
               "routes:\n"
               "  yellow: {window: %s}\n"
               "  red: {window: %s, department: %s, supervision: %s}\n",
               channel, channel, channel, channel);
    if (writer->file->personal)
        buf_format(writer->out, "  completed: {applicant: %s}\n", channel);
    buf_format(writer->out,
               "  baseline: {supervision: %s}\n"
               "  calendar_ending: {admin: %s}\n"
               "  beyond_calendar: {admin: %s, supervision: %s}\n\n",
               channel, channel, channel, channel);
}

static void write_web(const struct writer *writer)
{
    note(writer, "", "看板（duban-web；docs/web.md）", "the board (duban-web; docs/web.md)");
    if (writer->file->web_dsn) {
        buf_text(writer->out, "web:\n  listen: 127.0.0.1:8090\n  state:\n");
        pair(writer, "    ", "dsn", writer->file->web_dsn);
        return;
    }
    note(writer, "", "web:", "web:");
    note(writer, "", "  state: {dsn: …, password_file: …}", "  state: {dsn: …, password_file: …}");
}

void setup_yaml(const struct setup_file *file, struct buf *out)
{
    const struct writer writer = {
        .file = file, .out = out, .english = strcmp(file->locale, "en") == 0};
    note(&writer, "", "duban 督办的配置，由 dubanctl setup 写成。全部配置项：docs/configuration.md",
         "duban's configuration, as dubanctl setup wrote it. Every key: docs/configuration.md");
    note(&writer, "", "修改后用 dubanctl config check 检查，再 systemctl reload duband",
         "after a change: dubanctl config check, then systemctl reload duband");
    note(&writer, "", "密码和密钥不写在这里：它们各有自己的文件",
         "passwords and keys don't stand here: each has a file of its own");
    buf_char(out, '\n');
    pair(&writer, "", "centre", file->centre);
    buf_format(out, "locale: %s\n\n", file->locale);
    write_databases(&writer);
    write_rules(&writer);
    write_channel(&writer);
    write_routes(&writer);
    write_web(&writer);
}
