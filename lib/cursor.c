/* Where a page ended: "SEVERITY.DUE.CLOCK.CASE" in base64url. */
#include "duban/cursor.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buf *out, const char *text)
{
    unsigned bits = 0, kept = 0;
    for (; *text; text++) {
        kept = kept << 8 | (unsigned char)*text;
        for (bits += 8; bits >= 6; bits -= 6)
            buf_char(out, letters[kept >> (bits - 6) & 63]);
    }
    if (bits > 0)
        buf_char(out, letters[kept << (6 - bits) & 63]);
}

/* False when there is no room, or it is no base64. */
static bool decode(const char *text, char *out, size_t room)
{
    unsigned bits = 0, kept = 0;
    size_t length = 0;
    for (; *text; text++) {
        const char *letter = strchr(letters, *text);
        if (letter == NULL)
            return false;
        kept = kept << 6 | (unsigned)(letter - letters);
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        if (length + 1 >= room)
            return false;
        out[length++] = (char)(kept >> bits & 255);
    }
    out[length] = '\0';
    return strlen(out) == length;
}

void cursor_write(struct buf *out, const struct cursor *cursor)
{
    AUTO_FREE char *text = mem_format("%lld.%lld.%s.%s", (long long)cursor->severity,
                                      (long long)cursor->due_at, cursor->clock, cursor->case_no);
    encode(out, text);
}

static bool read_number(char **at, int64_t least, int64_t most, int64_t *number)
{
    char *end;
    errno = 0;
    long long value = strtoll(*at, &end, 10);
    if (errno || end == *at || *end != '.' || value < least || value > most)
        return false;
    *number = value;
    *at = end + 1;
    return true;
}

static bool read_text(char *at, struct cursor *cursor)
{
    struct cursor read;
    if (!read_number(&at, 0, INT16_MAX, &read.severity) ||
        !read_number(&at, -INT64_C(62135596800) * US_PER_S, INT64_C(253402300800) * US_PER_S,
                     &read.due_at))
        return false;
    size_t clock = strcspn(at, ".");
    if (clock == 0 || clock >= sizeof read.clock || at[clock] != '.')
        return false;
    const char *case_no = at + clock + 1;
    size_t length = strlen(case_no);
    if (length == 0 || length > CASE_NO_BYTES_MOST || !utf8_is_valid(at, strlen(at)))
        return false;
    snprintf(read.clock, sizeof read.clock, "%.*s", (int)clock, at);
    snprintf(read.case_no, sizeof read.case_no, "%s", case_no);
    *cursor = read;
    return true;
}

bool cursor_read(struct cursor *cursor, const char *text, struct error *error)
{
    char plain[256];
    struct cursor read;
    if (!decode(text, plain, sizeof plain) || !read_text(plain, &read))
        return error_set(error, "no place to go on from");
    AUTO_BUF again;
    buf_init(&again, 1024);
    cursor_write(&again, &read);
    if (strcmp(buf_string(&again), text) != 0)
        return error_set(error, "no place to go on from");
    *cursor = read;
    return true;
}
