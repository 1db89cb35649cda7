/* Two simulations side by side: what would differ, in words. */
#include "calendar_args.h"
#include "simulate.h"
#include "table.h"

#include "duban/locale.h"
#include "duban/mem.h"

#include <string.h>

#define AUTO_TABLE __attribute__((cleanup(table_finish))) struct table

static void begin_section(const struct simulate_job *job, struct buf *out, const char *chinese,
                          const char *english)
{
    buf_format(out, "\n%s\n", in_words(job->context, chinese, english));
}

/* Three cells: before, after, and the difference. */
static void add_pair(struct table *table, int64_t before, int64_t after)
{
    table_number(table, before);
    table_number(table, after);
    if (before == after)
        table_text(table, "");
    else
        table_format(table, "%+lld", (long long)(after - before));
}

static void add_pair_heads(const struct simulate_job *job, struct table *table, const char *chinese,
                           const char *english)
{
    table_text(table, in_words(job->context, chinese, english));
    table_text(table, "→");
    table_text(table, in_words(job->context, "差", "change"));
}

/* --- events --- */

static const struct simulation_kind *find_kind(const struct simulation_result *result,
                                               const struct simulation_kind *wanted)
{
    for (size_t i = 0; i < result->kind_count; i++)
        if (strcmp(result->kinds[i].kind, wanted->kind) == 0 &&
            strcmp(result->kinds[i].clock->name, wanted->clock->name) == 0)
            return &result->kinds[i];
    return NULL;
}

static void add_kind(const struct simulate_job *job, struct table *table,
                     const struct simulate_run *run, const struct simulation_kind *before,
                     const struct simulation_kind *after)
{
    const struct simulation_kind *either = before ? before : after;
    const struct config_clock *clock = either->clock;
    table_text(table, job->context->english ? clock->name : clock->label);
    table_text(table, simulate_kind(job, run, either->kind));
    add_pair(table, before ? before->recorded : 0, after ? after->recorded : 0);
    add_pair(table, before ? before->told : 0, after ? after->told : 0);
}

static void add_kinds(const struct simulate_job *job, struct buf *out)
{
    const struct simulation_result *before = job->runs[0].result, *after = job->runs[1].result;
    AUTO_TABLE table;
    table_init(&table, 8, 2);
    begin_section(job, out, "预警与其他记录", "events");
    table_text(&table, in_words(job->context, "计时", "clock"));
    table_text(&table, in_words(job->context, "记录", "event"));
    add_pair_heads(job, &table, "次数", "recorded");
    add_pair_heads(job, &table, "告知", "told");
    for (size_t i = 0; i < before->kind_count; i++)
        add_kind(job, &table, &job->runs[0], &before->kinds[i],
                 find_kind(after, &before->kinds[i]));
    for (size_t i = 0; i < after->kind_count; i++)
        if (find_kind(before, &after->kinds[i]) == NULL)
            add_kind(job, &table, &job->runs[1], NULL, &after->kinds[i]);
    table_print(&table, 2, out);
}

/* What people call a clock, by whichever configuration knows it. */
static const char *call_clock(const struct simulate_job *job, const char *name)
{
    for (size_t i = 0; i < 2 && !job->context->english; i++) {
        const struct config_clock *clock = config_clock_named(job->runs[i].config, name);
        if (clock)
            return clock->label;
    }
    return name;
}

/* Likewise a level. */
static const char *call_level(const struct simulate_job *job, const char *level)
{
    const char *label = simulate_kind(job, &job->runs[0], level);
    return label != level ? label : simulate_kind(job, &job->runs[1], level);
}

static void add_levels(const struct simulate_job *job, struct buf *out)
{
    static const char *const heads[][2] = {
        {"计时", "clock"},      {"级别", "level"},   {"不变", "same"}, {"新增", "appears"},
        {"不再", "disappears"}, {"提前", "earlier"}, {"推后", "later"}};
    const struct simulation_changes *changes = &job->changes;
    AUTO_TABLE table;
    table_init(&table, COUNT_OF(heads), 2);
    buf_format(out,
               in_words(job->context, "\n级别逐件对比（有变化的办件 %lld 件）\n",
                        "\nlevels case by case (%lld cases differ)\n"),
               (long long)changes->cases);
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        table_text(&table, heads[i][job->context->english]);
    for (size_t i = 0; i < changes->count; i++) {
        const struct level_changes *level = &changes->levels[i];
        table_text(&table, call_clock(job, level->clock));
        table_text(&table, call_level(job, level->level));
        for (size_t change = 0; change < LEVEL_CHANGES; change++)
            table_number(&table, level->count[change]);
    }
    table_print(&table, 2, out);
}

