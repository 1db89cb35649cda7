/* Drafts in bundles, and the limits of each. */
#include "bundle.h"

#include "duban/mem.h"
#include "duban/summary.h"

#include <stdio.h>
#include <string.h>

/* --- what belongs together --- */

static int by_bundle(const void *left, const void *right)
{
    const struct draft *a = *(struct draft *const *)left, *b = *(struct draft *const *)right;
    const char *const texts[][2] = {{a->channel, b->channel},
                                    {a->recipient, b->recipient},
                                    {a->role, b->role},
                                    {a->address, b->address}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        int order = strcmp(texts[i][0], texts[i][1]);
        if (order)
            return order;
    }
    return (a->notification > b->notification) - (a->notification < b->notification);
}

static bool together(struct draft *const *a, struct draft *const *b)
{
    return draft_is_gathered(*a) && draft_is_gathered(*b) &&
           strcmp((*a)->channel, (*b)->channel) == 0 &&
           strcmp((*a)->recipient, (*b)->recipient) == 0 && strcmp((*a)->role, (*b)->role) == 0 &&
           strcmp((*a)->address, (*b)->address) == 0;
}

static bool is_limited(const struct draft *draft)
{
    return draft->way && (draft_is_gathered(draft) || draft->way->quota_count > 0);
}

/* --- limits --- */

struct limit_of {
    int64_t key, most;
    span_us span;
    const struct quota *quota; /* NULL: the stretch of digests */
};

/* The index-th limit of a bundle; false past the last. */
static bool limit_at(const struct bundle *bundle, size_t index, struct limit_of *limit)
{
    const struct draft *first = bundle->drafts[0];
    const struct quota_subject subject = {.channel = first->channel,
                                          .address = first->address,
                                          .kind = bundle->count > 1 ? "digest" : first->kind,
                                          .role = first->role};
    if (draft_is_gathered(first) && index-- == 0) {
        *limit = (struct limit_of){
            .key = quota_key(QUOTA_NUMBER, &subject), .most = 1, .span = first->way->digest_us};
        return true;
    }
    if (index >= first->way->quota_count)
        return false;
    const struct quota *quota = &first->way->quotas[index];
    *limit = (struct limit_of){.key = quota_key(quota->scope, &subject),
                               .most = quota->most,
                               .span = quota->span,
                               .quota = quota};
    return true;
}

static struct quota_use *use_of(const struct bundles *bundles, const struct limit_of *limit)
{
    return quota_book_find(&bundles->book, limit->key, limit->most, limit->span);
}

static void add_bundle(struct bundles *bundles, struct draft **drafts, size_t count)
{
    struct bundle *bundle = &bundles->items[bundles->count++];
    struct limit_of limit;
    *bundle = (struct bundle){.drafts = drafts, .count = count};
    for (size_t i = 0; limit_at(bundle, i, &limit); i++)
        quota_book_add(&bundles->book, limit.key, limit.most, limit.span);
}

void bundles_init(struct bundles *bundles, struct draft *drafts, size_t count)
{
    *bundles = (struct bundles){0};
    size_t limited = 0;
    bundles->drafts = mem_zero(count, sizeof(struct draft *));
    for (size_t i = 0; i < count; i++)
        if (is_limited(&drafts[i]))
            bundles->drafts[limited++] = &drafts[i];
    qsort(bundles->drafts, limited, sizeof *bundles->drafts, by_bundle);
    bundles->items = mem_zero(limited, sizeof *bundles->items);
    for (size_t begin = 0, end = 0; begin < limited; begin = end) {
        for (end = begin + 1; end < limited; end++)
            if (!together(&bundles->drafts[begin], &bundles->drafts[end]))
                break;
        add_bundle(bundles, &bundles->drafts[begin], end - begin);
    }
    quota_book_close(&bundles->book);
}

void bundles_finish(struct bundles *bundles)
{
    free(bundles->drafts);
    free(bundles->items);
    quota_book_finish(&bundles->book);
    *bundles = (struct bundles){0};
}

