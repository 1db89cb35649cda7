/* dubanctl setup: what its steps share. Each step finds things (doctor.h) and so comes out well,
 * with something to look at, or failed. */
#ifndef CTL_SETUP_H
#define CTL_SETUP_H

#include "doctor.h"
#include "setup_answers.h"

#include "duban/pg_block.h"

struct setup {
    const struct context *context;
    struct answers answers;
    struct doctor doctor;   /* the findings of the step under way, by the drafted configuration */
    struct config *config;  /* drafted: made of the answers, not yet in a file; NULL: not yet */
    struct pg_block *admin; /* the server of duban's own database, as its administrator */
    struct pg_block *state; /* duban's own database, as the daemon, reading; NULL: not yet there */
    wall_us now;            /* by duban's own database, once it is there; else by this machine */
    json_t *rows;           /* what was found in the view's rows; NULL: nothing yet */
    char *text;             /* of a dry run: what would be written; owned */
    json_t *steps;          /* of those that are over: step, outcome, findings */
    bool owned;             /* the schema belongs to SETUP_OWNER */
    bool wrote;             /* the configuration stands in its file now */
};

/* The answer's text, or NULL. */
static inline const char *setup_text(const struct setup *setup, enum answer answer)
{
    return setup->answers.texts[answer];
}

/* --- the steps --- */
void setup_draft(struct setup *setup);
void setup_server(struct setup *setup);
void setup_schema(struct setup *setup);
void setup_source(struct setup *setup);
void setup_write(struct setup *setup);
void setup_send(struct setup *setup);

/* --- shared by steps --- */

#define SETUP_SERVICE_USER "duban"       /* the system's, who runs duband */
#define SETUP_OWNER        "duban_owner" /* whose the schema is, when a superuser sets up */

/* How a role that isn't let in can be: by a password, or as whom the system says that it is. The
 * caller's to free(). */
char *setup_login_remedy(const struct setup *setup);

/* Connects, by a Unix socket also as the system's user `as` if root is refused by its own name
 * (PostgreSQL believes the system who connects); `as` NULL: only as who runs this. */
struct pg_block *setup_connect(const char *dsn, const char *password, bool read_only,
                               const char *as, struct error *error) MUST_USE;

/* The server of duban's own database as its administrator. */
struct pg_block *setup_connect_admin(const struct setup *setup, struct error *error) MUST_USE;

/* Runs a statement that the server's format() makes of two texts (NULL: null): names by %1$I and
 * %2$I, values by %1$L and %2$L. */
bool setup_run(struct pg_block *pg, const char *format, const char *one, const char *two,
               struct error *error) MUST_USE;

/* Reads the rows of the view, as many as --rows says, and finds what is wrong with them. */
void setup_read_rows(struct setup *setup, struct pg_block *pg, const struct source_sql *sql);

/* The configuration as a text; secrets stand in the files given (NULL: there is none). `calendar`:
 * as it is named there. */
struct setup_secrets {
    const char *state, *source, *channel;
};
void setup_compose(const struct setup *setup, const char *calendar,
                   const struct setup_secrets *secrets, struct buf *out);

/* Whether a configuration can be written where it is to stand, as far as its folder tells; else
 * what to do. A dry run writes none. */
bool setup_place_is_fit(const struct setup *setup, struct error *error);

/* The configuration that the answers so far make; nothing is written. NULL after its problems. */
struct config *setup_try(const struct setup *setup, struct problems *problems);

/* Asks on the terminal for what wasn't given. False, and told why: the input has ended or was
 * interrupted, or there is a configuration already. */
bool setup_ask(struct setup *setup);
/* Whether to go on, after the answers were shown. */
bool setup_confirm(const struct setup *setup);

#endif
