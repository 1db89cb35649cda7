/* A simulation in words: events, departments and windows, messages, whom, when. */
#include "calendar_args.h"
#include "simulate.h"
#include "table.h"

#include "duban/locale.h"
#include "duban/mem.h"

#include <string.h>

#define DAYS_SHOWN    10
#define REASONS_SHOWN 10
#define AUTO_TABLE    __attribute__((cleanup(table_finish))) struct table

static enum locale locale_of(const struct context *context)
{
    return context->english ? LOCALE_EN : LOCALE_ZH_CN;
}

static const char *label_of(const struct config *config, const char *level)
{
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++)
            if (strcmp(config->policies[p].policy.levels[i].name, level) == 0)
                return config->policies[p].levels[i].label;
    return NULL;
}

const char *simulate_kind(const struct simulate_job *job, const struct simulate_run *run,
                          const char *kind)
{
    const char *label = job->context->english ? NULL : label_of(run->config, kind);
    if (label == NULL)
        label = locale_event(kind, locale_of(job->context));
    return label ? label : kind;
}

static void begin_section(const struct simulate_job *job, struct buf *out, const char *chinese,
                          const char *english)
{
    buf_format(out, "\n%s\n", in_words(job->context, chinese, english));
}

/* Headings of columns, in pairs of Chinese and English. */
static void add_heads(const struct simulate_job *job, struct table *table,
                      const char *const (*heads)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_text(table, heads[i][job->context->english]);
}

/* --- the head --- */

static void add_failures(const struct simulate_job *job, struct buf *out,
                         const struct failures *failures)
{
    AUTO_FREE size_t *order = failures_order(failures);
    for (size_t i = 0; i < failures->reasons.count && i < REASONS_SHOWN; i++) {
        const struct failure *failure = &failures->items[order[i]];
        buf_format(out, "  %lld  %s (", (long long)failure->count, failure->text);
        for (size_t k = 0; k < failure->example_count; k++)
            buf_format(out, "%s%s", k ? ", " : "", failure->examples[k]);
        buf_text(out, failure->count > REASON_EXAMPLES ? ", …)\n" : ")\n");
    }
    if (failures->reasons.count > REASONS_SHOWN)
        buf_format(out, in_words(job->context, "  …另有 %zu 种原因\n", "  … %zu more reasons\n"),
                   failures->reasons.count - REASONS_SHOWN);
}

void simulate_head_text(const struct simulate_job *job, struct buf *out)
{
    const struct context *context = job->context;
    const struct calendar *calendar = job->runs[0].config->calendar;
    buf_text(out, in_words(context, "推演 ", "simulated "));
    write_instant(out, context, calendar, job->from);
    buf_text(out, in_words(context, " 至 ", " until "));
    write_instant(out, context, calendar, job->to);
    buf_format(out,
               in_words(context, "，办件 %lld 件，用时 %.1f 秒；没有发送任何消息\n",
                        ", %lld cases in %.1f s; nothing was sent\n"),
               (long long)job->cases, job->seconds);
    if (job->bad_rows.count > 0) {
        buf_format(out,
                   in_words(context, "数据有误、没有推演的办件 %lld 件：\n",
                            "%lld cases whose rows can't be used:\n"),
                   (long long)job->bad_rows.count);
        add_failures(job, out, &job->bad_rows);
    }
    for (size_t i = 0; i < job->run_count; i++) {
        const struct simulate_run *run = &job->runs[i];
        if (run->failures.count == 0)
            continue;
        buf_format(out,
                   in_words(context, "无法计算的办件 %lld 件（%s）：\n",
                            "%lld cases that can't be computed (%s):\n"),
                   (long long)run->failures.count, run->path);
        add_failures(job, out, &run->failures);
    }
}

/* --- events --- */

static void add_kinds(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {
        {"计时", "clock"}, {"记录", "event"}, {"次数", "recorded"}, {"告知", "told"}};
    const struct simulate_run *run = &job->runs[0];
    AUTO_TABLE table;
    table_init(&table, 4, 2);
    begin_section(job, out, "预警与其他记录", "events");
    add_heads(job, &table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < run->result->kind_count; i++) {
        const struct simulation_kind *kind = &run->result->kinds[i];
        table_text(&table, job->context->english ? kind->clock->name : kind->clock->label);
        table_text(&table, simulate_kind(job, run, kind->kind));
        table_number(&table, kind->recorded);
        table_number(&table, kind->told);
    }
    table_print(&table, 2, out);
}

static void add_rate(struct table *table, const struct simulation_ends *ends)
{
    if (ends->ended == 0)
        table_text(table, "-");
    else
        table_format(table, "%.1f%%", 100.0 * (double)ends->in_time / (double)ends->ended);
}

