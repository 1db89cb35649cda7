/* Keys of quotas, and how far each is used up. */
#include "duban/quota.h"

#include "duban/hash.h"
#include "duban/mem.h"

const char *const quota_scope_words[QUOTA_SCOPES] = {
    [QUOTA_NUMBER] = "number",
    [QUOTA_CHANNEL] = "channel",
    [QUOTA_TEMPLATE] = "template",
};

int64_t quota_key(enum quota_scope scope, const struct quota_subject *subject)
{
    uint64_t hash = hash_text(hash_begin(), quota_scope_words[scope]);
    hash = hash_text(hash, subject->channel);
    if (scope != QUOTA_CHANNEL)
        hash = hash_text(hash, subject->address);
    if (scope == QUOTA_TEMPLATE)
        hash = hash_text(hash_text(hash, subject->kind), subject->role);
    return (int64_t)hash;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_limit(const void *left, const void *right)
{
    const struct quota_use *a = left, *b = right;
    int order = compare(a->key, b->key);
    if (order == 0)
        order = compare(a->most, b->most);
    return order ? order : compare(a->span, b->span);
}

void quota_book_add(struct quota_book *book, int64_t key, int64_t most, span_us span)
{
    book->uses = mem_grow(book->uses, book->count + 1, sizeof *book->uses);
    book->uses[book->count++] =
        (struct quota_use){.key = key, .most = most, .span = span, .oldest_at = WALL_NONE};
}

void quota_book_close(struct quota_book *book)
{
    size_t kept = 0;
    if (book->count == 0)
        return;
    qsort(book->uses, book->count, sizeof *book->uses, by_limit);
    for (size_t i = 1; i < book->count; i++)
        if (by_limit(&book->uses[kept], &book->uses[i]) != 0)
            book->uses[++kept] = book->uses[i];
    book->count = kept + 1;
}

void quota_book_finish(struct quota_book *book)
{
    free(book->uses);
    *book = (struct quota_book){0};
}

struct quota_use *quota_book_find(const struct quota_book *book, int64_t key, int64_t most,
                                  span_us span)
{
    const struct quota_use wanted = {.key = key, .most = most, .span = span};
    return book->count ? bsearch(&wanted, book->uses, book->count, sizeof wanted, by_limit) : NULL;
}

wall_us quota_next(const struct quota_use *use, wall_us now)
{
    if (use->used < use->most)
        return now;
    wall_us free_at = use->oldest_at + use->span + use->waiting * (use->span / use->most);
    return free_at > now ? free_at : now + 1;
}

void quota_spend(struct quota_use *use, wall_us now)
{
    if (use->used++ == 0)
        use->oldest_at = now;
}

void quota_wait(struct quota_use *use)
{
    use->waiting++;
}
