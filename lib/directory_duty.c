/* Who answers for whom: the closure of the directory's tree. */
#include "directory_tree.h"

#include "duban/mem.h"

#include <stdint.h>
#include <string.h>

struct closure {
    const struct directory *directory;
    size_t *parents;
    struct directory_duty *duties;
    size_t count, capacity;
};

static void add(struct closure *closure, size_t entry, enum entry_kind role, size_t recipient)
{
    if (closure->count == closure->capacity) {
        closure->capacity = closure->capacity ? 2 * closure->capacity : 64;
        closure->duties = mem_grow(closure->duties, closure->capacity, sizeof *closure->duties);
    }
    closure->duties[closure->count++] = (struct directory_duty){
        .code = closure->directory->entries[entry].code,
        .role = entry_kind_words[role],
        .recipient = closure->directory->entries[recipient].code,
    };
}

static enum entry_kind kind_of(const struct closure *closure, size_t entry)
{
    return closure->directory->entries[entry].kind;
}

static void add_self(struct closure *closure, size_t entry, enum entry_kind role)
{
    if (kind_of(closure, entry) == role)
        add(closure, entry, role, entry);
}

static void add_nearest(struct closure *closure, size_t entry, enum entry_kind role)
{
    for (size_t at = entry; at != NO_ENTRY; at = closure->parents[at]) {
        if (kind_of(closure, at) == role) {
            add(closure, entry, role, at);
            return;
        }
    }
}

/* Those of the role directly under `above`; whether there was any. */
static bool add_under(struct closure *closure, size_t entry, enum entry_kind role, size_t above)
{
    size_t before = closure->count;
    for (size_t i = 0; i < closure->directory->count; i++) {
        if (kind_of(closure, i) == role && closure->parents[i] == above)
            add(closure, entry, role, i);
    }
    return closure->count > before;
}

static void add_overseers(struct closure *closure, size_t entry, enum entry_kind role)
{
    size_t at = entry;
    while (at != NO_ENTRY && !add_under(closure, entry, role, at))
        at = closure->parents[at];
}

static void add_all(struct closure *closure, size_t entry, enum entry_kind role)
{
    for (size_t i = 0; i < closure->directory->count; i++) {
        if (kind_of(closure, i) == role)
            add(closure, entry, role, i);
    }
}

static void (*const finders[ENTRY_KINDS])(struct closure *, size_t, enum entry_kind) = {
    [ENTRY_CENTRE] = add_nearest,   [ENTRY_DEPARTMENT] = add_nearest,
    [ENTRY_WINDOW] = add_self,      [ENTRY_SUPERVISION] = add_overseers,
    [ENTRY_LEADER] = add_overseers, [ENTRY_ADMIN] = add_all,
    [ENTRY_SYSTEM] = add_all,
};

struct directory_duty *directory_duties(const struct directory *directory, size_t *count)
{
    struct closure closure = {.directory = directory,
                              .parents = directory_parents(directory, NULL)};
    for (size_t i = 0; i < directory->count; i++) {
        for (int role = 0; role < ENTRY_KINDS; role++)
            finders[role](&closure, i, (enum entry_kind)role);
    }
    free(closure.parents);
    *count = closure.count;
    return closure.duties;
}
