/* Versions of the rules that clocks are computed by: equal versions give equal deadlines and levels
 * for equal facts. */
#include "config_reader.h"

#include "duban/hash.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t add_limit(uint64_t hash, struct limit limit)
{
    return hash_int(hash_int(hash, limit.value), limit.unit);
}

/* With the places of its levels among all of the configuration's, which are stored with a clock. */
static uint64_t add_policy(uint64_t hash, const struct config_policy *about)
{
    const struct policy *policy = &about->policy;
    hash = hash_text(hash, policy->name);
    for (size_t i = 0; i < policy->count; i++) {
        const struct level *level = &policy->levels[i];
        hash = hash_int(hash, about->levels[i].severity);
        hash = hash_text(hash, level->name);
        hash = hash_int(hash, level->unit);
        hash = hash_int(hash, level->at);
        hash = hash_int(hash, level->when_short);
        hash = hash_int(hash, level->amount);
    }
    return hash;
}

static uint64_t add_match(uint64_t hash, const struct match *match)
{
    hash = hash_int(hash, (int64_t)match->count);
    for (size_t i = 0; i < match->count; i++) {
        const struct match_term *term = &match->terms[i];
        hash = hash_int(hash, term->subject);
        hash = hash_text(hash, term->attribute ? term->attribute : "");
        hash = hash_int(hash, (int64_t)term->word_count);
        for (size_t k = 0; k < term->word_count; k++)
            hash = hash_text(hash, term->words[k]);
        hash = hash_int(hash, term->wanted);
        hash = hash_int(hash, term->order);
        hash = add_limit(hash, term->limit);
        hash = hash_int(hash, (int64_t)term->nested_count);
        for (size_t k = 0; k < term->nested_count; k++)
            hash = add_match(hash, &term->nested[k]);
    }
    return hash;
}

/* All that a clock and its terms depend on. */
static uint64_t add_clock(uint64_t hash, const struct config_clock *clock)
{
    hash = hash_text(hash, clock->terms.version);
    hash = add_match(hash, &clock->match);
    for (size_t i = 0; i < clock->choice_count; i++) {
        hash = add_match(hash, &clock->choices[i].match);
        hash = hash_text(hash, clock->choices[i].terms.version);
    }
    return hash;
}

static uint64_t add_point(uint64_t hash, const struct clock_point *point)
{
    hash = hash_int(hash, point->kind);
    hash = hash_int(hash, point->milestone);
    hash = hash_text(hash, point->reason ? point->reason : "");
    hash = point->clock ? add_clock(hash, point->clock) : hash;
    return hash_text(hash, point->level ? point->level : "");
}

static uint64_t add_suspensions(uint64_t hash, const struct config_suspensions *suspensions)
{
    for (size_t i = 0; suspensions && i < suspensions->count; i++) {
        const struct config_suspension *item = &suspensions->items[i];
        hash = hash_text(hash, item->reason);
        hash = hash_int(hash, item->effect);
        hash = hash_int(hash, item->resumes);
        hash = item->resumes ? add_limit(hash, item->longest) : hash;
    }
    return hash;
}

static uint64_t hash_of_clock(const struct config_clock *clock)
{
    uint64_t hash = add_point(hash_begin(), &clock->from);
    for (size_t i = 0; i < clock->until_count; i++)
        hash = add_point(hash, &clock->until[i]);
    hash = hash_int(hash, clock->has_deemed);
    hash = add_limit(hash, clock->deemed_after);
    hash = hash_int(hash, clock->stopped_by_all);
    for (size_t i = 0; i < clock->stopped_by_count; i++)
        hash = hash_text(hash, clock->stopped_by[i]);
    return add_suspensions(hash, clock->suspensions);
}

static void write_version(uint64_t hash, char version[RULES_VERSION_BYTES])
{
    snprintf(version, RULES_VERSION_BYTES, "%016" PRIx64, hash);
}

static void set_version(struct config_terms *terms, uint64_t hash)
{
    const struct clock_rule *rule = &terms->rule;
    if (rule->calendar == NULL || terms->policy == NULL) /* problems have been told */
        return;
    hash = hash_text(hash, calendar_version(rule->calendar));
    hash = add_policy(hash, terms->policy);
    hash = hash_int(hash, rule->start_mode);
    hash = hash_int(hash, rule->due_mode);
    hash = hash_int(hash, rule->suspension_mode);
    hash = hash_int(hash, terms->limit_source);
    hash = add_limit(hash, terms->limit);
    hash = hash_int(hash, terms->extends);
    hash = hash_int(hash, terms->has_most);
    hash = add_limit(hash, terms->extension_most);
    write_version(hash, terms->version);
}

void config_clock_set_versions(struct config_clock *clock)
{
    uint64_t hash = hash_of_clock(clock);
    set_version(&clock->terms, hash);
    for (size_t i = 0; i < clock->choice_count; i++)
        set_version(&clock->choices[i].terms, hash);
}

void config_set_rules_version(struct config *config)
{
    uint64_t hash = hash_begin();
    for (size_t i = 0; i < config->clock_count; i++) {
        hash = hash_text(hash, config->clocks[i].name);
        hash = add_clock(hash, &config->clocks[i]);
    }
    write_version(hash, config->rules_version);
}
