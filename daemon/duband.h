/* The daemon: one struct that main owns, and the parts it wires together.
 *
 *   intake ─→ clock ─→ escalator ─→ event, notification ─→ composer ─→ message ─→ dispatcher
 *                      reminder ───↗
 *
 * All but the dispatcher, and the reconcile and the recompute, run while this daemon leads, on the
 * very session that holds the leadership: losing the session is losing the leadership. Every daemon
 * dispatches, and looks after receipts.
 */
#ifndef DUBAND_DUBAND_H
#define DUBAND_DUBAND_H

#include "alarm.h"
#include "alarm_contacts.h"
#include "alarm_watch.h"
#include "composer.h"
#include "context.h"
#include "database_alarm.h"
#include "dispatcher.h"
#include "enquiry.h"
#include "escalator.h"
#include "intake.h"
#include "leader.h"
#include "metrics_listener.h"
#include "metrics_look.h"
#include "receipt_watch.h"
#include "recompute.h"
#include "reconcile.h"
#include "reminder.h"
#include "rules_gate.h"
#include "sealer.h"
#include "selftest.h"
#include "source_link.h"

#include "duban/pg_lineage.h"

struct duband {
    struct context context;
    struct pg_lineage lineage; /* of the servers of all connections */
    const char *config_path;
    struct source_link source_link;
    struct leader leader;
    struct intake intake;
    struct reconcile reconcile;
    struct recompute recompute;
    struct rules_gate rules_gate;
    struct escalator escalator;
    struct reminder_stage reminder;
    struct composer composer;
    struct dispatcher dispatcher;
    struct alarm_contacts alarm_contacts;
    struct alarm_teller alarm_teller;
    struct alarm_watch alarm_watch;
    struct database_alarm database_alarm;
    struct selftest selftest;
    struct receipt_watch receipt_watch;
    struct enquiry_stage enquiry;
    struct sealer sealer;
    struct metrics_look metrics_look;
    struct metrics_listener metrics_listener;
    double started_at, reloaded_at; /* Unix time: the process, the configuration in use */
    double begun;                   /* steady: the process */
    bool reload_failed;             /* the last one: the configuration in use is an older one */
    ev_timer drain_timer;           /* while stopping */
    double drain_end;
};

/* Connects, and begins as soon as the databases allow. The configuration is taken over. */
void duband_init(struct duband *duband, struct ev_loop *loop, const char *config_path,
                 struct config *config);
void duband_finish(struct duband *duband);

/* Loads the configuration file again; a bad one is told and the old one stays. */
void duband_reload(struct duband *duband);

/* Claims no more, lets what is being sent come to its end (at most daemon.drain), then ends the
 * loop. */
void duband_stop(struct duband *duband);

#endif
