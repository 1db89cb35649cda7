/* Limits and extensions. */
#include "duban/case_limit.h"

#include <string.h>

const char *extension_verdict_word(enum extension_verdict verdict)
{
    static const char *const words[] = {
        [EXTENSION_COUNTS] = "counts",           [EXTENSION_ELSEWHERE] = "elsewhere",
        [EXTENSION_NO_APPROVER] = "no_approver", [EXTENSION_NO_REASON] = "no_reason",
        [EXTENSION_OTHER_UNIT] = "other_unit",   [EXTENSION_TOO_LONG] = "too_long",
    };
    return words[verdict];
}

static bool base_of(const struct config_clock *clock, const struct config_terms *terms,
                    const struct facts *facts, struct limit *limit, struct error *error)
{
    switch (terms->limit_source) {
    case LIMIT_PROMISED:
        if (!facts->has_limit)
            return error_set(error, "limit_value is null; clock '%s' needs a promised limit",
                             clock->name);
        *limit = facts->limit;
        return true;
    case LIMIT_STATUTORY:
        if (!facts->has_statutory)
            return error_set(error, "statutory_value is null; clock '%s' needs a statutory limit",
                             clock->name);
        *limit = facts->statutory;
        return true;
    case LIMIT_OWN:
        *limit = terms->limit;
        return true;
    }
    return error_set(error, "clock '%s' has no limit", clock->name);
}

static enum extension_verdict judge(const struct config_clock *clock,
                                    const struct config_terms *terms,
                                    const struct extension *extension, struct limit base)
{
    bool named = strcmp(extension->clock, clock->name) == 0;
    if (!named && (extension->clock[0] || !terms->extends))
        return EXTENSION_ELSEWHERE;
    if (!terms->extends)
        return EXTENSION_TOO_LONG;
    if (extension->approver[0] == '\0')
        return EXTENSION_NO_APPROVER;
    if (extension->reason[0] == '\0')
        return EXTENSION_NO_REASON;
    if (extension->more.unit != base.unit)
        return EXTENSION_OTHER_UNIT;
    return EXTENSION_COUNTS;
}

/* What may still be added: the terms' most, and what a limit may be. */
static int32_t room_of(const struct config_terms *terms, const struct case_limit *limit)
{
    int32_t room = LIMIT_VALUE_MOST - limit->whole.value;
    int32_t added = limit->whole.value - limit->base.value;
    if (!terms->has_most)
        return room;
    int32_t left =
        terms->extension_most.unit == limit->base.unit ? terms->extension_most.value - added : 0;
    return left < room ? left : room;
}

bool case_limit_of(const struct config_clock *clock, const struct config_terms *terms,
                   const struct facts *facts, struct case_limit *limit, struct error *error)
{
    *limit = (struct case_limit){0};
    if (!base_of(clock, terms, facts, &limit->base, error))
        return false;
    limit->whole = limit->base;
    for (size_t i = 0; i < facts->extension_count; i++) {
        const struct extension *extension = &facts->extensions[i];
        limit->verdicts[i] = judge(clock, terms, extension, limit->base);
        if (limit->verdicts[i] != EXTENSION_COUNTS)
            continue;
        int32_t room = room_of(terms, limit);
        limit->granted[i] = extension->more.value;
        if (limit->granted[i] > room) {
            limit->granted[i] = room > 0 ? room : 0;
            limit->verdicts[i] = EXTENSION_TOO_LONG;
        }
        limit->whole.value += limit->granted[i];
    }
    return true;
}
