/* The directory's memory, and what reading it from any form has in common. */
#include "duban/directory.h"

#include "directory_build.h"

#include "duban/mem.h"

#include <string.h>

const char *const entry_kind_words[ENTRY_KINDS] = {
    [ENTRY_CENTRE] = "centre", [ENTRY_DEPARTMENT] = "department",
    [ENTRY_WINDOW] = "window", [ENTRY_SUPERVISION] = "supervision",
    [ENTRY_LEADER] = "leader", [ENTRY_ADMIN] = "admin",
    [ENTRY_SYSTEM] = "system",
};

struct directory *directory_create(const char *file)
{
    struct directory *directory = mem_zero(1, sizeof *directory);
    directory->file = mem_text(file);
    return directory;
}

struct directory_entry *directory_add(struct directory *directory, unsigned line, unsigned column)
{
    directory->entries =
        mem_grow(directory->entries, directory->count + 1, sizeof *directory->entries);
    struct directory_entry *entry = &directory->entries[directory->count++];
    *entry = (struct directory_entry){.line = line, .column = column};
    return entry;
}

struct directory_contact *entry_add_contact(struct directory_entry *entry, const char *channel,
                                            const char *address, unsigned line, unsigned column)
{
    entry->contacts = mem_grow(entry->contacts, entry->contact_count + 1, sizeof *entry->contacts);
    struct directory_contact *contact = &entry->contacts[entry->contact_count++];
    *contact = (struct directory_contact){
        .channel = mem_text(channel),
        .address = mem_text(address),
        .line = line,
        .column = column,
    };
    return contact;
}

bool directory_check_text(const struct directory *directory, const char *what, const char *text,
                          unsigned line, unsigned column, struct problems *problems)
{
    size_t most = strcmp(what, "name") == 0 ? 200 : 64, length = strlen(text);
    const char *wrong = NULL;
    if (length == 0)
        wrong = "is empty";
    else if (length > most)
        wrong = "is too long";
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            wrong = "has a control character";
    }
    if (wrong)
        problems_add(problems, directory->file, line, column,
                     "%s %s; expected 1 to %zu bytes of text on one line", what, wrong, most);
    return wrong == NULL;
}

struct directory *directory_finish(struct directory *directory, const struct address_check *address,
                                   size_t before, struct problems *problems)
{
    if (problems->total == before && directory_check(directory, address, problems))
        return directory;
    directory_destroy(directory);
    return NULL;
}

static void entry_finish(struct directory_entry *entry)
{
    for (size_t i = 0; i < entry->contact_count; i++) {
        free(entry->contacts[i].channel);
        free(entry->contacts[i].address);
        roster_finish(&entry->contacts[i].on);
        date_ranges_finish(&entry->contacts[i].absent);
    }
    free(entry->contacts);
    free(entry->code);
    free(entry->name);
    free(entry->parent);
    free(entry->locale);
    date_ranges_finish(&entry->absent);
    free(entry->deputy);
}

void directory_destroy(struct directory *directory)
{
    if (directory == NULL)
        return;
    for (size_t i = 0; i < directory->count; i++)
        entry_finish(&directory->entries[i]);
    free(directory->entries);
    free(directory->file);
    free(directory);
}
