/* The daemon: one struct that main owns, and the parts it wires together.
 *
 *   intake ─→ clock ─→ escalator ─→ event, notification ─→ composer ─→ message ─→ dispatcher
 *
 * The first three and the reconcile run while this daemon leads, on the very session that holds
 * the leadership: losing the session is losing the leadership. Every daemon dispatches.
 */
#ifndef DUBAND_DUBAND_H
#define DUBAND_DUBAND_H

#include "composer.h"
#include "dispatcher.h"
#include "escalator.h"
#include "intake.h"
#include "leader.h"
#include "reconcile.h"
#include "shared_config.h"
#include "source_link.h"

#include "duban/http.h"
#include "duban/pg.h"
#include "duban/source.h"

struct duband {
    struct ev_loop *loop;
    const char *config_path;
    struct shared_config *config; /* the newest */
    struct source_sql source_sql;

    struct pg *lead;   /* state: leadership and the leader's stages */
    struct pg *work;   /* state: the dispatcher */
    struct pg *source; /* the approval system, read only */
    struct http_client *http;

    struct source_link source_link;
    struct leader leader;
    struct intake intake;
    struct reconcile reconcile;
    struct escalator escalator;
    struct composer composer;
    struct dispatcher dispatcher;

    int64_t node; /* this daemon's number; 0 until the state database gave it one */
    bool stopping;
    ev_timer drain_timer; /* while stopping */
    ev_tstamp drain_end;
};

/* Connects, and begins as soon as the databases allow. The configuration is taken over. */
void duband_init(struct duband *duband, struct ev_loop *loop, const char *config_path,
                 struct config *config);
void duband_finish(struct duband *duband);

/* The configuration of a new turn; drop it at the turn's end. */
struct shared_config *duband_config(struct duband *duband);

/* Loads the configuration file again; a bad one is told and the old one stays. */
void duband_reload(struct duband *duband);

/* Claims no more, lets what is being sent come to its end (at most daemon.drain), then ends the
 * loop. */
void duband_stop(struct duband *duband);

#endif
