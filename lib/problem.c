/* Lists of what is wrong with a file. */
#include "duban/problem.h"

#include "duban/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void problems_finish(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->items[i].file);
        free(problems->items[i].text);
    }
    free(problems->items);
    *problems = (struct problems){0};
}

void problems_add(struct problems *problems, const char *file, unsigned line, unsigned column,
                  const char *format, ...)
{
    problems->total++;
    if (problems->count == PROBLEMS_KEPT)
        return;
    char text[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problems->items = mem_grow(problems->items, problems->count + 1, sizeof *problems->items);
    problems->items[problems->count++] = (struct problem){
        .file = mem_text(file), .line = line, .column = column, .text = mem_text(text)};
}

static int by_place(const void *left, const void *right)
{
    const struct problem *a = *(const struct problem *const *)left;
    const struct problem *b = *(const struct problem *const *)right;
    int file = strcmp(a->file, b->file);
    if (file)
        return file;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

void problems_print(const struct problems *problems, struct buf *out)
{
    const struct problem **sorted = mem_zero(problems->count, sizeof *sorted);
    for (size_t i = 0; i < problems->count; i++)
        sorted[i] = &problems->items[i];
    qsort(sorted, problems->count, sizeof *sorted, by_place);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = sorted[i];
        buf_text(out, problem->file);
        if (problem->line)
            buf_format(out, ":%u:%u", problem->line, problem->column);
        buf_format(out, ": %s\n", problem->text);
    }
    if (problems->total > problems->count)
        buf_format(out, "and %zu more\n", problems->total - problems->count);
    free(sorted);
}

bool problems_error(const struct problems *problems, struct error *error)
{
    if (problems->count == 0)
        return error_set(error, "no problem");
    const struct problem *first = &problems->items[0];
    if (first->line == 0)
        return error_set(error, "%s: %s", first->file, first->text);
    return error_set(error, "%s:%u:%u: %s", first->file, first->line, first->column, first->text);
}

#define WORD_BYTES_MOST 64

/* Levenshtein distance over bytes, one row at a time. Both are shorter than WORD_BYTES_MOST. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_BYTES_MOST + 1];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            size_t inserted = row[j] + 1, deleted = diagonal + 1;
            size_t least = inserted < deleted ? inserted : deleted;
            row[j + 1] = replaced < least ? replaced : least;
        }
    }
    return row[width];
}

const char *problem_nearest(const char *text, const char *const *words, size_t count)
{
    size_t length = strlen(text);
    if (length >= WORD_BYTES_MOST)
        return NULL;
    const char *nearest = NULL;
    size_t least = length / 3 > 1 ? length / 3 + 1 : 2;
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) >= WORD_BYTES_MOST)
            continue;
        size_t d = distance(text, words[i]);
        if (d < least) {
            least = d;
            nearest = words[i];
        }
    }
    return nearest;
}
