/* Scenarios: what becomes of one case under one centre's rules, written so that people who don't
 * program can read and check it (tests/scenarios/README.md). */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "duban/config.h"
#include "duban/directory.h"
#include "duban/facts.h"
#include "duban/problem.h"
#include "duban/yaml.h"

struct scenario {
    struct yaml_document *document;
    const char *path, *title;
    struct config *config;
    struct directory *directory;
    size_t duty_count;
    struct directory_duty *duties;
    struct facts facts; /* as they are in the end */
    const struct yaml_node *expect, *stands;
    const char *fails; /* what the error says by which it can't be computed; NULL: it can */
};

/* Reads a file and everything that it needs. NULL after at least one problem. */
struct scenario *scenario_load(const char *path, struct problems *problems);
void scenario_destroy(struct scenario *scenario); /* NULL is fine */

/* Lets the case live and compares with what is expected. What differs becomes a problem at the
 * place of the expectation. */
void scenario_run(const struct scenario *scenario, struct problems *problems);

/* The configuration that `node` names (a file, from the source tree's root on) or holds (some
 * sections; the others are those of a small centre). */
struct config *scenario_config(const struct yaml_node *node, struct problems *problems);

/* "2026-03-04 09:00", local time of the calendar; with seconds when there are any. */
#define LOCAL_TEXT_BYTES 40
const char *local_text(const struct calendar *calendar, wall_us at, char text[LOCAL_TEXT_BYTES]);
bool local_read(const struct calendar *calendar, const struct yaml_node *node, wall_us *at,
                struct problems *problems);

#endif
