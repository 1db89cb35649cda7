/* Log lines on stderr, or as entries of the journal that stderr leads to.
 *
 * A line is built in a fixed buffer, character by character, so that it is cut only between whole
 * characters, and written with one write(2): lines of several processes don't mix. Everything that
 * could end a line, confuse a terminal or hide text (control and bidirectional characters, bytes
 * that are no UTF-8) is escaped. */
#include "duban/log.h"

#include "log_journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096             /* PIPE_BUF: a pipe takes it in one piece */
#define CUT_MARK   "…"              /* where a line was too long */
#define TAIL_BYTES (sizeof "…\"\n") /* kept free for the end of a cut line */

const char *const log_level_words[LOG_LEVELS + 1] = {"error", "warning", "info", "debug", NULL};

static const char priorities[LOG_LEVELS] = {'3', '4', '6', '7'}; /* of sd-daemon(3) */

static enum log_level log_limit = LOG_LEVEL_INFO;
static bool log_is_journal;

struct line {
    char bytes[LINE_BYTES];
    size_t length;
    bool quoted; /* within a quoted value */
    bool cut;    /* no more fits */
};

void log_set_level(enum log_level level)
{
    log_limit = level;
}

void log_begin(void)
{
    log_is_journal = log_journal_is_stderr();
}

static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || length > sizeof line->bytes - TAIL_BYTES - line->length) {
        line->cut = true;
        return;
    }
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

/* Bytes of the UTF-8 character at `text`, 0 if there is none (overlong and surrogates included). */
static size_t character(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first >= 0xF8 || (first >= 0x80 && first < 0xC0))
        return 0;
    *code = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80) /* the NUL too */
            return 0;
        *code = *code << 6 | ((unsigned char)text[i] & 0x3F);
    }
    bool valid = *code >= least[length] && *code <= 0x10FFFF && (*code < 0xD800 || *code > 0xDFFF);
    return valid ? length : 0;
}

static bool is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) ||
           code == 0xFEFF;
}

/* One character, escaped if need be; returns the bytes of `text` that it took. */
static size_t add_character(struct line *line, const char *text, bool quoted)
{
    uint32_t code = 0;
    char escape[12];
    size_t length = character(text, &code);
    if (length == 0)
        snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)text[0]);
    else if (code == '\n')
        strcpy(escape, "\\n");
    else if (quoted && (code == '"' || code == '\\'))
        snprintf(escape, sizeof escape, "\\%c", (char)code);
    else if (is_hidden(code))
        snprintf(escape, sizeof escape, "\\u%04" PRIx32, code);
    else {
        add(line, text, length);
        return length;
    }
    add_text(line, escape);
    return length ? length : 1;
}

static void add_escaped(struct line *line, const char *text, bool quoted)
{
    while (*text && !line->cut)
        text += add_character(line, text, quoted);
}

static bool needs_quotes(const char *text)
{
    if (*text == '\0')
        return true;
    for (const char *at = text; *at;) {
        uint32_t code = 0;
        size_t length = character(at, &code);
        if (length == 0 || is_hidden(code) || strchr(" \"=\\", *at))
            return true;
        at += length;
    }
    return false;
}

static void add_value(struct line *line, const char *text)
{
    line->quoted = needs_quotes(text);
    add_text(line, line->quoted ? "\"" : "");
    add_escaped(line, text, line->quoted);
    if (line->cut)
        return; /* end_line closes it */
    add_text(line, line->quoted ? "\"" : "");
    line->quoted = line->cut && line->quoted;
}

static void add_field(struct line *line, const struct log_field *field)
{
    char text[INSTANT_TEXT_BYTES];
    add_text(line, " ");
    add_text(line, field->key);
    add_text(line, "=");
    switch (field->kind) {
    case LOG_TEXT:
        add_value(line, field->text ? field->text : "-");
        break;
    case LOG_INT:
        snprintf(text, sizeof text, "%" PRId64, field->number);
        add_text(line, text);
        break;
    case LOG_INSTANT:
        add_text(line, instant_text(field->number, text));
        break;
    case LOG_END:
    default:
        assert(field->kind < LOG_END);
    }
}

static void end_line(struct line *line)
{
    const char *end = !line->cut ? "\n" : line->quoted ? CUT_MARK "\"\n" : CUT_MARK "\n";
    memcpy(line->bytes + line->length, end, strlen(end)); /* TAIL_BYTES are free */
    line->length += strlen(end);
}

static void write_line(const struct line *line)
{
    ssize_t written;
    do
        written = write(STDERR_FILENO, line->bytes, line->length);
    while (written < 0 && errno == EINTR); /* any other failure: there is nowhere to tell it */
}

static void add_message(struct line *line, const char *area, const char *what,
                        const struct log_field *fields)
{
    add_escaped(line, area, false);
    add_text(line, ": ");
    add_escaped(line, what, false);
    for (; fields->kind != LOG_END && !line->cut; fields++)
        add_field(line, fields);
    end_line(line);
}

static bool write_entry(enum log_level level, const char *area, const char *what,
                        const struct log_field *fields)
{
    struct line line = {.length = 0};
    add_message(&line, area, what, fields);
    line.bytes[line.length - 1] = '\0'; /* instead of the newline */
    return log_journal_send(priorities[level] - '0', line.bytes, area, fields);
}

void log_write(enum log_level level, const char *area, const char *what,
               const struct log_field *fields)
{
    if (level > log_limit || (log_is_journal && write_entry(level, area, what, fields)))
        return;
    struct line line = {.length = 0};
    if (!isatty(STDERR_FILENO))
        add(&line, (char[]){'<', priorities[level], '>'}, 3);
    add_message(&line, area, what, fields);
    write_line(&line);
}
