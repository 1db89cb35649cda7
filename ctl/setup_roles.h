/* Roles and the database that duban lives in. */
#ifndef CTL_SETUP_ROLES_H
#define CTL_SETUP_ROLES_H

#include "setup.h"

/* Who the administrator is, and what there is already. Owned texts. */
struct place {
    char *database, *daemon; /* of the state's DSN: its name, its role */
    bool super;              /* the administrator is a superuser */
    char *self;              /* the administrator's role */
    char *owner;             /* whose the database is or will be, never a superuser's if there is
                                a choice */
    bool exists;             /* the database */
};

/* False after a finding. Release with place_finish in any case. */
bool place_look(struct setup *setup, struct place *place);
void place_finish(struct place *place);

/* Makes a role that may log in, if it is missing, and lets one that may not do so; another is left
 * as it is. `password` may be NULL. False after a finding with the statement that a superuser would
 * have to run. */
bool role_make(struct setup *setup, struct pg_block *pg, const char *name, const char *password);

/* Makes the database, if it is missing. */
bool place_make(struct setup *setup, const struct place *place);

#endif
