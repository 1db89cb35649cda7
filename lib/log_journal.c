/* Log lines as journal entries: what `journalctl DUBAN_CASE=SP2026…` finds. */
#include "log_journal.h"

#include "duban/instant.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FIELDS_MOST 24
#define FIELD_BYTES 512 /* a longer value is cut; MESSAGE has it, too */
#define PREFIX      "DUBAN_"

struct entry {
    struct iovec parts[FIELDS_MOST];
    char texts[FIELDS_MOST][FIELD_BYTES];
    int count;
};

bool log_journal_is_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat file;
    return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &file) == 0 && (uintmax_t)file.st_dev == device &&
           (uintmax_t)file.st_ino == inode;
}

/* KEY=value; the key in capitals, all of it that the journal doesn't take as '_'. */
static void add(struct entry *entry, const char *prefix, const char *key, const char *value)
{
    if (entry->count == FIELDS_MOST)
        return;
    char *text = entry->texts[entry->count];
    int length = snprintf(text, FIELD_BYTES, "%s%s=%s", prefix, key, value);
    for (char *at = text + strlen(prefix); at < text + FIELD_BYTES && *at && *at != '='; at++)
        *at = isalnum((unsigned char)*at) ? (char)toupper((unsigned char)*at) : '_';
    size_t bytes = length < 0 ? 0 : length < FIELD_BYTES ? (size_t)length : FIELD_BYTES - 1;
    entry->parts[entry->count++] = (struct iovec){text, bytes};
}

static void add_field(struct entry *entry, const struct log_field *field)
{
    char text[INSTANT_TEXT_BYTES];
    if (field->kind == LOG_TEXT && field->text) {
        add(entry, PREFIX, field->key, field->text);
    } else if (field->kind == LOG_INT) {
        snprintf(text, sizeof text, "%" PRId64, field->number);
        add(entry, PREFIX, field->key, text);
    } else if (field->kind == LOG_INSTANT) {
        add(entry, PREFIX, field->key, instant_text(field->number, text));
    }
}

bool log_journal_send(int priority, const char *message, const char *area,
                      const struct log_field *fields)
{
    struct entry entry = {.count = 0};
    char level[] = {(char)('0' + priority), '\0'};
    char *text = NULL;
    int length = asprintf(&text, "MESSAGE=%s", message);
    if (length < 0)
        return false;
    entry.parts[entry.count++] = (struct iovec){text, (size_t)length};
    add(&entry, "", "PRIORITY", level);
    add(&entry, "", "SYSLOG_IDENTIFIER", program_invocation_short_name);
    add(&entry, PREFIX, "AREA", area);
    for (; fields->kind != LOG_END; fields++)
        add_field(&entry, fields);
    bool sent = sd_journal_sendv(entry.parts, entry.count) == 0;
    free(text);
    return sent;
}
