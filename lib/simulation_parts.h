/* What the parts of a simulation share. */
#ifndef DUBAN_SIMULATION_PARTS_H
#define DUBAN_SIMULATION_PARTS_H

#include "duban/simulation.h"
#include "duban/tally.h"

#define NO_INDEX UINT32_MAX

/* Roles of persons, whose number is in the facts. */
#define PERSON_ROLES 3
extern const char *const person_role_words[PERSON_ROLES];

/* A route of the configuration, prepared. */
struct way {
    const struct config_route *route;
    uint16_t hours;   /* of the role, for the event's kind: index into simulation.hours */
    uint16_t channel; /* index into config->channels */
    int entry_kind;   /* the role as one of the directory's, … */
    int person;       /* … or as one of person_role_words; else -1 */
};

/* Whom one message goes to: somebody in a role, at one address. */
struct party {
    uint32_t address;   /* number of (channel, address); digests count by it */
    uint32_t recipient; /* an entry of the directory, or a person after all entries */
    uint32_t contact;   /* NO_INDEX: a person */
    uint16_t channel;
    bool can_be_used;
    const char *role;
};

/* A notification.
 *
 * That a level is taken back is also told to whoever was told of the level: such notifications and
 * those before them have the number of a series. */
struct note {
    wall_us at;       /* when it came to be */
    wall_us stale_at; /* from then on it isn't told any more; INT64_MAX: never */
    uint32_t party;
    uint32_t order;  /* among all of them */
    uint32_t series; /* 0: the levels of the clock are never taken back */
    uint16_t hours;
    bool clears;    /* takes a level back … */
    bool if_warned; /* … and is only told to who was told of it */
};

/* One who may be told of an event. */
struct target {
    uint32_t way;
    uint32_t holder; /* of the duty; NO_INDEX: nobody holds it */
    uint32_t recipient;
};

/* A contact of the directory, with the entry that it belongs to. */
struct place_of_contact {
    uint32_t entry, index;
};

struct simulation {
    const struct config *config;
    const struct directory *directory;
    wall_us from, to;
    day_number first_day;
    size_t day_count, minute_count;
    int64_t cases, event_count;

    /* the directory */
    struct names codes; /* number = entry */
    struct directory_duty *duties;
    uint32_t *duty_recipients; /* of each duty */
    size_t *duty_first;        /* of entry × role; one more than there are */
    uint32_t *first_contact;   /* of each entry, among all contacts */
    size_t contact_count;
    struct place_of_contact *contacts;

    /* the case in hand */
    size_t case_events, event_capacity, case_first_note;
    uint32_t case_series; /* its series have greater numbers */
    struct history_event *events;
    size_t target_count, target_capacity;
    struct target *targets;

    /* events */
    struct names kinds, departments, windows;
    struct tally kind_counts;  /* clock, kind, told */
    struct tally place_counts; /* department or window, level */
    struct simulation_ends *clock_ends;
    struct simulation_ends *department_ends, *window_ends; /* capacity: that of the names */
    size_t department_capacity, window_capacity;

    /* notifications */
    struct tally way_places, party_places, address_places, person_places;
    size_t way_count, way_capacity;
    struct way *ways;
    size_t hours_count, hours_capacity;
    const struct hours **hours;
    size_t party_count, party_capacity;
    struct party *parties;
    uint32_t address_count;
    size_t person_count, person_capacity;
    uint8_t *person_roles;
    size_t note_count, note_capacity;
    struct note *notes;

    /* messages */
    struct simulation_channel *channels;
    struct tally sent;    /* recipient, channel, day */
    struct tally reached; /* series and party: told of a level that is taken back */
    struct tally cleared; /* series and recipient: it is told of that */
    int64_t *day_notifications;
    uint32_t *minutes; /* channel × minute */

    struct simulation_result result;
    int64_t *result_numbers; /* what its arrays of numbers point into */
};

/* Doubles the room when it is used up. */
void *simulation_room(void *items, size_t count, size_t *capacity, size_t size);

/* --- simulation_directory.c --- */

void simulation_read_directory(struct simulation *simulation);
void simulation_finish_directory(struct simulation *simulation);

/* The entry that an event's place is: the window if it is known, else the department; NO_INDEX. */
uint32_t simulation_place(const struct simulation *simulation, const struct facts *facts);

/* Who is told on a channel instead of an entry that is absent on a day: as duban.stand_in. */
uint32_t simulation_stand_in(const struct simulation *simulation, uint32_t entry,
                             const char *channel, day_number day);

/* Whether a contact is told on a day: it is on duty, or nobody of its entry on its channel is. */
bool simulation_on_duty(const struct simulation *simulation, uint32_t contact, day_number day);

/* --- simulation_party.c --- */

uint32_t simulation_way(struct simulation *simulation, const struct config_route *route,
                        const char *kind);
uint16_t simulation_hours(struct simulation *simulation, const char *kind, const char *role);
/* The parties that a way leads to: a person of the case, or a contact of the directory. */
uint32_t simulation_person(struct simulation *simulation, const struct way *way,
                           const struct facts *facts);
uint32_t simulation_contact(struct simulation *simulation, const struct way *way,
                            uint32_t recipient, uint32_t contact);

/* --- simulation_target.c --- */

/* What is told, and until when that holds. */
struct tidings {
    struct simulation *simulation;
    const struct facts *facts;
    const char *kind;
    wall_us at, stale_at;
    uint32_t place; /* entry, or NO_INDEX */
    uint32_t series;
    bool clears;
};

/* Who a route leads to; people are told when all routes were added. */
void simulation_add_route(void *tidings, const struct config_route *route);
/* Whoever is reached by the routes that were added is told once. */
void simulation_tell_targets(const struct tidings *tidings);

/* --- simulation_stale.c --- */

/* When the clock of an event of the case is next at another level, under another deadline, or has
 * ended; INT64_MAX. */
wall_us simulation_gone_at(const struct simulation *simulation, size_t index);
bool simulation_is_suspended(const struct config_clock *clock, const struct facts *facts,
                             wall_us at);
/* From when on what is told at `at` of an event isn't told any more: as duban.stale_reason. */
wall_us simulation_stale_at(const struct simulation *simulation, size_t index,
                            const struct facts *facts, wall_us at);

/* --- simulation_tell.c --- */

/* Notifications of the case's events that are told, and of their reminders. */
void simulation_tell(struct simulation *simulation, const struct facts *facts);

/* Counts an event by clock and kind. */
void simulation_count_kind(struct simulation *simulation, const struct config_clock *clock,
                           const char *kind, bool told);

/* --- simulation_send.c --- */

/* Makes messages of all notifications, and counts them. */
void simulation_send(struct simulation *simulation);

/* The key of simulation.sent, and what it was made of. */
uint64_t simulation_sent_key(uint32_t recipient, uint32_t channel, size_t day);
uint32_t simulation_sent_recipient(uint64_t key);
uint32_t simulation_sent_channel(uint64_t key);
size_t simulation_sent_day(uint64_t key);

/* --- simulation_result.c --- */

void simulation_gather(struct simulation *simulation);
void simulation_finish_result(struct simulation *simulation);

#endif