bool bundles_add_limits(const struct bundles *bundles, struct pg_params *params)
{
    const struct quota_use *use, *end = bundles->book.uses + bundles->book.count;
#define ARRAY(member)                                                                              \
    pg_array_begin(params, PG_INT8);                                                               \
    for (use = bundles->book.uses; use < end; use++)                                               \
        pg_array_int(params, use->member);                                                         \
    pg_array_end(params)
    ARRAY(key);
    ARRAY(most);
    ARRAY(span);
#undef ARRAY
    return bundles->book.count > 0;
}

void bundles_read_usage(struct bundles *bundles, const PGresult *result)
{
    for (size_t i = 0; i < bundles->book.count && (int)i < PQntuples(result); i++) {
        bundles->book.uses[i].used = pg_int(result, (int)i, 0);
        bundles->book.uses[i].oldest_at = pg_instant(result, (int)i, 1);
    }
}

/* --- what becomes of them --- */

static void describe(const struct limit_of *limit, const struct draft *draft, char why[96])
{
    char span[SPAN_TEXT_BYTES];
    if (limit->quota)
        snprintf(why, 96, "held: %s allows %lld per %s for a %s", draft->channel,
                 (long long)limit->most, span_text(limit->span, span),
                 quota_scope_words[limit->quota->scope]);
    else
        snprintf(why, 96, "held: for the next digest");
}

/* `now`, or until when the bundle has to wait and why. */
static wall_us wait_of(const struct bundles *bundles, const struct bundle *bundle, wall_us now,
                       char why[96])
{
    wall_us until = now;
    struct limit_of limit;
    for (size_t i = 0; limit_at(bundle, i, &limit); i++) {
        wall_us next = quota_next(use_of(bundles, &limit), now);
        if (next > until) {
            until = next;
            describe(&limit, bundle->drafts[0], why);
        }
    }
    return until;
}

static void spend(const struct bundles *bundles, const struct bundle *bundle, wall_us now,
                  void (*how)(struct quota_use *use, wall_us now))
{
    struct limit_of limit;
    for (size_t i = 0; limit_at(bundle, i, &limit); i++)
        how(use_of(bundles, &limit), now);
}

static void wait(struct quota_use *use, wall_us now)
{
    if (quota_next(use, now) > now)
        quota_wait(use);
}

static void make_digest(const struct bundle *bundle, const struct config *config)
{
    struct summary_entry *entries = mem_zero(bundle->count, sizeof *entries);
    struct summary summary;
    for (size_t i = 0; i < bundle->count; i++)
        entries[i] = draft_summary_entry(bundle->drafts[i]);
    summary_init(&summary, entries, bundle->count);
    draft_become_digest(bundle->drafts, bundle->count, &summary, config);
    summary_finish(&summary);
    free(entries);
}

void bundles_decide(struct bundles *bundles, const struct config *config, wall_us now)
{
    for (size_t i = 0; i < bundles->count; i++) {
        const struct bundle *bundle = &bundles->items[i];
        char why[96] = "";
        wall_us until =
            draft_may_wait(bundle->drafts[0]) ? wait_of(bundles, bundle, now, why) : now;
        spend(bundles, bundle, now, until > now ? wait : quota_spend);
        for (size_t k = 0; until > now && k < bundle->count; k++)
            draft_hold(bundle->drafts[k], until, why);
        if (until == now && bundle->count > 1)
            make_digest(bundle, config);
    }
}

static bool goes(const struct bundle *bundle)
{
    return bundle->drafts[0]->body != NULL;
}

void bundles_add_usage(const struct bundles *bundles, struct pg_params *params)
{
    struct limit_of limit;
    for (int column = 0; column < 2; column++) {
        pg_array_begin(params, PG_INT8);
        for (size_t b = 0; b < bundles->count; b++)
            for (size_t i = 0; goes(&bundles->items[b]) && limit_at(&bundles->items[b], i, &limit);
                 i++)
                pg_array_int(params, column ? limit.key : bundles->items[b].drafts[0]->message);
        pg_array_end(params);
    }
}

span_us bundles_memory(const struct config *config)
{
    span_us longest = 0;
    for (size_t i = 0; i < config->channel_count; i++) {
        const struct channel *channel = &config->channels[i];
        if (channel->digest_us > longest)
            longest = channel->digest_us;
        for (size_t k = 0; k < channel->quota_count; k++)
            if (channel->quotas[k].span > longest)
                longest = channel->quotas[k].span;
    }
    return longest;
}
