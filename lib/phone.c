/* Telephone numbers that can receive a short message. */
#include "duban/phone.h"

#include "duban/mask.h"

#include <string.h>

#define MOBILE_DIGITS     11
#define E164_DIGITS_LEAST 8
#define E164_DIGITS_MOST  15
#define DIGITS_MOST       (E164_DIGITS_MOST + 2) /* with a leading 00 */

static bool refuse(const char *text, const char *why, struct error *error)
{
    AUTO_BUF masked;
    buf_init(&masked, 64);
    mask_phone(&masked, text);
    return error_set(error, "%s %s", buf_string(&masked), why);
}

/* The digits alone; a leading + or 00 is told apart. False for anything else in the text. */
static bool read_digits(const char *text, char digits[DIGITS_MOST + 1], bool *plus)
{
    size_t count = 0;
    text += strspn(text, " ");
    *plus = *text == '+';
    for (text += *plus; *text; text++) {
        if (strchr(" -()", *text))
            continue;
        if (*text < '0' || *text > '9' || count == DIGITS_MOST)
            return false;
        digits[count++] = *text;
    }
    digits[count] = '\0';
    if (!*plus && digits[0] == '0' && digits[1] == '0') {
        *plus = true;
        memmove(digits, digits + 2, count - 1);
    }
    return count != 0;
}

static bool is_mobile(const char *digits)
{
    return strlen(digits) == MOBILE_DIGITS && digits[0] == '1' && digits[1] >= '3';
}

/* The national part of a number of China, NULL for another country's. */
static const char *national(const char *digits, bool plus)
{
    if (strncmp(digits, "86", 2) == 0 && (plus || is_mobile(digits + 2)))
        return digits + 2;
    return plus ? NULL : digits;
}

bool phone_read(const char *text, char phone[PHONE_BYTES], struct error *error)
{
    char digits[DIGITS_MOST + 1];
    bool plus;
    if (!read_digits(text, digits, &plus))
        return refuse(text, "is not a telephone number", error);
    const char *mobile = national(digits, plus);
    if (mobile && is_mobile(mobile)) {
        memcpy(phone, mobile, MOBILE_DIGITS + 1);
        return true;
    }
    if (mobile && mobile[0] == '0')
        return refuse(text, "is a landline, which receives no short messages", error);
    if (mobile)
        return refuse(text, "is not a mobile number (11 digits that begin with 13 … 19)", error);
    size_t length = strlen(digits);
    if (digits[0] == '0' || length < E164_DIGITS_LEAST || length > E164_DIGITS_MOST)
        return refuse(text, "is not an international number (+, country, 8 to 15 digits)", error);
    phone[0] = '+';
    memcpy(phone + 1, digits, length + 1);
    return true;
}
