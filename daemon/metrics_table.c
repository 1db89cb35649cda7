/* The families of duband's metrics. docs/metrics.md tells what to make of them. */
#include "metrics_table.h"

#include <string.h>

/* Seconds. */
static const double turn_bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                     2.5,   5,    10,    30,   60,  300,  0};
static const double exchange_bounds[] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                         2.5,  5,     10,   30,  60,   0};
static const double delay_bounds[] = {0.1, 0.5,  1,     5,     15,     60, 300,
                                      900, 3600, 14400, 86400, 604800, 0};
static const double trip_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                     0.1,    0.25,  0.5,    1,     5,    0};

/* The names of labels come last; NULL: none. */
#define GAUGE(name, unit, help, ...)                                                               \
    {                                                                                              \
        name, METRIC_GAUGE, unit, help, {__VA_ARGS__}, NULL                                        \
    }
#define COUNTER(name, unit, help, ...)                                                             \
    {                                                                                              \
        name, METRIC_COUNTER, unit, help, {__VA_ARGS__}, NULL                                      \
    }
#define HISTOGRAM(name, bounds, help, ...)                                                         \
    {                                                                                              \
        name, METRIC_HISTOGRAM, "seconds", help, {__VA_ARGS__}, bounds                             \
    }

const struct metric_family metrics_table[METRIC_FAMILIES] = {
    [METRIC_BUILD] = GAUGE("duban_build_info", NULL, "Version of duband, as a label.", "version"),
    [METRIC_CONFIG] = GAUGE("duban_config_info", NULL,
                            "Hashes of the configuration and of the rules in use, as labels.",
                            "version", "rules"),
    [METRIC_RELOAD_SUCCESSFUL] =
        GAUGE("duban_config_last_reload_successful", NULL,
              "Whether the configuration was taken when it was last loaded.", NULL),
    [METRIC_RELOAD_AT] = GAUGE("duban_config_last_reload_success_timestamp_seconds", "seconds",
                               "When the configuration in use was loaded.", NULL),
    [METRIC_RELOADS] = COUNTER("duban_config_reloads", NULL,
                               "Reloads of the configuration by what came of them.", "result"),
    [METRIC_LEADER] = GAUGE("duban_leader", NULL, "Whether this daemon leads.", NULL),
    [METRIC_RULES_FOLLOWED] = GAUGE("duban_rules_followed", NULL,
                                    "Whether all clocks may follow the configuration's rules (0: "
                                    "these wait for an approval); told by the leader.",
                                    NULL),
    [METRIC_CALENDAR] = GAUGE("duban_calendar_remaining_seconds", "seconds",
                              "How long until the end of a calendar's last day.", "calendar"),
    [METRIC_CONNECTED] = GAUGE(
        "duban_database_connected", NULL,
        "Whether a connection is up: lead, work and metrics to the state, source.", "connection"),
    [METRIC_LOSSES] = COUNTER(
        "duban_database_losses", NULL,
        "How often a connection was lost or couldn't be made, once an outage.", "connection"),
    [METRIC_ROUND_TRIP] =
        HISTOGRAM("duban_database_round_trip_seconds", trip_bounds,
                  "Time of a query that asks for nothing, over an idle connection.", "database"),
    [METRIC_STAGE_TURN] = HISTOGRAM("duban_stage_turn_seconds", turn_bounds,
                                    "How long turns of the stages took.", "stage"),
    [METRIC_STAGE_AGE] = GAUGE("duban_stage_turn_age_seconds", "seconds",
                               "How long the turn under way has lasted; 0 when idle.", "stage"),
    [METRIC_SOURCE_LAG] =
        GAUGE("duban_source_lag_seconds", "seconds",
              "How long ago the source was last read to its end; told by the leader.", NULL),
    [METRIC_FIRST_CONTACT] =
        GAUGE("duban_first_contact_done", NULL,
              "Whether the first contact with the source is complete; told by the leader.", NULL),
    [METRIC_SOURCE_ROWS] =
        COUNTER("duban_source_rows", NULL, "Rows that intake has read from the source.", NULL),
    [METRIC_SOURCE_BAD_ROWS] =
        COUNTER("duban_source_bad_rows", NULL, "Rows newly set aside, whichever stage met them.", NULL),
    [METRIC_CLOCK_WRITES] =
        COUNTER("duban_clock_writes", NULL,
                "Clocks written, new ones and changed ones.", NULL),
    [METRIC_LEVEL_DELAY] =
        HISTOGRAM("duban_level_delay_seconds", delay_bounds,
                  "From when a level or an end that is told came true until it was decided.", NULL),
    [METRIC_EVENTS] =
        COUNTER("duban_events", NULL, "Events that the escalator has put into the ledger.", NULL),
    [METRIC_NOTIFICATIONS] =
        COUNTER("duban_notifications", NULL, "Notifications that the escalator has made.", NULL),
    [METRIC_COMPOSED] = COUNTER("duban_messages_composed", NULL,
                                "Notifications that the composer has put into messages.", NULL),
    [METRIC_ATTEMPTS] =
        COUNTER("duban_attempts", NULL, "Tries to hand a message over, by what came of them.",
                "channel", "verdict"),
    [METRIC_ATTEMPT_TIME] = HISTOGRAM("duban_attempt_seconds", exchange_bounds,
                                      "How long requests took, whatever came of them.", "channel"),
    [METRIC_DELIVERY_TIME] =
        HISTOGRAM("duban_delivery_seconds", delay_bounds,
                  "From when a message was first to go until it was handed over.", "channel"),
    [METRIC_DEAD_LETTERS] =
        COUNTER("duban_dead_letters", NULL, "Messages that were given up after a try.", "channel"),
    [METRIC_RECEIPTS] = COUNTER(
        "duban_receipts", NULL,
        "Receipts by what came of them: matched, unmatched, dropped; missing ones did not come.",
        "result"),
    [METRIC_ENDPOINTS] = GAUGE("duban_endpoints", NULL, "Endpoints by the state of their breaker.",
                               "channel", "state"),
    [METRIC_IN_HAND] =
        GAUGE("duban_messages_in_hand", NULL,
              "Messages that this daemon has claimed and not begun to send.", "channel"),
    [METRIC_REQUESTS] = GAUGE("duban_requests_under_way", NULL,
                              "Requests of this daemon that have no reply yet.", "channel"),
    [METRIC_CPU] = COUNTER("process_cpu_seconds", "seconds", "Processor time used.", NULL),
    [METRIC_RESIDENT] = GAUGE("process_resident_memory_bytes", "bytes", "Resident memory.", NULL),
    [METRIC_VIRTUAL] = GAUGE("process_virtual_memory_bytes", "bytes", "Virtual memory.", NULL),
    [METRIC_OPEN_FDS] = GAUGE("process_open_fds", NULL, "Open file descriptors.", NULL),
    [METRIC_MAX_FDS] =
        GAUGE("process_max_fds", NULL, "How many file descriptors may be open.", NULL),
    [METRIC_STARTED] = GAUGE("process_start_time_seconds", "seconds",
                             "When the process was started, since 1970.", NULL),
    [METRIC_STATE_LOOK] =
        GAUGE("duban_state_look_timestamp_seconds", "seconds",
              "When this and the following were read from the state database.", NULL),
    [METRIC_CASES] =
        GAUGE("duban_open_cases", NULL, "Open cases by the level of their worst clock.", "level"),
    [METRIC_BOARD_BEHIND] =
        GAUGE("duban_board_behind_seconds", "seconds",
              "How long the oldest change of a clock has waited to be counted in that.", NULL),
    [METRIC_CLOCK_DUE_AGE] = GAUGE("duban_clock_due_oldest_age_seconds", "seconds",
                                   "How long the oldest clock has waited for the escalator.", NULL),
    [METRIC_CASE_OVERDUE_AGE] =
        GAUGE("duban_case_overdue_oldest_age_seconds", "seconds",
              "How long the oldest running case is overdue, by its worst clock.", NULL),
    [METRIC_PENDING] =
        GAUGE("duban_pending_notifications", NULL,
              "Notifications that no message was made of yet, held ones included.", NULL),
    [METRIC_PENDING_AGE] = GAUGE(
        "duban_pending_oldest_age_seconds", "seconds",
        "How long the oldest notification has waited for the composer beyond its release.", NULL),
    [METRIC_QUEUE] = GAUGE("duban_queue_messages", NULL,
                           "Messages on their way: ready, parked, inflight.", "channel", "state"),
    [METRIC_QUEUE_AGE] =
        GAUGE("duban_queue_oldest_age_seconds", "seconds",
              "How long the oldest of them has waited beyond its time.", "channel", "state"),
    [METRIC_DEAD] = GAUGE("duban_dead_messages", NULL,
                          "Messages that were given up, until somebody resolves them.", "channel"),
    [METRIC_BAD_ROWS] =
        GAUGE("duban_bad_rows", NULL, "Rows of the source that are set aside.", NULL),
    [METRIC_WATERMARK] =
        GAUGE("duban_source_watermark_timestamp_seconds", "seconds",
              "Up to which of its own update times the source was taken in.", NULL),
    [METRIC_LEADER_KNOWN] = GAUGE("duban_leader_known", NULL, "Whether any daemon leads.", NULL),
    [METRIC_NODES] = GAUGE("duban_nodes", NULL, "Daemons that are alive.", NULL),
    [METRIC_CONFIG_VERSIONS] =
        GAUGE("duban_config_versions", NULL,
              "Different configurations among the daemons that are alive.", NULL),
    [METRIC_ALARMS] = GAUGE("duban_alarms", NULL, "Alarms of duban itself that aren't over.", NULL),
    [METRIC_SELFTEST] =
        GAUGE("duban_selftest_successful", NULL, "Whether the last self-test came through.", NULL),
    [METRIC_SELFTEST_AT] = GAUGE("duban_selftest_last_timestamp_seconds", "seconds",
                                 "When the last self-test that has ended was begun.", NULL),
};

enum metrics_family metrics_family_named(const char *name)
{
    for (size_t i = METRIC_FIRST_OF_STATE; i < METRIC_FAMILIES; i++)
        if (strcmp(metrics_table[i].name, name) == 0)
            return (enum metrics_family)i;
    return METRIC_FAMILIES;
}
