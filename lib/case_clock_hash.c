/* What changes a clock, as numbers: equal hashes mean "nothing new". */
#include "case_clock_hash.h"

#include "duban/hash.h"

#include <string.h>

static uint64_t add_limit(uint64_t hash, bool has, struct limit limit)
{
    hash = hash_int(hash, has);
    return has ? hash_int(hash_int(hash, limit.value), limit.unit) : hash;
}

/* One that hasn't come doesn't count, so that the facts stay the same if the rules name others. */
static uint64_t add_point(uint64_t hash, const struct clock_point *point, const struct facts *facts)
{
    if (point->kind != POINT_MILESTONE || facts->at[point->milestone] == WALL_NONE)
        return hash;
    return hash_int(hash, facts->at[point->milestone]);
}

static uint64_t add_texts(uint64_t hash, const struct facts *facts)
{
    const char *const texts[] = {facts->item_code,   facts->kind,          facts->department_code,
                                 facts->window_code, facts->project_class, facts->parent_case_no};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = hash_text(hash, texts[i] ? texts[i] : "");
    for (size_t i = 0; i < facts->attribute_count; i++) {
        hash = hash_text(hash, facts->attributes[i].name);
        hash = hash_text(hash, facts->attributes[i].value);
    }
    return hash;
}

/* What comes when the clock has stopped is no news for it. */
static uint64_t add_suspensions(uint64_t hash, const struct facts *facts, wall_us end)
{
    for (size_t i = 0; i < facts->suspension_count; i++) {
        const struct suspension *suspension = &facts->suspensions[i];
        if (suspension->from >= end)
            break;
        hash = hash_text(hash, suspension->reason);
        hash = hash_int(hash, suspension->from);
        hash = hash_int(hash, suspension->to < end ? suspension->to : WALL_NONE);
    }
    return hash;
}

static uint64_t add_extensions(uint64_t hash, const struct facts *facts, wall_us end)
{
    for (size_t i = 0; i < facts->extension_count; i++) {
        const struct extension *extension = &facts->extensions[i];
        if (extension->at >= end)
            continue;
        hash = hash_text(hash, extension->clock);
        hash = add_limit(hash, true, extension->more);
        hash = hash_int(hash, extension->approver[0] && extension->reason[0]);
    }
    return hash;
}

/* Of the two limits only the one that this clock counts by. */
static uint64_t hash_of_limit(const struct config_clock *config, const struct config_terms *terms,
                              const struct facts *facts)
{
    uint64_t hash = add_point(hash_begin(), &config->from, facts);
    if (terms->limit_source == LIMIT_PROMISED)
        return add_limit(hash, facts->has_limit, facts->limit);
    if (terms->limit_source == LIMIT_STATUTORY)
        return add_limit(hash, facts->has_statutory, facts->statutory);
    return hash;
}

/* Steps that don't begin or end this clock are no news for it. */
static uint64_t hash_of_facts(const struct config_clock *config, const struct facts *facts,
                              wall_us stopped_at)
{
    wall_us end = stopped_at == WALL_NONE ? INT64_MAX : stopped_at;
    uint64_t hash = add_point(hash_begin(), &config->from, facts);
    hash = add_limit(hash, facts->has_limit, facts->limit);
    hash = add_limit(hash, facts->has_statutory, facts->statutory);
    for (size_t i = 0; i < config->until_count; i++)
        hash = add_point(hash, &config->until[i], facts);
    if (config->has_deemed)
        hash = hash_int(hash, facts->at[MILESTONE_RECEIVED]);
    hash = hash_int(hash, facts->reopened_at < end ? facts->reopened_at : WALL_NONE);
    hash = add_suspensions(hash, facts, end);
    hash = add_extensions(hash, facts, end);
    return add_texts(hash, facts);
}

static int64_t never_zero(uint64_t hash)
{
    return (int64_t)(hash ? hash : 1);
}

void case_hash_set(const struct config_clock *config, const struct facts *facts,
                   const struct case_input *input, struct case_clock *clock)
{
    uint64_t basis = hash_of_facts(config, facts, clock->stopped_at);
    uint64_t hash = hash_text(basis, config->name);
    hash = hash_int(hash, clock->condition);
    hash = hash_text(hash, clock->ending ? clock->ending : "");
    hash = hash_int(hash, clock->stopped_at);
    if (clock->condition != CLOCK_STOPPED) {
        hash = hash_int(hash, input->clock.started_at);
        hash = hash_text(hash, clock->terms->version);
    }
    clock->hash = never_zero(hash);
    clock->basis_hash = never_zero(basis);
    clock->limit_hash = never_zero(hash_of_limit(config, clock->terms, facts));
}
