/* What is wrong with a directory as a whole. */
#include "directory_tree.h"

#include "duban/mem.h"

#include <stdint.h>
#include <string.h>

/* Entries in the order of their codes, for searching. */
static int by_code(const void *left, const void *right)
{
    const struct directory_entry *a = *(const struct directory_entry *const *)left;
    const struct directory_entry *b = *(const struct directory_entry *const *)right;
    int order = strcmp(a->code, b->code);
    return order ? order : (a > b) - (a < b);
}

static int by_wanted_code(const void *wanted, const void *item)
{
    return strcmp(wanted, (*(const struct directory_entry *const *)item)->code);
}

static const struct directory_entry **sort_by_code(const struct directory *directory)
{
    const struct directory_entry **sorted = mem_zero(directory->count, sizeof *sorted);
    for (size_t i = 0; i < directory->count; i++)
        sorted[i] = &directory->entries[i];
    qsort(sorted, directory->count, sizeof *sorted, by_code);
    return sorted;
}

static void check_twice(const struct directory *directory,
                        const struct directory_entry *const *sorted, struct problems *problems)
{
    for (size_t i = 1; i < directory->count; i++) {
        const struct directory_entry *entry = sorted[i];
        if (strcmp(entry->code, sorted[i - 1]->code) == 0)
            problems_add(problems, directory->file, entry->line, entry->column,
                         "the code '%s' is given twice, before in line %u", entry->code,
                         sorted[i - 1]->line);
    }
}

static void complain_unknown(const struct directory *directory, const char *what, const char *code,
                             unsigned line, unsigned column, struct problems *problems)
{
    AUTO_FREE const char **codes = mem_zero(directory->count, sizeof *codes);
    for (size_t i = 0; i < directory->count; i++)
        codes[i] = directory->entries[i].code;
    const char *nearest = problem_nearest(code, codes, directory->count);
    problems_add(problems, directory->file, line, column, "the %s '%s' is unknown%s%s%s", what,
                 code, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                 nearest ? "'?" : "");
}

/* The first entry with the code, should there be several; NULL when there is none. */
static const struct directory_entry **find_first(const struct directory_entry **sorted,
                                                 size_t count, const char *code)
{
    const struct directory_entry **found =
        bsearch(code, sorted, count, sizeof *sorted, by_wanted_code);
    while (found && found > sorted && strcmp(found[-1]->code, code) == 0)
        found--;
    return found;
}

size_t *directory_parents(const struct directory *directory, struct problems *problems)
{
    AUTO_FREE const struct directory_entry **sorted = sort_by_code(directory);
    size_t *parents = mem_zero(directory->count, sizeof *parents);
    if (problems)
        check_twice(directory, sorted, problems);
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        parents[i] = NO_ENTRY;
        if (entry->parent[0] == '\0')
            continue;
        const struct directory_entry **found = find_first(sorted, directory->count, entry->parent);
        if (found)
            parents[i] = (size_t)(*found - directory->entries);
        else if (problems)
            complain_unknown(directory, "parent", entry->parent, entry->parent_line,
                             entry->parent_column, problems);
    }
    return parents;
}

/* Which kinds may stand under which. */
static bool may_stand_under(enum entry_kind child, enum entry_kind parent)
{
    if (child == ENTRY_CENTRE)
        return parent == ENTRY_CENTRE;
    return parent == ENTRY_CENTRE || parent == ENTRY_DEPARTMENT;
}

static void check_kinds(const struct directory *directory, const size_t *parents,
                        struct problems *problems)
{
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        if (parents[i] == NO_ENTRY)
            continue;
        const struct directory_entry *above = &directory->entries[parents[i]];
        if (!may_stand_under(entry->kind, above->kind))
            problems_add(problems, directory->file, entry->parent_line, entry->parent_column,
                         "'%s' (%s) can't stand under '%s' (%s); expected a centre%s", entry->code,
                         entry_kind_words[entry->kind], above->code, entry_kind_words[above->kind],
                         entry->kind == ENTRY_CENTRE ? "" : " or a department");
    }
}

static bool may_stand_outside(enum entry_kind kind)
{
    return kind == ENTRY_ADMIN || kind == ENTRY_SYSTEM;
}

