/* The directory from CSV: one contact a line, several lines for one code. */
#include "directory_build.h"

#include "duban/csv.h"
#include "duban/directory_file.h"
#include "duban/mem.h"
#include "duban/utf8.h"

#include <string.h>

enum column {
    CODE,
    KIND,
    NAME,
    PARENT,
    CHANNEL,
    ADDRESS,
    LOCALE,
    ON,
    ABSENT,
    ENTRY_ABSENT,
    DEPUTY,
};

#define COLUMNS 11

static const char *const column_words[COLUMNS] = {
    "code",   "kind", "name",   "parent",       "channel", "address",
    "locale", "on",   "absent", "entry_absent", "deputy",
};

struct reading {
    struct directory *directory;
    struct problems *problems;
    size_t places[COLUMNS]; /* which field of a row is the column; CSV_FIELDS_MOST: not there */
    size_t width;           /* fields of the first line */
};

static void complain(struct reading *reading, const struct csv_field *field, const char *text)
{
    problems_add(reading->problems, reading->directory->file, field->line, field->column, "%s",
                 text);
}

static void read_column_name(struct reading *reading, const struct csv_row *row, size_t i)
{
    const struct csv_field *field = &row->fields[i];
    for (size_t c = 0; c < COLUMNS; c++) {
        if (strcmp(field->text, column_words[c]) != 0)
            continue;
        if (reading->places[c] != CSV_FIELDS_MOST)
            complain(reading, field, "this column is given twice");
        reading->places[c] = i;
        return;
    }
    const char *nearest = problem_nearest(field->text, column_words, COLUMNS);
    problems_add(reading->problems, reading->directory->file, field->line, field->column,
                 "unknown column '%.40s'%s%s%s", field->text, nearest ? "; did you mean '" : "",
                 nearest ? nearest : "", nearest ? "'?" : "");
}

/* The first line names the columns, in any order. */
static void read_header(struct reading *reading, const struct csv_row *row)
{
    for (size_t c = 0; c < COLUMNS; c++)
        reading->places[c] = CSV_FIELDS_MOST;
    reading->width = row->count;
    for (size_t i = 0; i < row->count; i++)
        read_column_name(reading, row, i);
    for (size_t c = CODE; c <= NAME; c++) {
        if (reading->places[c] == CSV_FIELDS_MOST)
            problems_add(reading->problems, reading->directory->file, row->fields[0].line, 1,
                         "the column '%s' is missing; expected code, kind, name, and perhaps "
                         "parent, channel, address, locale, on, absent, entry_absent, deputy",
                         column_words[c]);
    }
}

/* The field of a column; an empty one at the line's begin when the file lacks the column. */
static struct csv_field field_of(const struct reading *reading, const struct csv_row *row,
                                 enum column column)
{
    size_t place = reading->places[column];
    if (place < row->count)
        return row->fields[place];
    return (struct csv_field){.text = "", .line = row->fields[0].line, .column = 1};
}

/* Lines for one code may stand apart; the last entry is the usual one. */
static struct directory_entry *find_entry(struct directory *directory, const char *code)
{
    for (size_t i = directory->count; i > 0; i--) {
        if (strcmp(directory->entries[i - 1].code, code) == 0)
            return &directory->entries[i - 1];
    }
    return NULL;
}

static bool read_word(struct reading *reading, const struct csv_field *field,
                      const char *const *words, size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(field->text, words[i]) == 0) {
            *index = i;
            return true;
        }
    }
    AUTO_BUF choice;
    buf_init(&choice, 400);
    for (size_t i = 0; i < count; i++)
        buf_format(&choice, "%s%s", i ? ", " : "", words[i]);
    problems_add(reading->problems, reading->directory->file, field->line, field->column,
                 "'%.40s' is unknown; expected one of: %s", field->text, buf_string(&choice));
    return false;
}

static void read_locale(struct reading *reading, const struct csv_field *field)
{
    static const char *const locales[] = {"zh-CN", "en"};
    size_t index;
    if (field->text[0])
        read_word(reading, field, locales, COUNT_OF(locales), &index);
}

static struct directory_entry *new_entry(struct reading *reading, const struct csv_row *row)
{
    struct csv_field code = field_of(reading, row, CODE), name = field_of(reading, row, NAME);
    struct csv_field kind = field_of(reading, row, KIND), parent = field_of(reading, row, PARENT);
    struct csv_field locale = field_of(reading, row, LOCALE);
    struct csv_field deputy = field_of(reading, row, DEPUTY);
    size_t index = 0;
    directory_check_text(reading->directory, "name", name.text, name.line, name.column,
                         reading->problems);
    read_word(reading, &kind, entry_kind_words, ENTRY_KINDS, &index);
    read_locale(reading, &locale);
    struct directory_entry *entry = directory_add(reading->directory, code.line, code.column);
    entry->code = mem_text(code.text);
    entry->name = mem_text(name.text);
    entry->kind = (enum entry_kind)index;
    entry->parent = mem_text(parent.text);
    entry->locale = mem_text(locale.text);
    entry->parent_line = parent.line;
    entry->parent_column = parent.column;
    entry->deputy = mem_text(deputy.text);
    entry->deputy_line = deputy.line;
    entry->deputy_column = deputy.column;
    return entry;
}

