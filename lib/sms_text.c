/* How long a text is as a short message. */
#include "duban/sms_text.h"

#include "duban/utf8.h"

#include <stdint.h>
#include <string.h>

/* GSM 03.38 in code order; ESC (0x1B) is left out. */
static const char basic_alphabet[] =
    "@\u00A3$\u00A5\u00E8\u00E9\u00F9\u00EC\u00F2\u00C7\n\u00D8\u00F8\r\u00C5\u00E5"
    "\u0394_\u03A6\u0393\u039B\u03A9\u03A0\u03A8\u03A3\u0398\u039E\u00C6\u00E6\u00DF\u00C9"
    " !\"#\u00A4%&'()*+,-./0123456789:;<=>?"
    "\u00A1ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00C4\u00D6\u00D1\u00DC\u00A7"
    "\u00BFabcdefghijklmnopqrstuvwxyz\u00E4\u00F6\u00F1\u00FC\u00E0";
static const char extension_alphabet[] = "\f^{}\\[~]|\u20AC";

size_t sms_room(int64_t segments, size_t signature_units)
{
    size_t whole = segments > 1 ? (size_t)segments * SMS_UCS2_PART : SMS_UCS2_ONE;
    bool known = signature_units > 0 && signature_units < SMS_UCS2_ONE;
    return whole - (known ? signature_units : SMS_UCS2_ONE - SMS_TEXT_UNITS);
}

static size_t ucs2_units(uint32_t character)
{
    return character > 0xFFFF ? 2 : 1;
}

static bool contains(const char *alphabet, uint32_t character)
{
    for (uint32_t each; (each = utf8_read(&alphabet));)
        if (each == character)
            return true;
    return false;
}

/* Septets, 0 for a character that the alphabet doesn't have. */
static size_t gsm7_units(uint32_t character)
{
    if (contains(basic_alphabet, character))
        return 1;
    return contains(extension_alphabet, character) ? 2 : 0;
}

static struct sms_size measure(const char *text, size_t (*units_of)(uint32_t), size_t one,
                               size_t part)
{
    struct sms_size size = {0};
    size_t in_part = 0, parts = 0;
    for (uint32_t character; (character = utf8_read(&text));) {
        size_t units = units_of(character);
        size.units += units;
        if (parts == 0 || in_part + units > part) {
            parts++;
            in_part = 0;
        }
        in_part += units;
    }
    size.segments = size.units && size.units <= one ? 1 : parts;
    return size;
}

size_t sms_units(const char *text)
{
    size_t units = 0;
    for (uint32_t character; (character = utf8_read(&text));)
        units += ucs2_units(character);
    return units;
}

struct sms_size sms_measure(const char *text)
{
    return measure(text, ucs2_units, SMS_UCS2_ONE, SMS_UCS2_PART);
}

bool sms_is_gsm7(const char *text)
{
    for (uint32_t character; (character = utf8_read(&text));)
        if (gsm7_units(character) == 0)
            return false;
    return true;
}

struct sms_size sms_measure_gsm7(const char *text)
{
    return measure(text, gsm7_units, SMS_GSM7_ONE, SMS_GSM7_PART);
}
