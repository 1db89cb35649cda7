/* The facts of one case, as the approval system's view tells them (docs/source.md). */
#ifndef DUBAN_FACTS_H
#define DUBAN_FACTS_H

#include "duban/attribute.h"
#include "duban/error.h"
#include "duban/extension.h"
#include "duban/instant.h"
#include "duban/limit.h"
#include "duban/suspension.h"

enum case_status {
    CASE_OPEN,
    CASE_SUSPENDED,
    CASE_COMPLETED,
    CASE_RETURNED,
    CASE_WITHDRAWN,
};

#define CASE_STATUSES 5

const char *case_status_word(enum case_status status);
bool case_status_parse(const char *word, enum case_status *status, struct error *error) MUST_USE;

/* The kinds of cases (七件) and the stages of a case, as the view writes them; NULL-terminated. */
#define CASE_KINDS  7
#define CASE_STAGES 6
extern const char *const case_kind_words[CASE_KINDS + 1];
extern const char *const case_stage_words[CASE_STAGES + 1];

/* The milestones of a case, in their order. */
enum milestone {
    MILESTONE_RECEIVED,  /* 收件 */
    MILESTONE_ACCEPTED,  /* 受理 */
    MILESTONE_PROCESSED, /* 承办 */
    MILESTONE_REVIEWED,  /* 审核 */
    MILESTONE_APPROVED,  /* 批准 */
    MILESTONE_COMPLETED, /* 办结 */
};

#define MILESTONES 6

/* "received_at" … "completed_at", the columns of the contract. */
const char *milestone_column(enum milestone milestone);
bool milestone_parse(const char *column, enum milestone *milestone, struct error *error) MUST_USE;

/* The item of the self-test's cases (source.h), whose only clock is the self-test's own. */
#define SELFTEST_ITEM "duban:selftest"

/* A longer case number is a broken row. */
#define CASE_NO_BYTES_MOST 100

/* Strings are "" where the view has null; they belong to whoever filled the facts in. The columns
 * from project_class on are optional: a view may lack them, which is as if they were null. */
struct facts {
    const char *case_no;
    const char *item_code, *item_name;
    const char *kind;
    const char *department_code, *window_code;
    const char *handler_name, *handler_phone;
    const char *applicant_name, *applicant_phone;
    const char *stage, *result, *parent_case_no;
    bool has_limit, has_statutory;
    struct limit limit, statutory;
    wall_us promised_due_at; /* WALL_NONE when null, as the ones below */
    enum case_status status;
    wall_us at[MILESTONES];
    wall_us updated_at;
    size_t suspension_count;
    struct suspension suspensions[SUSPENSIONS_MOST];
    const char *project_class; /* 项目类别: a word of the site, such as green_channel */
    const char *agent_name, *agent_phone; /* who handles the case for the applicant 代办员 */
    wall_us reopened_at; /* a case that had ended was taken up again; WALL_NONE or 0 if never */
    size_t extension_count;
    struct extension extensions[EXTENSIONS_MOST];
    size_t attribute_count;
    struct attribute attributes[ATTRIBUTES_MOST];
};

/* Facts of a case of which only the number is known: everything else is empty. */
void facts_bare(struct facts *facts, const char *case_no);

/* Whether a row can be worked with (docs/source.md). Milestones may lie up to
 * `skew_us` in the future. False with the reason why it is set aside, which names no person. */
bool facts_check(const struct facts *facts, wall_us now, span_us skew_us,
                 struct error *error) MUST_USE;

#endif