/* A later line for the same code says the same, or leaves it out. */
static void check_same(struct reading *reading, const struct csv_row *row,
                       const struct directory_entry *entry)
{
    const struct {
        enum column column;
        const char *before;
    } facts[] = {
        {KIND, entry_kind_words[entry->kind]},
        {NAME, entry->name},
        {PARENT, entry->parent},
        {LOCALE, entry->locale},
        {DEPUTY, entry->deputy},
    };
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        struct csv_field field = field_of(reading, row, facts[i].column);
        if (field.text[0] && strcmp(field.text, facts[i].before) != 0)
            problems_add(reading->problems, reading->directory->file, field.line, field.column,
                         "the %s of '%s' was '%s' in line %u; expected the same, or nothing",
                         column_words[facts[i].column], entry->code, facts[i].before, entry->line);
    }
}

static void read_dates(struct reading *reading, const struct csv_row *row, enum column column,
                       struct date_ranges *ranges)
{
    struct csv_field field = field_of(reading, row, column);
    struct error error;
    if (field.text[0] && !date_ranges_add(ranges, field.text, &error))
        complain(reading, &field, error.text);
}

static void add_contact(struct reading *reading, const struct csv_row *row,
                        struct directory_entry *entry)
{
    struct csv_field channel = field_of(reading, row, CHANNEL);
    struct csv_field address = field_of(reading, row, ADDRESS), on = field_of(reading, row, ON);
    struct error error;
    struct directory_contact *contact =
        entry_add_contact(entry, channel.text, address.text, address.line, address.column);
    if (on.text[0] && !roster_add(&contact->on, on.text, &error))
        complain(reading, &on, error.text);
    read_dates(reading, row, ABSENT, &contact->absent);
}

/* When a contact is on duty says nothing in a line without one. */
static void expect_no_days(struct reading *reading, const struct csv_row *row)
{
    static const enum column columns[] = {ON, ABSENT};
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        struct csv_field field = field_of(reading, row, columns[i]);
        if (field.text[0])
            complain(reading, &field,
                     "days without a contact; expected them in a line with channel and address, "
                     "or in entry_absent");
    }
}

static void read_contact(struct reading *reading, const struct csv_row *row,
                         struct directory_entry *entry)
{
    struct csv_field channel = field_of(reading, row, CHANNEL);
    struct csv_field address = field_of(reading, row, ADDRESS);
    if (channel.text[0] == '\0' && address.text[0] == '\0')
        expect_no_days(reading, row);
    else if (channel.text[0] == '\0')
        complain(reading, &channel, "an address without a channel");
    else if (address.text[0] == '\0')
        complain(reading, &address, "a channel without an address");
    else
        add_contact(reading, row, entry);
}

static void read_line(struct reading *reading, const struct csv_row *row)
{
    if (row->count != reading->width) {
        problems_add(reading->problems, reading->directory->file, row->fields[0].line, 1,
                     "%zu fields; expected %zu as in the first line", row->count, reading->width);
        return;
    }
    struct csv_field code = field_of(reading, row, CODE);
    if (!directory_check_text(reading->directory, "code", code.text, code.line, code.column,
                              reading->problems))
        return;
    struct directory_entry *entry = find_entry(reading->directory, code.text);
    if (entry)
        check_same(reading, row, entry);
    else
        entry = new_entry(reading, row);
    read_dates(reading, row, ENTRY_ABSENT, &entry->absent);
    read_contact(reading, row, entry);
}

static void read_lines(struct reading *reading, char *text)
{
    struct csv_reader csv;
    struct csv_row row;
    csv_start(&csv, reading->directory->file, text);
    enum csv_result result = csv_next(&csv, &row, reading->problems);
    if (result == CSV_END)
        problems_add(reading->problems, reading->directory->file, 0, 0,
                     "is empty; expected a line that names the columns");
    if (result != CSV_ROW)
        return;
    size_t before = reading->problems->total;
    read_header(reading, &row);
    if (reading->problems->total != before)
        return;
    while (csv_next(&csv, &row, reading->problems) == CSV_ROW)
        read_line(reading, &row);
}

struct directory *directory_load_csv(const char *text, size_t length, const char *name,
                                     const struct address_check *address, struct problems *problems)
{
    size_t before = problems->total;
    if (memchr(text, '\0', length) || !utf8_is_valid(text, length)) {
        problems_add(problems, name, 0, 0,
                     "is not UTF-8 text; in a spreadsheet, save it as \"CSV UTF-8\"");
        return NULL;
    }
    struct reading reading = {.directory = directory_create(name), .problems = problems};
    AUTO_FREE char *copy = mem_text_n(text, length);
    read_lines(&reading, copy);
    return directory_finish(reading.directory, address, before, problems);
}
