/* Cases that can't be computed, by reason. */
#include "simulate.h"

#include "duban/mem.h"

#include <string.h>

/* Each number in the text as a 0. */
static char *reason_of(const char *text)
{
    char *reason = mem_text(text), *end = reason;
    for (const char *c = text; *c; c++) {
        bool digit = *c >= '0' && *c <= '9';
        if (!digit || end == reason || end[-1] != '0')
            *end++ = digit ? '0' : *c;
    }
    *end = '\0';
    return reason;
}

void failures_add(struct failures *failures, const char *case_no, const char *text)
{
    AUTO_FREE char *reason = reason_of(text);
    size_t number = names_number(&failures->reasons, reason);
    if (number == failures->capacity) {
        size_t before = failures->capacity;
        failures->capacity = before ? 2 * before : 16;
        failures->items = mem_grow(failures->items, failures->capacity, sizeof *failures->items);
        memset(failures->items + before, 0,
               (failures->capacity - before) * sizeof *failures->items);
    }
    struct failure *failure = &failures->items[number];
    failures->count++;
    if (failure->count++ == 0)
        failure->text = mem_text(text);
    if (failure->example_count < REASON_EXAMPLES)
        failure->examples[failure->example_count++] = mem_text(case_no);
}

static int by_count(const void *left, const void *right, void *context)
{
    const struct failures *failures = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int64_t a_count = failures->items[a].count, b_count = failures->items[b].count;
    if (a_count != b_count)
        return a_count < b_count ? 1 : -1;
    return strcmp(failures->reasons.texts[a], failures->reasons.texts[b]);
}

size_t *failures_order(const struct failures *failures)
{
    size_t *order = mem_zero(failures->reasons.count + 1, sizeof *order);
    struct failures sorted = *failures;
    for (size_t i = 0; i < failures->reasons.count; i++)
        order[i] = i;
    qsort_r(order, failures->reasons.count, sizeof *order, by_count, &sorted);
    return order;
}

void failures_finish(struct failures *failures)
{
    for (size_t i = 0; i < failures->reasons.count; i++) {
        free(failures->items[i].text);
        for (size_t k = 0; k < failures->items[i].example_count; k++)
            free(failures->items[i].examples[k]);
    }
    free(failures->items);
    names_finish(&failures->reasons);
}
