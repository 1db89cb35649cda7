/* The rules of irregularities that look at one case's facts: a table of small functions. */
#include "duban/irregularity.h"

#include "irregularity_look.h"

#include "duban/hash.h"
#include "duban/mem.h"

#include <string.h>

/* --- what rules share --- */

static void send_finding(const struct look *look, struct irregularity *found, json_t *detail)
{
    AUTO_FREE char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    found->detail = text ? text : "{}";
    if (found->at > look->now)
        found->at = look->now;
    look->emit(look->context, found);
}

void look_found(const struct look *look, enum irregularity_kind kind, int32_t number, wall_us at,
                json_t *detail)
{
    struct irregularity found = {.kind = kind, .number = number, .at = at};
    send_finding(look, &found, detail);
}

void look_found_in_steps(const struct look *look, enum irregularity_kind kind, int32_t number,
                         json_t *detail)
{
    const struct facts *facts = look->facts;
    struct irregularity found = {.kind = kind, .number = number, .at = facts->updated_at};
    found.by_end = facts->status != CASE_OPEN && facts->status != CASE_SUSPENDED;
    if (found.by_end) {
        found.at = WALL_NONE;
        for (size_t i = 0; i < MILESTONES; i++)
            if (facts->at[i] > found.at)
                found.at = facts->at[i];
    }
    send_finding(look, &found, detail);
}

const char *look_reason(const struct look *look, const char *reason)
{
    const struct config_suspension *known = config_suspension(&look->config->suspensions, reason);
    return known ? known->label : reason;
}

json_t *look_instant(wall_us at)
{
    char text[INSTANT_TEXT_BYTES];
    return json_string(instant_text(at, text));
}

json_t *look_limit(struct limit limit)
{
    return json_pack("{s:i,s:s}", "value", limit.value, "unit", limit_unit_word(limit.unit));
}

int32_t look_minute(wall_us at)
{
    return (int32_t)(at / (60 * US_PER_S));
}

static int32_t number_of(uint64_t hash)
{
    int32_t number = (int32_t)((hash ^ hash >> 32) & INT32_MAX);
    return number ? number : 1;
}

/* A case that was taken up again can end once more, which is another fact. */
static int32_t number_of_end(const struct facts *facts)
{
    return facts->reopened_at > 0 ? look_minute(facts->reopened_at) : 1;
}

/* When the case ended, as far as the facts tell. */
static wall_us end_of(const struct facts *facts)
{
    wall_us completed = facts->at[MILESTONE_COMPLETED];
    return completed != WALL_NONE ? completed : facts->updated_at;
}

/* --- papers --- */

