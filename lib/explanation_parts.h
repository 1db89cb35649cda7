/* What the parts of an explanation share; private to the explanation*.c files. */
#ifndef DUBAN_EXPLANATION_PARTS_H
#define DUBAN_EXPLANATION_PARTS_H

#include "duban/calendar_ledger.h"
#include "duban/case_clock.h"
#include "duban/explanation.h"

/* One clock that the case has, as it is replayed. */
struct explained_clock {
    const struct explanation_request *request;
    const struct config_clock *config;
    const struct facts *facts;
    struct case_clock clock;
    struct case_account account;
    struct ledger ledger; /* from its start to due */
    bool by_open_time;    /* suspensions give back time, not days */
    json_t *events;       /* of the document: those of this clock */
};

/* --- pieces (explanation_piece.c) --- */

/* Instants are told by the default calendar's clock, to the second; null for WALL_NONE. */
json_t *explained_instant(const struct explanation_request *request, wall_us at);
json_t *explained_limit(struct limit limit);
json_t *explained_day(day_number day);

/* Texts: null for NULL and "". Names, numbers and addresses are masked, and in free text what is
 * personal. */
json_t *explained_word(const char *word);
json_t *explained_name(const char *name);
json_t *explained_phone(const char *phone);
json_t *explained_address(const char *address);
json_t *explained_text(const char *text);

/* Copies what the state says under `key`; null without it. */
const char *explained_string(const json_t *object, const char *key); /* "" without it */
void explained_copy(json_t *object, const json_t *state, const char *key);
void explained_copy_instant(const struct explanation_request *request, json_t *object,
                            const json_t *state, const char *key);

/* --- a clock --- */

/* NULL when the case has no such clock and the state doesn't know one. `config` NULL: the
 * configuration has none of that name (explanation_clock.c). */
json_t *explain_clock(const struct explanation_request *request, const char *name,
                      const struct config_clock *config, const json_t *events);

/* Where it begins and ends, by which terms, and how it is counted. Of a clock that hasn't begun too
 * (explanation_rule.c). */
json_t *explain_rule(const struct explained_clock *one);

/* What of a match the case has: why it fits (explanation_match.c). */
json_t *explain_match(const struct match *match, const struct facts *facts);

/* The limit with its extensions, and the suspensions with what they did; the latter needs the
 * ledger (explanation_limit.c). */
const char *explained_limit_source(enum limit_source source);
json_t *explain_limit(const struct explained_clock *one);
json_t *explain_suspensions(const struct explained_clock *one);

/* Every day from the start to due; the caller finishes one->ledger (explanation_ledger.c). */
bool explained_ledger_build(struct explained_clock *one, struct error *error) MUST_USE;
json_t *explain_ledger(const struct explained_clock *one);

/* The levels of its policy (explanation_level.c). */
json_t *explain_levels(const struct explained_clock *one);
/* Sets `level`, and `label` and `colour` as the policy has them, else any policy. */
void explain_level_name(json_t *object, const struct config *config, const char *policy,
                        const char *level);
bool explained_is_level(const struct config *config, const char *name);

/* --- the case --- */

/* The facts, or null; the joint case; silences; why the row is set aside (explanation_case.c). */
json_t *explain_facts(const struct explanation_request *request);
json_t *explain_joint(const struct explanation_request *request);
json_t *explain_silences(const struct explanation_request *request);
json_t *explain_set_aside(const struct explanation_request *request);

/* Both limits' due instants beside that of the approval system (explanation_due.c). */
json_t *explain_dues(const struct explanation_request *request);

/* The case's events, each with who was told; and of those the ones of a clock
 * (explanation_event.c). */
json_t *explain_events(const struct explanation_request *request);
json_t *explain_events_of(const json_t *events, const char *clock);

#endif
