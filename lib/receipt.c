/* What the receipts of all providers have in common. */
#include "duban/receipt.h"

#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <string.h>

#define CHINA_OFFSET_US   (8 * 3600 * US_PER_S)
#define PARAMETER_BYTES   1024
#define DETAIL_LINE_BYTES 256

const char *receipt_status_word(enum receipt_status status)
{
    static const char *const words[] = {
        [RECEIPT_DELIVERED] = "delivered",
        [RECEIPT_FAILED] = "failed",
        [RECEIPT_BUFFERED] = "buffered",
        [RECEIPT_ACCEPTED] = "accepted",
    };
    return words[status];
}

void receipt_list_finish(struct receipt_list *list)
{
    free(list->items);
    *list = (struct receipt_list){0};
}

/* Reads one after the other; what can't be read is counted, so that the others aren't lost. */
static bool read_entries(const json_t *entries, receipt_entry_reader read,
                         struct receipt_list *list, struct error *error)
{
    size_t count = json_array_size(entries);
    if (count == 0)
        return error_set(error, "there is no receipt in it");
    if (count > RECEIPTS_MOST)
        return error_set(error, "%zu receipts; expected %d at most", count, RECEIPTS_MOST);
    struct receipt_list made = {.items = mem_zero(count, sizeof *made.items)};
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        struct receipt *receipt = &made.items[made.count];
        struct error why;
        *receipt = (struct receipt){.reported_at = WALL_NONE};
        if (json_is_object(entry) ? read(entry, receipt, &why)
                                  : error_set(&why, "an entry is not an object")) {
            made.count++;
        } else if (made.unreadable++ == 0) {
            made.why = why;
        }
    }
    if (made.count == 0) {
        error_set(error, "%s", made.why.text);
        receipt_list_finish(&made);
        return false;
    }
    *list = made;
    return true;
}

bool receipt_read_json(const struct receipt_request *request, receipt_entry_reader read,
                       struct receipt_list *list, struct error *error)
{
    json_error_t where;
    json_t *root = json_loadb(request->body, request->body_length, 0, &where);
    if (root == NULL)
        return error_set(error, "the body is not JSON (byte %d)", where.position);
    if (json_is_object(root)) {
        json_t *list_of_one = json_array();
        json_array_append_new(list_of_one, root);
        root = list_of_one;
    }
    bool fine = read_entries(root, read, list, error);
    json_decref(root);
    return fine;
}

void receipt_parameter(const struct receipt_request *request, const char *name, struct buf *out)
{
    size_t length = strlen(name);
    buf_init(out, PARAMETER_BYTES);
    for (const char *at = request->query; *at;) {
        size_t pair = strcspn(at, "&");
        if (pair > length && strncmp(at, name, length) == 0 && at[length] == '=') {
            url_decode(out, at + length + 1, pair - length - 1);
            return;
        }
        at += pair + (at[pair] == '&');
    }
}

bool receipt_set_id(char id[RECEIPT_ID_BYTES], const char *text)
{
    size_t length = strlen(text);
    bool fine = length < RECEIPT_ID_BYTES;
    for (size_t i = 0; fine && i < length; i++)
        fine = text[i] > ' ' && text[i] <= '~';
    memset(id, 0, RECEIPT_ID_BYTES);
    if (fine)
        memcpy(id, text, length);
    return fine;
}

void receipt_set_detail(struct receipt *receipt, const char *words)
{
    AUTO_BUF line;
    buf_init(&line, DETAIL_LINE_BYTES);
    outcome_first_line(&line, words + strspn(words, " \t\r\n"));
    size_t length = utf8_cut(buf_string(&line), sizeof receipt->detail - 1);
    memcpy(receipt->detail, buf_string(&line), length);
    receipt->detail[length] = '\0';
}

/* The digits of a text that is nothing else but punctuation; false unless they are 14. */
static bool read_digits(const char *text, int digits[14])
{
    size_t count = 0;
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            if (count == 14)
                return false;
            digits[count++] = *text - '0';
        } else if (strchr("-/: T", *text) == NULL) {
            return false;
        }
    }
    return count == 14;
}

wall_us receipt_china_time(const char *text)
{
    int d[14];
    if (!read_digits(text, d))
        return WALL_NONE;
    int year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3];
    int month = d[4] * 10 + d[5], day = d[6] * 10 + d[7];
    int hour = d[8] * 10 + d[9], minute = d[10] * 10 + d[11], second = d[12] * 10 + d[13];
    if (year < 2000 || !civil_is_valid(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return WALL_NONE;
    int64_t seconds = (int64_t)day_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60;
    return (seconds + second) * US_PER_S - CHINA_OFFSET_US;
}
