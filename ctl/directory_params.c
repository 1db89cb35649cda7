/* Entries, contacts and duties, a column an array. */
#include "directory_params.h"

#include "duban/mem.h"

#define CELL_BYTES_MOST (64u << 20)

enum entry_column { CODE, KIND, NAME, PARENT, ABSENT, DEPUTY, ENTRY_COLUMNS };

static void print_entry(const struct directory_entry *entry, enum entry_column column,
                        struct buf *out)
{
    const char *const texts[ENTRY_COLUMNS] = {
        [CODE] = entry->code,     [KIND] = entry_kind_words[entry->kind],
        [NAME] = entry->name,     [PARENT] = entry->parent,
        [DEPUTY] = entry->deputy,
    };
    if (column == ABSENT)
        date_ranges_sql(&entry->absent, out);
    else
        buf_text(out, texts[column]);
}

enum contact_column {
    OF,
    CHANNEL,
    ADDRESS,
    ON_DAYS,
    ON_WEEKDAYS,
    ON_DATES,
    NOT_ON,
    CONTACT_COLUMNS,
};

static void print_contact(const struct directory_entry *entry,
                          const struct directory_contact *contact, enum contact_column column,
                          struct buf *out)
{
    const char *const texts[CONTACT_COLUMNS] = {
        [OF] = entry->code,
        [CHANNEL] = contact->channel,
        [ADDRESS] = contact->address,
        [ON_DAYS] = roster_days_words[contact->on.days],
    };
    if (texts[column])
        buf_text(out, texts[column]);
    else if (column == ON_WEEKDAYS)
        buf_format(out, "%u", contact->on.weekdays);
    else
        date_ranges_sql(column == ON_DATES ? &contact->on.dates : &contact->absent, out);
}

static void add_entries(struct pg_params *params, const struct directory *directory,
                        enum entry_column column, struct buf *cell)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < directory->count; i++) {
        buf_clear(cell);
        print_entry(&directory->entries[i], column, cell);
        pg_array_text(params, buf_string(cell));
    }
    pg_array_end(params);
}

static void add_contacts(struct pg_params *params, const struct directory *directory,
                         enum contact_column column, struct buf *cell)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        for (size_t k = 0; k < entry->contact_count; k++) {
            buf_clear(cell);
            print_contact(entry, &entry->contacts[k], column, cell);
            pg_array_text(params, buf_string(cell));
        }
    }
    pg_array_end(params);
}

static void add_duties(struct pg_params *params, const struct directory *directory)
{
    size_t count;
    struct directory_duty *duties = directory_duties(directory, &count);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < count; i++)
        pg_array_text(params, duties[i].code);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < count; i++)
        pg_array_text(params, duties[i].role);
    pg_array_end(params);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < count; i++)
        pg_array_text(params, duties[i].recipient);
    pg_array_end(params);
    free(duties);
}

void directory_add_params(const struct directory *directory, struct pg_params *params)
{
    AUTO_BUF cell;
    buf_init(&cell, CELL_BYTES_MOST);
    for (int column = 0; column < ENTRY_COLUMNS; column++)
        add_entries(params, directory, (enum entry_column)column, &cell);
    for (int column = 0; column < CONTACT_COLUMNS; column++)
        add_contacts(params, directory, (enum contact_column)column, &cell);
    add_duties(params, directory);
}
