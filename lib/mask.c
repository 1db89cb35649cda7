/* Masking of names and numbers, character by character. */
#include "duban/mask.h"

#include "duban/utf8.h"

#include <string.h>

#define STARS_OF_NAME 2

#define MOBILE_DIGITS   11
#define IDENTITY_DIGITS 18

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void add_stars(struct buf *out, size_t count)
{
    while (count--)
        buf_char(out, '*');
}

void mask_name(struct buf *out, const char *name)
{
    size_t kept = utf8_prefix(name, 1);
    size_t hidden = utf8_length(name + kept);
    buf_add(out, name, kept);
    add_stars(out, hidden < STARS_OF_NAME ? hidden : STARS_OF_NAME);
}

/* Keeps `head` and `tail` characters of the text that ends at `length` bytes of ASCII. */
static void mask_middle(struct buf *out, const char *text, size_t length, size_t head, size_t tail)
{
    buf_add(out, text, head);
    add_stars(out, length - head - tail);
    buf_add(out, text + length - tail, tail);
}

void mask_phone(struct buf *out, const char *phone)
{
    size_t length = strlen(phone), digits = 0;
    for (size_t i = 0; i < length; i++)
        digits += is_digit(phone[i]);
    if (digits >= MOBILE_DIGITS)
        mask_middle(out, phone, length, length - 8, 4);
    else
        mask_middle(out, phone, length, 0, digits < 5 ? 0 : 2);
}

void mask_address(struct buf *out, const char *address)
{
    const char *host = strstr(address, "://");
    if (host) {
        size_t length = strcspn(host + 3, "/?#");
        buf_add(out, address, (size_t)(host + 3 - address) + length);
        if (host[3 + length])
            buf_text(out, "/…");
    } else if (strchr(address, '@')) {
        mask_name(out, address);
        buf_text(out, strchr(address, '@'));
    } else {
        mask_phone(out, address);
    }
}

/* Length of the word of letters and digits that begins here. */
static size_t word_length(const char *text)
{
    size_t length = 0;
    while (is_word(text[length]))
        length++;
    return length;
}

static bool all_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

/* A mainland mobile number with its country's digits or without: 13800138000, 8613800138000,
 * 008613800138000. */
static bool is_mobile(const char *word, size_t length)
{
    if (length < MOBILE_DIGITS || !all_digits(word, length))
        return false;
    const char *number = word + length - MOBILE_DIGITS;
    size_t before = length - MOBILE_DIGITS;
    return number[0] == '1' && number[1] >= '3' &&
           (before == 0 || (before == 2 && memcmp(word, "86", 2) == 0) ||
            (before == 4 && memcmp(word, "0086", 4) == 0));
}

static bool is_identity(const char *word, size_t length)
{
    return length == IDENTITY_DIGITS && all_digits(word, length - 1) && word[0] != '0' &&
           (is_digit(word[length - 1]) || (word[length - 1] | 0x20) == 'x');
}

/* Length of what stands before the @ of a mail address that begins here; 0: none does. */
static size_t mailbox_length(const char *text)
{
    size_t length = 0;
    while (is_word(text[length]) || (text[length] && strchr(".+-", text[length])))
        length++;
    return length && text[length] == '@' && is_word(text[length + 1]) ? length : 0;
}

static void mask_mailbox(struct buf *out, const char *mailbox)
{
    buf_char(out, mailbox[0]);
    add_stars(out, STARS_OF_NAME);
}

void mask_text(struct buf *out, const char *text)
{
    while (*text) {
        size_t length = word_length(text), mailbox = mailbox_length(text);
        if (mailbox)
            mask_mailbox(out, text);
        else if (is_mobile(text, length))
            mask_middle(out, text, length, length - 8, 4);
        else if (is_identity(text, length))
            mask_middle(out, text, length, 3, 4);
        else
            buf_add(out, text, length ? length : (length = 1));
        text += mailbox ? mailbox : length;
    }
}

void mask_persons(struct facts *facts)
{
    facts->applicant_name = facts->applicant_phone = "";
    facts->handler_name = facts->handler_phone = "";
    facts->agent_name = facts->agent_phone = "";
}
