/* Whom alarms reach: the configured addresses, and the administrators' contacts, which are kept in
 * memory and in a file, so that they are known while the database isn't there. */
#ifndef DUBAND_ALARM_CONTACTS_H
#define DUBAND_ALARM_CONTACTS_H

#include "context.h"

struct alarm_contact {
    char *channel, *address;
};

struct alarm_contacts {
    struct context *context;
    ev_timer timer;
    bool asked; /* a query is under way */
    size_t count;
    struct alarm_contact *items; /* as the directory, or else the file, has told */
};

/* Reads the file, if one is configured. */
void alarm_contacts_init(struct alarm_contacts *contacts, struct context *context);
void alarm_contacts_finish(struct alarm_contacts *contacts);

/* Asks the directory, now and then each minute. */
void alarm_contacts_ask(struct alarm_contacts *contacts);

/* The index-th address of a way; NULL past the last. Borrowed until the loop's next turn. */
const char *alarm_contacts_address(const struct alarm_contacts *contacts,
                                   const struct config_alarm_channel *way, size_t index);

#endif