static void look_for_second_supplement(const struct look *look)
{
    int32_t count = 0;
    for (size_t i = 0; i < look->facts->suspension_count; i++) {
        const struct suspension *suspension = &look->facts->suspensions[i];
        if (strcmp(suspension->reason, look->rules->supplement) != 0 ||
            ++count <= look->rules->supplements_most)
            continue;
        look_found(look, IRREGULAR_SECOND_SUPPLEMENT, count, suspension->from,
                   json_pack("{s:i,s:I,s:s,s:o}", "count", count, "most",
                             (json_int_t)look->rules->supplements_most, "reason",
                             look_reason(look, suspension->reason), "from",
                             look_instant(suspension->from)));
    }
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static void look_for_returned_without_notice(const struct look *look)
{
    const struct facts *facts = look->facts;
    bool told = !is_blank(facts->result);
    for (size_t i = 0; i < facts->suspension_count && !told; i++)
        told = strcmp(facts->suspensions[i].reason, look->rules->notice) == 0;
    if (facts->status == CASE_RETURNED && !told)
        look_found(look, IRREGULAR_RETURNED_WITHOUT_NOTICE, number_of_end(facts), end_of(facts),
                   NULL);
}

/* --- steps --- */

static bool is_instant(const struct facts *facts)
{
    return strcmp(facts->kind, "instant") == 0;
}

static void found_steps(const struct look *look, enum milestone earlier, enum milestone later)
{
    wall_us before = look->facts->at[earlier], after = look->facts->at[later];
    look_found_in_steps(look, IRREGULAR_STAGES, 10 * (int32_t)earlier + (int32_t)later,
                        json_pack("{s:s,s:s,s:s}", "how", before > after ? "before" : "equal",
                                  "earlier", case_stage_words[earlier], "later",
                                  case_stage_words[later]));
}

/* Each step against the one before that has a time. A completion right before the acceptance has
 * a rule of its own; what is returned or withdrawn may end at once. */
static void look_for_stages(const struct look *look)
{
    const struct facts *facts = look->facts;
    bool may_be_equal = look->rules->ignores_equal || is_instant(facts);
    enum milestone last = MILESTONE_RECEIVED;
    for (enum milestone step = MILESTONE_ACCEPTED; step <= MILESTONE_COMPLETED; step++) {
        if (facts->at[step] == WALL_NONE ||
            (step == MILESTONE_COMPLETED && facts->status != CASE_COMPLETED))
            continue;
        bool known = facts->at[last] != WALL_NONE;
        bool own_rule = last == MILESTONE_ACCEPTED && step == MILESTONE_COMPLETED &&
                        facts->at[last] > facts->at[step];
        if (known && !own_rule &&
            (facts->at[last] > facts->at[step] ||
             (facts->at[last] == facts->at[step] && !may_be_equal)))
            found_steps(look, last, step);
        last = step;
    }
}

static void look_for_completed_before_accepted(const struct look *look)
{
    const struct facts *facts = look->facts;
    wall_us accepted = facts->at[MILESTONE_ACCEPTED], completed = facts->at[MILESTONE_COMPLETED];
    if (facts->status == CASE_COMPLETED && accepted != WALL_NONE && completed != WALL_NONE &&
        completed < accepted)
        look_found_in_steps(look, IRREGULAR_COMPLETED_BEFORE_ACCEPTED, number_of_end(facts),
                            json_pack("{s:o,s:o}", "completed", look_instant(completed), "accepted",
                                      look_instant(accepted)));
}

static void look_for_unprocessed(const struct look *look)
{
    const struct facts *facts = look->facts;
    if (facts->status == CASE_COMPLETED && !is_instant(facts) &&
        facts->at[MILESTONE_PROCESSED] == WALL_NONE && facts->at[MILESTONE_REVIEWED] == WALL_NONE &&
        facts->at[MILESTONE_APPROVED] == WALL_NONE)
        look_found(look, IRREGULAR_UNPROCESSED, number_of_end(facts), end_of(facts), NULL);
}

/* --- extensions --- */

/* The verdict of the clock that the extension is for: `completion` if it takes it, else the first
 * that does. */
static enum extension_verdict verdict_of(const struct look *look, size_t extension)
{
    enum extension_verdict verdict = EXTENSION_ELSEWHERE;
    if (look->completion->condition != CLOCK_ABSENT)
        verdict = look->completion->limit.verdicts[extension];
    for (size_t i = 0; i < look->config->clock_count && verdict == EXTENSION_ELSEWHERE; i++)
        if (look->clocks[i].condition != CLOCK_ABSENT)
            verdict = look->clocks[i].limit.verdicts[extension];
    return verdict;
}

/* What makes an extension another one. Who approved it and why may be written later. */
static int32_t number_of_extension(const struct extension *extension)
{
    uint64_t hash = hash_text(hash_begin(), extension->clock);
    hash = hash_int(hash_int(hash, extension->more.value), extension->more.unit);
    return number_of(hash_int(hash, extension->at));
}

static void look_for_extension_refused(const struct look *look)
{
    for (size_t i = 0; i < look->facts->extension_count; i++) {
        const struct extension *extension = &look->facts->extensions[i];
        enum extension_verdict verdict = verdict_of(look, i);
        if (verdict == EXTENSION_COUNTS || verdict == EXTENSION_ELSEWHERE)
            continue;
        wall_us at = extension->at != WALL_NONE ? extension->at : look->facts->updated_at;
        look_found(look, IRREGULAR_EXTENSION_REFUSED, number_of_extension(extension), at,
                   json_pack("{s:s,s:o}", "how", extension_verdict_word(verdict), "more",
                             look_limit(extension->more)));
    }
}

/* --- the table --- */

static const struct rule {
    enum irregularity_kind kind;
    void (*look_for)(const struct look *look);
} rules[] = {
    {IRREGULAR_SECOND_SUPPLEMENT, look_for_second_supplement},
    {IRREGULAR_LONG_SUSPENSION, look_for_long_suspension},
    {IRREGULAR_LATE_SUSPENSION, look_for_late_suspension},
    {IRREGULAR_EXTENSION_REFUSED, look_for_extension_refused},
    {IRREGULAR_DUE_DIFFERS, look_for_due_differs},
    {IRREGULAR_STAGES, look_for_stages},
    {IRREGULAR_COMPLETED_BEFORE_ACCEPTED, look_for_completed_before_accepted},
    {IRREGULAR_UNPROCESSED, look_for_unprocessed},
    {IRREGULAR_ACCEPTED_LATE, look_for_accepted_late},
    {IRREGULAR_RETURNED_WITHOUT_NOTICE, look_for_returned_without_notice},
};

void irregularity_find(const struct config *config, const struct facts *facts,
                       const struct case_clock *clocks, wall_us now, irregularity_emit *emit,
                       void *context)
{
    const struct config_clock *completion = config_clock_named(config, "completion");
    if (strcmp(facts->item_code, SELFTEST_ITEM) == 0)
        return;
    const struct look look = {
        .config = config,
        .rules = &config->irregularities,
        .facts = facts,
        .clocks = clocks,
        .completion_config = completion,
        .completion = &clocks[completion - config->clocks],
        .now = now,
        .emit = emit,
        .context = context,
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (look.rules->on[rules[i].kind])
            rules[i].look_for(&look);
}
