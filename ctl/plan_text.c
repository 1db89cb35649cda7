/* A plan in words. */
#include "calendar_args.h"
#include "message_text.h"
#include "plan.h"
#include "table.h"

#include "duban/mem.h"

#include <stdio.h>

#define INDENT            2
#define DEPARTMENTS_SHOWN 40

struct report {
    const struct plan_job *job;
    struct buf *out;
};

static const char *words(const struct report *report, const char *chinese, const char *english)
    __attribute__((format_arg(2), format_arg(3)));

static const char *words(const struct report *report, const char *chinese, const char *english)
{
    return in_words(report->job->context, chinese, english);
}

static const char *level(const struct report *report, const char *name)
{
    if (*name == '\0')
        return words(report, "（无）", "(none)");
    return call_kind(report->job->context, report->job->config, name);
}

/* "2026-06-03 09:00" in the default calendar's time. */
static const char *minute(const struct report *report, wall_us at, char text[INSTANT_TEXT_BYTES])
{
    instant_text_offset(at, calendar_offset_s(report->job->config->calendar, at), text);
    text[10] = ' ';
    text[16] = '\0';
    return text;
}

static void title(const struct report *report, const char *chinese, const char *english)
{
    buf_format(report->out, "\n%s\n", words(report, chinese, english));
}

/* --- which rules --- */

static void add_head(const struct report *report)
{
    const struct plan_job *job = report->job;
    char text[INSTANT_TEXT_BYTES];
    buf_format(report->out, words(report, "%s 的规则 %s", "the rules of %s, %s"), job->path,
               job->config->rules_version);
    if (plan_is_in_force(job))
        buf_text(report->out, words(report, "（正在生效）", " (in force)"));
    else if (job->approved_by)
        buf_format(report->out, words(report, "（%s 于 %s 批准）", " (approved by %s, %s)"),
                   job->approved_by, minute(report, job->approved_at, text));
    buf_format(report->out, words(report, "\n生效中的规则 %s\n", "\nin force: %s\n"),
               job->in_force[0] ? job->in_force : "-");
    if (job->under_way[0])
        buf_format(
            report->out,
            words(report, "注意：正在按规则 %s 重算，部分计时已是新的\n",
                  "note: clocks are being computed anew by the rules %s; some are already\n"),
            job->under_way);
}

/* --- counts --- */

static void add_count(struct table *table, const char *what, int64_t count)
{
    table_text(table, what);
    table_number(table, count);
}

static void add_counts(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    const struct {
        const char *chinese, *english;
        int64_t count;
        bool always;
    } lines[] = {
        {"在办办件", "open cases", plan->cases, true},
        {"比较的计时", "clocks compared", plan->clocks, true},
        {"不变", "unchanged", plan->same, true},
        {"到期提前", "due earlier", plan->earlier, true},
        {"到期推后", "due later", plan->later, true},
        {"改为停表", "would stand still", plan->stops, false},
        {"恢复计时", "would go on", plan->resumes, false},
        {"按新规则已结束", "have ended by the new rules", plan->ends, false},
        {"新增计时", "new clocks", plan->added, false},
        {"取消的计时", "clocks no longer there", plan->dropped, false},
        {"已结束，不受影响", "had ended, stay as they are", plan->frozen, false},
        {"其中将重新计时", "of these, would run again", plan->reopened, false},
        {"数据刚有变化，未比较", "facts just changed, not compared", plan->changed, false},
        {"将通知的预警", "levels that would be told", plan->raised, true},
        {"将通知的解除", "clearings that would be told", plan->cleared, true},
    };
    struct table table;
    table_init(&table, 2, 1);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (lines[i].always || lines[i].count > 0)
            add_count(&table, words(report, lines[i].chinese, lines[i].english), lines[i].count);
    buf_char(report->out, '\n');
    table_print(&table, INDENT, report->out);
    table_finish(&table);
}

static void add_levels(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    const struct names *levels = &plan->levels;
    struct table table;
    if (levels->count == 0)
        return;
    title(report, "级别变化", "levels that turn");
    table_init(&table, 3, 2);
    for (size_t from = 0; from < levels->count; from++)
        for (size_t to = 0; to < levels->count; to++) {
            int64_t count = rules_plan_turn(plan, from, to);
            if (count == 0)
                continue;
            table_text(&table, level(report, levels->texts[from]));
            table_format(&table, "→ %s", level(report, levels->texts[to]));
            table_number(&table, count);
        }
    table_print(&table, INDENT, report->out);
    table_finish(&table);
}

