/* The alarm that a database is away: the only one that each daemon raises for itself, and keeps in
 * memory. */
#ifndef DUBAND_DATABASE_ALARM_H
#define DUBAND_DATABASE_ALARM_H

#include "alarm.h"
#include "context.h"

#include "duban/alarm.h"

enum database { DATABASE_STATE, DATABASE_SOURCE };

#define DATABASES 2

struct database_alarm {
    struct context *context;
    struct alarm_teller *teller;
    ev_timer timer;
    struct alarms alarms;
    wall_us since[DATABASES];      /* of the last alarm, by duban's clock */
    bool told[DATABASES];          /* what people know: that it is away */
    struct error error[DATABASES]; /* why it couldn't be reached at last */
    char host[65];
};

void database_alarm_init(struct database_alarm *alarm, struct context *context,
                         struct alarm_teller *teller);
void database_alarm_finish(struct database_alarm *alarm);

/* The connection has come or gone. */
void database_alarm_hear(struct database_alarm *alarm, enum database database, enum pg_event event,
                         const struct error *error);

#endif
