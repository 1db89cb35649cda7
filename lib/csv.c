/* Comma-separated values: fields are cut out of the text in place. */
#include "duban/csv.h"

#include <string.h>

void csv_start(struct csv_reader *reader, const char *file, char *text)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (strncmp(text, mark, strlen(mark)) == 0)
        text += strlen(mark);
    *reader = (struct csv_reader){.file = file, .at = text, .line = 1, .column = 1};
}

static bool broken(const struct csv_reader *reader, struct problems *problems, const char *text)
{
    problems_add(problems, reader->file, reader->line, reader->column, "%s", text);
    return false;
}

/* One byte on. Bytes within a character don't move the column. */
static char take(struct csv_reader *reader)
{
    char byte = *reader->at++;
    if (byte == '\n') {
        reader->line++;
        reader->column = 1;
    } else if ((byte & 0xC0) != 0x80) {
        reader->column++;
    }
    return byte;
}

static bool is_line_end(const char *at)
{
    return *at == '\n' || (at[0] == '\r' && at[1] == '\n');
}

static bool is_field_end(const char *at)
{
    return *at == '\0' || *at == ',' || is_line_end(at);
}

static bool is_control(char byte)
{
    return (byte >= 0 && byte < 0x20) || byte == 0x7F;
}

/* Behind the opening quote; leaves the reader behind the closing one. */
static bool read_quoted(struct csv_reader *reader, char **end, struct problems *problems)
{
    struct csv_reader start = *reader;
    char *to = reader->at;
    for (;;) {
        char byte = *reader->at;
        if (byte == '\0') {
            start.column--;
            return broken(&start, problems, "this quote is never closed");
        }
        if (byte == '"' && reader->at[1] != '"')
            break;
        if (is_control(byte) && byte != '\t' && !is_line_end(reader->at) && byte != '\n')
            return broken(reader, problems, "a control character");
        if (byte == '"')
            take(reader);
        *to++ = take(reader);
    }
    take(reader);
    *end = to;
    if (!is_field_end(reader->at))
        return broken(reader, problems, "text after a closing quote; expected a comma");
    return true;
}

static bool read_plain(struct csv_reader *reader, char **end, struct problems *problems)
{
    while (!is_field_end(reader->at)) {
        if (*reader->at == '"')
            return broken(reader, problems,
                          "a quote inside a field; expected the whole field in quotes, and this "
                          "one doubled");
        if (is_control(*reader->at) && *reader->at != '\t')
            return broken(reader, problems, "a control character");
        take(reader);
    }
    *end = reader->at;
    return true;
}

/* Reads a field and what ends it; `*last` when that is the end of the line. */
static bool read_field(struct csv_reader *reader, struct csv_field *field, bool *last,
                       struct problems *problems)
{
    char *end;
    field->line = reader->line;
    field->column = reader->column;
    bool quoted = *reader->at == '"';
    if (quoted)
        take(reader);
    field->text = reader->at;
    if (!(quoted ? read_quoted(reader, &end, problems) : read_plain(reader, &end, problems)))
        return false;
    *last = *reader->at != ',';
    if (*reader->at == '\r')
        take(reader);
    if (*reader->at)
        take(reader);
    *end = '\0';
    return true;
}

static bool is_empty(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        if (row->fields[i].text[0])
            return false;
    }
    return true;
}

static bool read_row(struct csv_reader *reader, struct csv_row *row, struct problems *problems)
{
    bool last = false;
    for (row->count = 0; !last; row->count++) {
        if (row->count == CSV_FIELDS_MOST)
            return broken(reader, problems, "too many fields in a line");
        if (!read_field(reader, &row->fields[row->count], &last, problems))
            return false;
    }
    return true;
}

enum csv_result csv_next(struct csv_reader *reader, struct csv_row *row, struct problems *problems)
{
    do {
        if (*reader->at == '\0')
            return CSV_END;
        if (!read_row(reader, row, problems))
            return CSV_BROKEN;
    } while (is_empty(row));
    return CSV_ROW;
}