static const char *const end_heads[][2] = {{"办结", "ended"},    {"按时", "in time"},
                                           {"按时率", "rate"},   {"退件撤回", "otherwise"},
                                           {"期末在办", "open"}, {"其中超期", "overdue"}};

static void add_ends(struct table *table, const struct simulation_ends *ends)
{
    table_number(table, ends->ended);
    table_number(table, ends->in_time);
    add_rate(table, ends);
    table_number(table, ends->otherwise);
    table_number(table, ends->open);
    table_number(table, ends->overdue);
}

static void add_clocks(const struct simulate_job *job, struct buf *out)
{
    static const char *const head[][2] = {{"计时", "clock"}};
    const struct simulation_result *result = job->runs[0].result;
    AUTO_TABLE table;
    table_init(&table, 1 + COUNT_OF(end_heads), 1);
    begin_section(job, out, "按时率（按时数 ÷ 本期办结数）",
                  "on time (share of those that ended in the period)");
    add_heads(job, &table, head, 1);
    add_heads(job, &table, end_heads, COUNT_OF(end_heads));
    for (size_t i = 0; i < result->clock_count; i++) {
        const struct config_clock *clock = result->clocks[i].clock;
        table_text(&table, job->context->english ? clock->name : clock->label);
        add_ends(&table, &result->clocks[i].ends);
    }
    table_print(&table, 2, out);
}

/* A line for each of the first places: levels, then how the main clock ended. */
static void add_places(const struct simulate_job *job, struct buf *out, const char *chinese,
                       const char *english, const struct simulation_place *places, size_t count)
{
    const struct simulate_run *run = &job->runs[0];
    const struct simulation_result *result = run->result;
    size_t room = TABLE_COLUMNS_MOST - 2 - COUNT_OF(end_heads);
    size_t levels = result->level_count < room ? result->level_count : room;
    size_t shown = count < job->top ? count : job->top;
    AUTO_TABLE table;
    table_init(&table, 2 + levels + COUNT_OF(end_heads), 2);
    buf_format(
        out,
        in_words(job->context, "\n%s（共 %zu 个，前 %zu 个）\n", "\n%s (%zu, the first %zu)\n"),
        in_words(job->context, chinese, english), count, shown);
    table_text(&table, in_words(job->context, "编码", "code"));
    table_text(&table, in_words(job->context, "名称", "name"));
    for (size_t i = 0; i < levels; i++)
        table_text(&table, simulate_kind(job, run, result->levels[i]));
    add_heads(job, &table, end_heads, COUNT_OF(end_heads));
    for (size_t i = 0; i < shown; i++) {
        table_text(&table, places[i].code);
        table_text(&table, places[i].name);
        for (size_t k = 0; k < levels; k++)
            table_number(&table, places[i].levels[k]);
        add_ends(&table, &places[i].ends);
    }
    table_print(&table, 2, out);
}

/* --- messages --- */

static void add_channels(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {{"渠道", "channel"},       {"消息", "messages"},
                                           {"通知", "notifications"}, {"作废", "cancelled"},
                                           {"不当班", "off duty"},    {"无法送达", "unreachable"},
                                           {"期末暂缓", "held"},      {"未推演", "left out"}};
    const struct simulation_result *result = job->runs[0].result;
    AUTO_TABLE table;
    table_init(&table, COUNT_OF(heads), 1);
    begin_section(job, out, "消息（一条消息可以汇总多条通知）",
                  "messages (a message may carry many notifications)");
    add_heads(job, &table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < result->channel_count; i++) {
        const struct simulation_channel *channel = &result->channels[i];
        table_text(&table, channel->channel->name);
        const int64_t numbers[] = {channel->messages, channel->notifications, channel->cancelled,
                                   channel->off_duty, channel->unreachable,   channel->held,
                                   channel->left_out};
        for (size_t k = 0; k < COUNT_OF(numbers); k++)
            table_number(&table, numbers[k]);
    }
    table_print(&table, 2, out);
}

/* "sms 12, hook 3": what isn't 0. */
static void add_by_channel(const struct simulation_result *result, const int64_t *by_channel,
                           char *text, size_t room)
{
    AUTO_BUF list;
    buf_init(&list, room - 1);
    for (size_t i = 0; i < result->channel_count; i++)
        if (by_channel[i] > 0)
            buf_format(&list, "%s%s %lld", list.length ? ", " : "",
                       result->channels[i].channel->name, (long long)by_channel[i]);
    memcpy(text, buf_string(&list), list.length + 1);
}

