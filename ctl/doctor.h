/* dubanctl doctor: what commonly goes wrong, each finding with its remedy. */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "command.h"

#include "duban/config.h"
#include "duban/pg_block.h"
#include "duban/source.h"

#include <jansson.h>

enum grade { GRADE_OK, GRADE_WARNING, GRADE_BAD };

struct doctor {
    const struct context *context;
    const struct config *config;
    json_t *findings; /* objects: area, grade, what, remedy */
    bool bad;         /* there is one that must be mended */
};

/* One finding. `what` is a format in the reader's language (in_words); `remedy` may be NULL. */
void doctor_find(struct doctor *doctor, enum grade grade, const char *area, const char *remedy,
                 const char *what, ...) __attribute__((format(printf, 5, 6)));

/* The parts, each of which finds at least one thing. */
void doctor_calendars(struct doctor *doctor);
void doctor_source(struct doctor *doctor);
void doctor_state(struct doctor *doctor);

/* Version and settings of a server. `facts`: server, server_number, and settings by name, as
 * duban.doctor() tells them. A setting that isn't safe is `worst` at most. */
void doctor_server(struct doctor *doctor, const json_t *facts, enum grade worst);

/* Whether a view keeps the contract; each column that doesn't is a finding. True: `columns` is what
 * it has, and the optional ones that it lacks are told. */
bool doctor_view(struct doctor *doctor, struct pg_block *pg, const char *relation,
                 struct source_columns *columns);

/* Whether changes are read by an index. Leaves the session with the settings that it looks by. */
void doctor_plan(struct doctor *doctor, struct pg_block *pg, const struct source_sql *sources);

#endif
