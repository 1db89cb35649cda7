/* Rows of duban.directory_tree: entries below their parents, one row a contact. */
#include "duban/directory_rows.h"

#include "directory_build.h"

#include "duban/mem.h"

#include <string.h>

enum column { CODE, KIND, NAME, DEPTH, ABSENT, DEPUTY, CHANNEL, ADDRESS, DUTY, CONTACT_ABSENT };

#define DEPTH_MOST 64

struct reading {
    struct directory *directory;
    const PGresult *tree;
    size_t path[DEPTH_MOST]; /* the entry at each depth that came last */
};

static bool read_dates(const char *words, struct date_ranges *ranges, struct error *error)
{
    return *words == '\0' || date_ranges_add(ranges, words, error);
}

static bool read_kind(const char *word, enum entry_kind *kind, struct error *error)
{
    for (size_t i = 0; i < ENTRY_KINDS; i++)
        if (strcmp(word, entry_kind_words[i]) == 0) {
            *kind = (enum entry_kind)i;
            return true;
        }
    return error_set(error, "'%.40s' is no kind of entry", word);
}

static bool read_entry(struct reading *reading, int row, struct error *error)
{
    const PGresult *tree = reading->tree;
    int64_t depth = pg_int(tree, row, DEPTH);
    if (depth < 0 || depth >= DEPTH_MOST)
        return error_set(error, "an entry at depth %lld", (long long)depth);
    struct directory_entry *entry = directory_add(reading->directory, 0, 0);
    struct directory_entry *entries = reading->directory->entries;
    reading->path[depth] = reading->directory->count - 1;
    entry->code = mem_text(pg_text(tree, row, CODE));
    entry->name = mem_text(pg_text(tree, row, NAME));
    entry->parent = mem_text(depth ? entries[reading->path[depth - 1]].code : "");
    entry->locale = mem_text("");
    entry->deputy = mem_text(pg_text(tree, row, DEPUTY));
    return read_kind(pg_text(tree, row, KIND), &entry->kind, error) &&
           read_dates(pg_text(tree, row, ABSENT), &entry->absent, error);
}

static bool read_contact(struct reading *reading, int row, struct error *error)
{
    const PGresult *tree = reading->tree;
    const char *channel = pg_text(tree, row, CHANNEL), *duty = pg_text(tree, row, DUTY);
    if (*channel == '\0')
        return true;
    struct directory *directory = reading->directory;
    struct directory_contact *contact = entry_add_contact(
        &directory->entries[directory->count - 1], channel, pg_text(tree, row, ADDRESS), 0, 0);
    return (*duty == '\0' || roster_add(&contact->on, duty, error)) &&
           read_dates(pg_text(tree, row, CONTACT_ABSENT), &contact->absent, error);
}

static bool read_rows(struct reading *reading, struct error *error)
{
    const PGresult *tree = reading->tree;
    for (int row = 0; row < PQntuples(tree); row++) {
        bool begins =
            row == 0 || strcmp(pg_text(tree, row, CODE), pg_text(tree, row - 1, CODE)) != 0;
        if ((begins && !read_entry(reading, row, error)) || !read_contact(reading, row, error))
            return error_prefix(error, "entry '%s'", pg_text(tree, row, CODE));
    }
    return true;
}

struct directory *directory_from_rows(const PGresult *tree, struct error *error)
{
    struct reading reading = {.directory = directory_create("duban.recipient"), .tree = tree};
    if (read_rows(&reading, error))
        return reading.directory;
    directory_destroy(reading.directory);
    return NULL;
}