/* One centre is the root of all; administrators and approval systems may stand outside. */
static void check_root(const struct directory *directory, struct problems *problems)
{
    const struct directory_entry *root = NULL;
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        if (entry->parent[0] || may_stand_outside(entry->kind))
            continue;
        if (entry->kind != ENTRY_CENTRE)
            problems_add(problems, directory->file, entry->line, entry->column,
                         "the %s '%s' has no parent; only a centre may be the root",
                         entry_kind_words[entry->kind], entry->code);
        else if (root)
            problems_add(problems, directory->file, entry->line, entry->column,
                         "a second root '%s' beside '%s' of line %u; expected one", entry->code,
                         root->code, root->line);
        else
            root = entry;
    }
    if (root == NULL)
        problems_add(problems, directory->file, 0, 0,
                     "has no root; expected one centre that has "
                     "no parent");
}

static void complain_under_itself(const struct directory *directory,
                                  const struct directory_entry *entry, struct problems *problems)
{
    problems_add(problems, directory->file, entry->parent_line, entry->parent_column,
                 "'%s' stands under itself", entry->code);
}

/* Climbs from every entry, over what wasn't seen before; meeting this very walk again is a cycle.
 * Each entry is walked over once. */
static void check_cycles(const struct directory *directory, const size_t *parents,
                         struct problems *problems)
{
    AUTO_FREE size_t *walks = mem_zero(directory->count, sizeof *walks);
    for (size_t i = 0; i < directory->count; i++) {
        size_t walk = i + 1, at = i;
        while (at != NO_ENTRY && walks[at] == 0) {
            walks[at] = walk;
            at = parents[at];
        }
        if (at != NO_ENTRY && walks[at] == walk)
            complain_under_itself(directory, &directory->entries[at], problems);
    }
}

/* Each entry's deputy as an index. */
static size_t *find_deputies(const struct directory *directory, struct problems *problems)
{
    AUTO_FREE const struct directory_entry **sorted = sort_by_code(directory);
    size_t *deputies = mem_zero(directory->count, sizeof *deputies);
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        deputies[i] = NO_ENTRY;
        if (entry->deputy[0] == '\0')
            continue;
        const struct directory_entry **found = find_first(sorted, directory->count, entry->deputy);
        if (found)
            deputies[i] = (size_t)(*found - directory->entries);
        else
            complain_unknown(directory, "deputy", entry->deputy, entry->deputy_line,
                             entry->deputy_column, problems);
    }
    return deputies;
}

/* How many different entries stand in for the first, one after another; more than DEPUTIES_MOST
 * aren't counted. */
static int count_deputies(const size_t *deputies, size_t first)
{
    size_t met[DEPUTIES_MOST + 1] = {first};
    int count = 0;
    for (size_t at = deputies[first]; at != NO_ENTRY; at = deputies[at]) {
        for (int i = 0; i <= count; i++) {
            if (met[i] == at)
                return count;
        }
        if (++count > DEPUTIES_MOST)
            break;
        met[count] = at;
    }
    return count;
}

/* Circles are fine: nobody is asked twice (duban.stand_in). */
static void check_deputies(const struct directory *directory, struct problems *problems)
{
    AUTO_FREE size_t *deputies = find_deputies(directory, problems);
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        if (deputies[i] == i)
            problems_add(problems, directory->file, entry->deputy_line, entry->deputy_column,
                         "'%s' can't be its own deputy", entry->code);
        else if (count_deputies(deputies, i) > DEPUTIES_MOST)
            problems_add(problems, directory->file, entry->deputy_line, entry->deputy_column,
                         "'%s' has more than %d deputies in a row, each the next one's",
                         entry->code, DEPUTIES_MOST);
    }
}

static void check_contacts(const struct directory *directory, const struct directory_entry *entry,
                           const struct address_check *address, struct problems *problems)
{
    for (size_t i = 0; i < entry->contact_count; i++) {
        const struct directory_contact *contact = &entry->contacts[i];
        struct error error;
        if (address && address->check &&
            !address->check(address->context, contact->channel, contact->address, &error))
            problems_add(problems, directory->file, contact->line, contact->column, "%s",
                         error.text);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(contact->channel, entry->contacts[k].channel) == 0 &&
                strcmp(contact->address, entry->contacts[k].address) == 0)
                problems_add(problems, directory->file, contact->line, contact->column,
                             "this contact of '%s' is given twice", entry->code);
        }
    }
}

bool directory_check(const struct directory *directory, const struct address_check *address,
                     struct problems *problems)
{
    size_t before = problems->total;
    AUTO_FREE size_t *parents = directory_parents(directory, problems);
    check_kinds(directory, parents, problems);
    check_root(directory, problems);
    check_cycles(directory, parents, problems);
    check_deputies(directory, problems);
    for (size_t i = 0; i < directory->count; i++)
        check_contacts(directory, &directory->entries[i], address, problems);
    return problems->total == before;
}