static void add_roles(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {{"对象", "role"},
                                           {"个数", "recipients"},
                                           {"消息", "messages"},
                                           {"每天最多", "most a day"},
                                           {"有消息日平均", "mean of days with any"}};
    const struct simulation_result *result = job->runs[0].result;
    AUTO_TABLE table;
    table_init(&table, COUNT_OF(heads), 1);
    begin_section(job, out, "每个对象每天的消息", "messages per recipient and day");
    add_heads(job, &table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < result->role_count; i++) {
        const struct simulation_role *role = &result->roles[i];
        table_text(&table, locale_role(role->role, locale_of(job->context)));
        table_number(&table, role->recipients);
        table_number(&table, role->messages);
        table_number(&table, role->worst);
        table_format(&table, "%.2f", (double)role->messages / (double)role->days);
    }
    table_print(&table, 2, out);
}

static void add_date(const struct simulate_job *job, struct table *table, day_number day)
{
    AUTO_BUF date;
    buf_init(&date, 64);
    write_date(&date, job->context, day);
    table_text(table, buf_string(&date));
}

/* How many are shown: of persons, who have no name, only those before somebody who has one. */
static size_t recipients_shown(const struct simulate_job *job,
                               const struct simulation_result *result)
{
    size_t shown = result->recipient_count < job->top ? result->recipient_count : job->top;
    while (shown > 0 && result->recipients[shown - 1].code[0] == '\0')
        shown--;
    return shown;
}

static void add_recipients(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {
        {"对象", "role"},     {"编码", "code"},     {"名称", "name"}, {"最多的一天", "worst day"},
        {"当天", "that day"}, {"消息", "messages"}, {"天数", "days"}};
    const struct simulation_result *result = job->runs[0].result;
    AUTO_TABLE table;
    table_init(&table, COUNT_OF(heads), 4);
    begin_section(job, out, "消息最多的对象", "who gets most messages");
    add_heads(job, &table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < recipients_shown(job, result); i++) {
        const struct simulation_recipient *recipient = &result->recipients[i];
        table_text(&table, locale_role(recipient->role, locale_of(job->context)));
        table_text(&table, recipient->code);
        table_text(&table, recipient->name);
        add_date(job, &table, recipient->worst_day);
        table_number(&table, recipient->worst);
        table_number(&table, recipient->messages);
        table_number(&table, recipient->days);
    }
    table_print(&table, 2, out);
}

/* --- when --- */

static int by_messages(const void *left, const void *right)
{
    const struct simulation_day *a = left, *b = right;
    if (a->messages != b->messages)
        return a->messages < b->messages ? 1 : -1;
    return a->day - b->day;
}

static void add_days(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {
        {"日期", "day"}, {"消息", "messages"}, {"通知", "notifications"}};
    const struct simulation_result *result = job->runs[0].result;
    AUTO_FREE struct simulation_day *days = mem_zero(result->day_count + 1, sizeof *days);
    AUTO_TABLE table;
    memcpy(days, result->days, result->day_count * sizeof *days);
    qsort(days, result->day_count, sizeof *days, by_messages);
    table_init(&table, COUNT_OF(heads), 1);
    begin_section(job, out, "消息最多的日子", "days with most messages");
    add_heads(job, &table, heads, COUNT_OF(heads));
    for (size_t i = 0; i < result->day_count && i < DAYS_SHOWN && days[i].messages > 0; i++) {
        add_date(job, &table, days[i].day);
        table_number(&table, days[i].messages);
        table_number(&table, days[i].notifications);
    }
    table_print(&table, 2, out);
}

void simulate_minute_text(const struct simulate_job *job, const struct simulate_run *run,
                          struct buf *out)
{
    const struct simulation_minute *busiest = &run->result->busiest;
    char channels[256];
    if (busiest->at == WALL_NONE) {
        buf_text(out, in_words(job->context, "没有消息\n", "no messages\n"));
        return;
    }
    add_by_channel(run->result, busiest->by_channel, channels, sizeof channels);
    write_instant(out, job->context, run->config->calendar, busiest->at);
    buf_format(out, in_words(job->context, "，%lld 条（%s）\n", ", %lld messages (%s)\n"),
               (long long)busiest->messages, channels);
}

void simulate_text(const struct simulate_job *job, struct buf *out)
{
    const struct simulation_result *result = job->runs[0].result;
    simulate_head_text(job, out);
    add_kinds(job, out);
    add_clocks(job, out);
    add_places(job, out, "部门", "departments", result->departments, result->department_count);
    add_places(job, out, "窗口", "windows", result->windows, result->window_count);
    add_channels(job, out);
    add_roles(job, out);
    add_recipients(job, out);
    add_days(job, out);
    begin_section(job, out, "最忙的一分钟（限速之前）", "the busiest minute (before any rate)");
    buf_text(out, "  ");
    simulate_minute_text(job, &job->runs[0], out);
}
