/* Calendar files: YAML, described in docs/calendar.md. */
#ifndef DUBAN_CALENDAR_FILE_H
#define DUBAN_CALENDAR_FILE_H

#include "duban/calendar.h"
#include "duban/problem.h"

/* Loads a file and what it includes (paths are relative to the including file). NULL after
 * adding at least one problem; all problems of all files are told at once. */
struct calendar *calendar_load_file(const char *path, struct problems *problems) MUST_USE;

/* The same from a text; `name` stands for the file in problems. An `include` is refused. */
struct calendar *calendar_load_text(const char *text, size_t length, const char *name,
                                    struct problems *problems) MUST_USE;

#endif