static void add_instant(const struct simulate_job *job, struct table *table, wall_us at)
{
    AUTO_BUF text;
    buf_init(&text, 64);
    if (at == WALL_NONE)
        buf_text(&text, "-");
    else
        write_instant(&text, job->context, job->runs[0].config->calendar, at);
    table_text(table, buf_string(&text));
}

static void add_examples(const struct simulate_job *job, struct buf *out)
{
    static const char *const words[LEVEL_CHANGES][2] = {[LEVEL_APPEARS] = {"新增", "appears"},
                                                        [LEVEL_GOES] = {"不再", "disappears"},
                                                        [LEVEL_EARLIER] = {"提前", "earlier"},
                                                        [LEVEL_LATER] = {"推后", "later"}};
    AUTO_TABLE table;
    table_init(&table, 6, 6);
    for (size_t change = LEVEL_SAME + 1; change < LEVEL_CHANGES; change++)
        for (size_t i = 0; i < job->changes.example_count[change]; i++) {
            const struct level_example *example = &job->changes.examples[change][i];
            table_text(&table, i ? "" : words[change][job->context->english]);
            table_text(&table, example->case_no);
            table_text(&table, call_clock(job, example->clock));
            table_text(&table, call_level(job, example->level));
            add_instant(job, &table, example->before);
            add_instant(job, &table, example->after);
        }
    if (table.count > 0)
        begin_section(job, out, "例子（变动最大的在前）", "examples (the greatest shifts first)");
    table_print(&table, 2, out);
}

/* --- ends --- */

static void add_clock(const struct simulate_job *job, struct table *table,
                      const struct simulation_clock *before, const struct simulation_clock *after)
{
    static const struct simulation_ends none;
    const struct config_clock *clock = before ? before->clock : after->clock;
    const struct simulation_ends *a = before ? &before->ends : &none;
    const struct simulation_ends *b = after ? &after->ends : &none;
    table_text(table, job->context->english ? clock->name : clock->label);
    add_pair(table, a->ended, b->ended);
    add_pair(table, a->in_time, b->in_time);
    add_pair(table, a->overdue, b->overdue);
}

static const struct simulation_clock *find_clock(const struct simulation_result *result,
                                                 const struct simulation_clock *wanted)
{
    for (size_t i = 0; i < result->clock_count; i++)
        if (strcmp(result->clocks[i].clock->name, wanted->clock->name) == 0)
            return &result->clocks[i];
    return NULL;
}

static void add_clocks(const struct simulate_job *job, struct buf *out)
{
    const struct simulation_result *before = job->runs[0].result, *after = job->runs[1].result;
    AUTO_TABLE table;
    table_init(&table, 10, 1);
    begin_section(job, out, "办结与按时", "ended and in time");
    table_text(&table, in_words(job->context, "计时", "clock"));
    add_pair_heads(job, &table, "办结", "ended");
    add_pair_heads(job, &table, "按时", "in time");
    add_pair_heads(job, &table, "期末超期在办", "open and overdue");
    for (size_t i = 0; i < before->clock_count; i++)
        add_clock(job, &table, &before->clocks[i], find_clock(after, &before->clocks[i]));
    for (size_t i = 0; i < after->clock_count; i++)
        if (find_clock(before, &after->clocks[i]) == NULL)
            add_clock(job, &table, NULL, &after->clocks[i]);
    table_print(&table, 2, out);
}

/* --- messages --- */

static const struct simulation_channel *find_channel(const struct simulation_result *result,
                                                     const char *name)
{
    static const struct simulation_channel none;
    for (size_t i = 0; i < result->channel_count; i++)
        if (strcmp(result->channels[i].channel->name, name) == 0)
            return &result->channels[i];
    return &none;
}

static void add_channels(const struct simulate_job *job, struct buf *out)
{
    AUTO_TABLE table;
    table_init(&table, 7, 1);
    begin_section(job, out, "消息", "messages");
    table_text(&table, in_words(job->context, "渠道", "channel"));
    add_pair_heads(job, &table, "消息", "messages");
    add_pair_heads(job, &table, "通知", "notifications");
    for (size_t r = 0; r < 2; r++) {
        const struct simulation_result *own = job->runs[r].result;
        for (size_t i = 0; i < own->channel_count; i++) {
            const char *name = own->channels[i].channel->name;
            const struct simulation_channel *before = find_channel(job->runs[0].result, name);
            const struct simulation_channel *after = find_channel(job->runs[1].result, name);
            if (r == 1 && before->channel)
                continue; /* it was told before */
            table_text(&table, name);
            add_pair(&table, before->messages, after->messages);
            add_pair(&table, before->notifications, after->notifications);
        }
    }
    table_print(&table, 2, out);
}