static void add_shifts(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    char text[SHIFT_TEXT_BYTES];
    struct table table;
    if (plan->earlier + plan->later == 0)
        return;
    title(report, "到期移动（工作日）", "due instants, by working days");
    table_init(&table, 2, 1);
    for (size_t i = 0; i < PLAN_SHIFTS; i++)
        if (plan->shifts[i] > 0)
            add_count(&table, plan_shift_text(i, text), plan->shifts[i]);
    table_print(&table, INDENT, report->out);
    table_finish(&table);
}

static void add_largest(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    struct table table;
    if (plan->largest_count == 0)
        return;
    title(report, "移动最大的", "the largest shifts");
    table_init(&table, 5, 4);
    for (size_t i = 0; i < plan->largest_count; i++) {
        const struct plan_shift *shift = &plan->largest[i];
        char old_due[INSTANT_TEXT_BYTES], new_due[INSTANT_TEXT_BYTES];
        table_text(&table, shift->case_no);
        table_text(&table, shift->clock);
        table_text(&table, minute(report, shift->old_due, old_due));
        table_format(&table, "→ %s", minute(report, shift->new_due, new_due));
        table_format(&table, "%+d", shift->workdays);
    }
    table_print(&table, INDENT, report->out);
    table_finish(&table);
}

static void add_unusable(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    if (plan->unusable + plan->mended == 0)
        return;
    buf_format(report->out,
               words(report, "\n无法计算 %lld 件，其中新增 %lld 件；另有 %lld 件恢复正常\n",
                     "\ncases that can't be computed: %lld, of these newly: %lld; mended: %lld\n"),
               (long long)plan->unusable, (long long)plan->newly_unusable, (long long)plan->mended);
    for (size_t i = 0; i < plan->example_count; i++)
        buf_format(report->out, "  %s  %s\n", plan->examples[i].case_no, plan->examples[i].reason);
}

/* --- departments --- */

static int64_t touched(const struct plan_place *place)
{
    return place->earlier + place->later + place->raised + place->cleared + place->added +
           place->dropped;
}

static int by_touched(const void *left, const void *right, void *places)
{
    const struct plan_place *all = places;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int64_t difference = touched(&all[b]) - touched(&all[a]);
    return difference ? (difference > 0) - (difference < 0) : (a > b) - (a < b);
}

static void add_place(const struct report *report, struct table *table, size_t number)
{
    const struct plan_job *job = report->job;
    const struct plan_place *place = &job->plan.places[number];
    const char *name = job->department_names[number];
    table_text(table, job->plan.departments.texts[number]);
    table_text(table, name ? name : "");
    const int64_t counts[] = {place->clocks, place->earlier, place->later,
                              place->raised, place->cleared, place->added - place->dropped};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        table_number(table, counts[i]);
}

static void add_departments(const struct report *report)
{
    const struct rules_plan *plan = &report->job->plan;
    size_t count = plan->departments.count;
    const char *const heads[][2] = {{"部门", "department"}, {"", ""},          {"计时", "clocks"},
                                    {"提前", "earlier"},    {"推后", "later"}, {"预警", "levels"},
                                    {"解除", "cleared"},    {"增减", "more"}};
    AUTO_FREE size_t *order = mem_zero(count + 1, sizeof *order);
    struct table table;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, by_touched, plan->places);
    if (count == 0 || touched(&plan->places[order[0]]) == 0)
        return;
    title(report, "各部门", "by department");
    table_init(&table, COUNT_OF(heads), 2);
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        table_text(&table, words(report, heads[i][0], heads[i][1]));
    for (size_t i = 0; i < count && i < DEPARTMENTS_SHOWN; i++)
        if (touched(&plan->places[order[i]]) > 0)
            add_place(report, &table, order[i]);
    table_print(&table, INDENT, report->out);
    table_finish(&table);
}

void plan_text(const struct plan_job *job, struct buf *out)
{
    static void (*const parts[])(const struct report *) = {
        add_head, add_counts, add_levels, add_shifts, add_largest, add_unusable, add_departments,
    };
    const struct report report = {job, out};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        parts[i](&report);
}
