/* Many cases, sorted and counted. */
#include "duban/summary.h"

#include "duban/mem.h"
#include "duban/template_field.h"

#include <string.h>

void summary_line(const struct notice *notice, enum locale locale, struct buf *out)
{
    const char *ended = locale_event(notice->kind, locale);
    buf_text(out, notice->facts ? notice->facts->case_no : "");
    buf_text(out, locale == LOCALE_EN ? " " : "");
    if (ended && strcmp(notice->kind, "reminder") != 0)
        buf_text(out, ended);
    else {
        template_field_find("other_clock")->render(notice, locale, out);
        template_field_find("remaining")->render(notice, locale, out);
    }
}

static int by_urgency(const void *left, const void *right)
{
    const struct summary_entry *a = left, *b = right;
    if (a->late != b->late)
        return a->late ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    if (a->due_at != b->due_at)
        return a->due_at < b->due_at ? -1 : 1;
    return strcmp(a->line, b->line);
}

/* The more cases first; the same number in the order of the names. */
static int by_clocks(const void *left, const void *right)
{
    const struct notice_count *a = left, *b = right;
    if (a->clocks != b->clocks)
        return a->clocks > b->clocks ? -1 : 1;
    return strcmp(a->label, b->label);
}

/* One more of this label; there are few of them. */
static void count_one(struct notice_count **counts, size_t *count, const char *label)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*counts)[i].label, label) == 0) {
            (*counts)[i].clocks++;
            return;
        }
    }
    *counts = mem_grow(*counts, *count + 1, sizeof **counts);
    (*counts)[(*count)++] = (struct notice_count){.level = "", .label = label, .clocks = 1};
}

void summary_init(struct summary *summary, struct summary_entry *entries, size_t count)
{
    *summary = (struct summary){0};
    qsort(entries, count, sizeof *entries, by_urgency);
    summary->case_count = count < SUMMARY_CASES_MOST ? count : SUMMARY_CASES_MOST;
    summary->has_more_cases = summary->case_count < count;
    summary->cases = mem_zero(summary->case_count, sizeof *summary->cases);
    for (size_t i = 0; i < summary->case_count; i++)
        summary->cases[i] = entries[i].line;
    for (size_t i = 0; i < count; i++) {
        count_one(&summary->labels, &summary->label_count, entries[i].label);
        count_one(&summary->departments, &summary->department_count, entries[i].department);
    }
    if (summary->department_count > 1)
        qsort(summary->departments, summary->department_count, sizeof *summary->departments,
              by_clocks);
}

void summary_finish(struct summary *summary)
{
    free(summary->labels);
    free(summary->departments);
    free(summary->cases);
    *summary = (struct summary){0};
}

void summary_fill(const struct summary *summary, struct notice *notice)
{
    notice->count = summary->label_count;
    notice->counts = summary->labels;
    notice->case_count = summary->case_count;
    notice->cases = summary->cases;
    notice->has_more_cases = summary->has_more_cases;
    notice->department_count = summary->department_count;
    notice->departments = summary->departments;
}