static const struct simulation_role *find_role(const struct simulation_result *result,
                                               const char *role)
{
    static const struct simulation_role none;
    for (size_t i = 0; i < result->role_count; i++)
        if (strcmp(result->roles[i].role, role) == 0)
            return &result->roles[i];
    return &none;
}

static void add_roles(const struct simulate_job *job, struct buf *out)
{
    enum locale locale = job->context->english ? LOCALE_EN : LOCALE_ZH_CN;
    AUTO_TABLE table;
    table_init(&table, 7, 1);
    begin_section(job, out, "每个对象每天的消息", "messages per recipient and day");
    table_text(&table, in_words(job->context, "对象", "role"));
    add_pair_heads(job, &table, "消息", "messages");
    add_pair_heads(job, &table, "每天最多", "most a day");
    for (size_t r = 0; r < 2; r++) {
        const struct simulation_result *own = job->runs[r].result;
        for (size_t i = 0; i < own->role_count; i++) {
            const char *role = own->roles[i].role;
            const struct simulation_role *before = find_role(job->runs[0].result, role);
            const struct simulation_role *after = find_role(job->runs[1].result, role);
            if (r == 1 && before->role)
                continue;
            table_text(&table, locale_role(role, locale));
            add_pair(&table, before->messages, after->messages);
            add_pair(&table, before->worst, after->worst);
        }
    }
    table_print(&table, 2, out);
}

/* --- whose messages change most --- */

struct recipient_pair {
    const struct simulation_recipient *either;
    int64_t before, after, before_worst, after_worst;
};

static struct recipient_pair *pair_of(struct recipient_pair *pairs, size_t *count,
                                      struct names *codes, const struct simulation_recipient *of)
{
    size_t number = names_number(codes, of->code);
    if (number == *count)
        pairs[(*count)++] = (struct recipient_pair){.either = of};
    return &pairs[number];
}

static int64_t change_of(const struct recipient_pair *pair)
{
    return pair->after > pair->before ? pair->after - pair->before : pair->before - pair->after;
}

static int by_change(const void *left, const void *right)
{
    const struct recipient_pair *a = left, *b = right;
    if (change_of(a) != change_of(b))
        return change_of(a) < change_of(b) ? 1 : -1;
    return strcmp(a->either->code, b->either->code);
}

/* Those of the directory; persons have no code to know them by. */
static struct recipient_pair *pair_recipients(const struct simulate_job *job, size_t *count)
{
    struct names codes = {0};
    size_t most = job->runs[0].result->recipient_count + job->runs[1].result->recipient_count;
    struct recipient_pair *pairs = mem_zero(most + 1, sizeof *pairs);
    *count = 0;
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < job->runs[r].result->recipient_count; i++) {
            const struct simulation_recipient *found = &job->runs[r].result->recipients[i];
            if (found->code[0] == '\0')
                continue;
            struct recipient_pair *pair = pair_of(pairs, count, &codes, found);
            *(r ? &pair->after : &pair->before) = found->messages;
            *(r ? &pair->after_worst : &pair->before_worst) = found->worst;
        }
    names_finish(&codes);
    qsort(pairs, *count, sizeof *pairs, by_change);
    return pairs;
}

static void add_recipients(const struct simulate_job *job, struct buf *out)
{
    size_t count;
    AUTO_FREE struct recipient_pair *pairs = pair_recipients(job, &count);
    AUTO_TABLE table;
    table_init(&table, 8, 2);
    begin_section(job, out, "消息变化最大的对象", "whose messages change most");
    table_text(&table, in_words(job->context, "编码", "code"));
    table_text(&table, in_words(job->context, "名称", "name"));
    add_pair_heads(job, &table, "消息", "messages");
    add_pair_heads(job, &table, "最多的一天", "worst day");
    for (size_t i = 0; i < count && i < job->top; i++) {
        table_text(&table, pairs[i].either->code);
        table_text(&table, pairs[i].either->name);
        add_pair(&table, pairs[i].before, pairs[i].after);
        add_pair(&table, pairs[i].before_worst, pairs[i].after_worst);
    }
    table_print(&table, 2, out);
}

void simulate_against_text(const struct simulate_job *job, struct buf *out)
{
    simulate_head_text(job, out);
    buf_format(out, "%s → %s\n", job->runs[0].path, job->runs[1].path);
    add_kinds(job, out);
    add_levels(job, out);
    add_examples(job, out);
    add_clocks(job, out);
    add_channels(job, out);
    add_roles(job, out);
    add_recipients(job, out);
    begin_section(job, out, "最忙的一分钟（限速之前）", "the busiest minute (before any rate)");
    for (size_t i = 0; i < 2; i++) {
        buf_text(out, i ? "  → " : "    ");
        simulate_minute_text(job, &job->runs[i], out);
    }
}
