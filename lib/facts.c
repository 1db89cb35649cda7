/* The words of the source contract, and what makes a row one that can't be worked with. */
#include "duban/facts.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <string.h>

const char *const case_kind_words[CASE_KINDS + 1] = {
    "instant", "promised", "joint", "reported", "returned", "special", "agent",
};

const char *const case_stage_words[CASE_STAGES + 1] = {
    "received", "accepted", "processing", "review", "approval", "completed",
};

static const char *const status_words[CASE_STATUSES + 1] = {
    [CASE_OPEN] = "open",         [CASE_SUSPENDED] = "suspended", [CASE_COMPLETED] = "completed",
    [CASE_RETURNED] = "returned", [CASE_WITHDRAWN] = "withdrawn",
};

static const char *const columns[MILESTONES + 1] = {
    [MILESTONE_RECEIVED] = "received_at",   [MILESTONE_ACCEPTED] = "accepted_at",
    [MILESTONE_PROCESSED] = "processed_at", [MILESTONE_REVIEWED] = "reviewed_at",
    [MILESTONE_APPROVED] = "approved_at",   [MILESTONE_COMPLETED] = "completed_at",
};

/* The index of a word in a NULL-terminated list; false with a sentence that names the choice. */
static bool find_word(const char *what, const char *word, const char *const *words, size_t *index,
                      struct error *error)
{
    size_t count = 0;
    for (; words[count]; count++) {
        if (strcmp(word, words[count]) == 0) {
            *index = count;
            return true;
        }
    }
    AUTO_BUF choice;
    buf_init(&choice, ERROR_TEXT_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_format(&choice, "%s%s", i ? ", " : "", words[i]);
    if (word[0] == '\0')
        return error_set(error, "%s is empty; expected one of: %s", what, buf_string(&choice));
    return error_set(error, "%s '%.40s' is unknown; expected one of: %s", what, word,
                     buf_string(&choice));
}

const char *case_status_word(enum case_status status)
{
    return status_words[status];
}

bool case_status_parse(const char *word, enum case_status *status, struct error *error)
{
    size_t index;
    if (!find_word("status", word, status_words, &index, error))
        return false;
    *status = (enum case_status)index;
    return true;
}

const char *milestone_column(enum milestone milestone)
{
    return columns[milestone];
}

bool milestone_parse(const char *column, enum milestone *milestone, struct error *error)
{
    size_t index;
    if (!find_word("milestone", column, columns, &index, error))
        return false;
    *milestone = (enum milestone)index;
    return true;
}

void facts_bare(struct facts *facts, const char *case_no)
{
    *facts = (struct facts){0};
    const char **const texts[] = {
        &facts->item_code,      &facts->item_name,     &facts->kind,
        &facts->window_code,    &facts->handler_name,  &facts->handler_phone,
        &facts->applicant_name, &facts->stage,         &facts->applicant_phone,
        &facts->result,         &facts->project_class, &facts->parent_case_no,
        &facts->agent_name,     &facts->agent_phone,   &facts->department_code,
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = "";
    for (size_t i = 0; i < MILESTONES; i++)
        facts->at[i] = WALL_NONE;
    facts->promised_due_at = facts->updated_at = facts->reopened_at = WALL_NONE;
    facts->case_no = case_no;
}

struct circumstances {
    wall_us now;
    span_us skew_us;
};

static bool check_case_no(const struct facts *facts, const struct circumstances *when,
                          struct error *error)
{
    (void)when;
    size_t length = strlen(facts->case_no);
    if (length == 0)
        return error_set(error, "case_no is empty");
    if (length > CASE_NO_BYTES_MOST)
        return error_set(error, "case_no has %zu bytes; expected %d at most", length,
                         CASE_NO_BYTES_MOST);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)facts->case_no[i];
        if (byte < 0x20 || byte == 0x7F)
            return error_set(error, "case_no has a control character (0x%02x)", byte);
    }
    return true;
}

static bool check_stage(const struct facts *facts, const struct circumstances *when,
                        struct error *error)
{
    (void)when;
    size_t index;
    return find_word("stage", facts->stage, case_stage_words, &index, error);
}

/* Without either, nobody near the case could be told. */
static bool check_place(const struct facts *facts, const struct circumstances *when,
                        struct error *error)
{
    (void)when;
    if (facts->window_code[0] == '\0' && facts->department_code[0] == '\0')
        return error_set(error, "window_code and department_code are both empty");
    return true;
}

static bool check_limit(const char *column, const struct limit *limit, struct error *error)
{
    if (limit->value < 0 || limit->value > LIMIT_VALUE_MOST)
        return error_set(error, "%s is %d; expected 0 to %d", column, limit->value,
                         LIMIT_VALUE_MOST);
    return true;
}

static bool check_limits(const struct facts *facts, const struct circumstances *when,
                         struct error *error)
{
    (void)when;
    return (!facts->has_limit || check_limit("limit_value", &facts->limit, error)) &&
           (!facts->has_statutory || check_limit("statutory_value", &facts->statutory, error));
}

static bool check_instants(const struct facts *facts, const struct circumstances *when,
                           struct error *error)
{
    char text[INSTANT_TEXT_BYTES];
    for (size_t i = 0; i < MILESTONES; i++) {
        wall_us at = facts->at[i];
        if (at != WALL_NONE && at > when->now && at - when->now > when->skew_us)
            return error_set(error, "%s %s lies in the future", columns[i], instant_text(at, text));
    }
    if (facts->updated_at == WALL_NONE)
        return error_set(error, "updated_at is empty");
    return true;
}

static bool is_running(const struct facts *facts)
{
    return facts->status == CASE_OPEN || facts->status == CASE_SUSPENDED;
}

/* Only a case that is merely received may run without a date of acceptance. */
static bool check_acceptance(const struct facts *facts, const struct circumstances *when,
                             struct error *error)
{
    (void)when;
    if (is_running(facts) && facts->at[MILESTONE_ACCEPTED] == WALL_NONE &&
        strcmp(facts->stage, "received") != 0)
        return error_set(error, "accepted_at is empty, but the stage is %s", facts->stage);
    return true;
}

static bool check_completion(const struct facts *facts, const struct circumstances *when,
                             struct error *error)
{
    (void)when;
    wall_us completed = facts->at[MILESTONE_COMPLETED];
    if (facts->status == CASE_COMPLETED && completed == WALL_NONE)
        return error_set(error, "the status is completed, but completed_at is empty");
    if (is_running(facts) && completed != WALL_NONE)
        return error_set(error, "the status is %s, but completed_at is given",
                         status_words[facts->status]);
    return true;
}

/* Otherwise it isn't known whether the clocks run. */
static bool check_suspension(const struct facts *facts, const struct circumstances *when,
                             struct error *error)
{
    (void)when;
    size_t count = facts->suspension_count;
    bool open = count && facts->suspensions[count - 1].to == WALL_NONE;
    if (facts->status == CASE_SUSPENDED && !open)
        return error_set(error, "the status is suspended, but no suspension is open");
    if (facts->status == CASE_OPEN && open)
        return error_set(error, "the status is open, but the last suspension has not ended");
    return true;
}

typedef bool (*rule)(const struct facts *, const struct circumstances *, struct error *);

static const rule rules[] = {
    check_case_no,  check_stage,      check_place,      check_limits,
    check_instants, check_acceptance, check_completion, check_suspension,
};

bool facts_check(const struct facts *facts, wall_us now, span_us skew_us, struct error *error)
{
    struct circumstances when = {.now = now, .skew_us = skew_us};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (!rules[i](facts, &when, error))
            return false;
    }
    return true;
}
