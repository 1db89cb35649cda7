/* How long a text is as a short message. */
#ifndef DUBAN_SMS_TEXT_H
#define DUBAN_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one message holds, and each part of a longer one (the rest is the header that joins
 * them). Units: UTF-16 code units, or septets of the GSM 7-bit alphabet. */
#define SMS_UCS2_ONE 70

/* What a text may fill of a message that isn't split: the operator's signature 【…】 takes up to 8
 * units and its brackets. */
#define SMS_TEXT_UNITS (SMS_UCS2_ONE - 10)
#define SMS_UCS2_PART  67
#define SMS_GSM7_ONE   160
#define SMS_GSM7_PART  153

/* What a text may fill of so many segments (0 is 1), when a signature with its brackets takes
 * `signature_units` of them; 0: it isn't known, and room for one is left. */
size_t sms_room(int64_t segments, size_t signature_units);

struct sms_size {
    size_t units;
    size_t segments; /* 0 for an empty text */
};

/* UTF-16 code units: two for a character beyond U+FFFF. Broken bytes count as U+FFFD. */
size_t sms_units(const char *text);

/* As UCS-2, the way every text is sent (coding=2) and billed in China. A surrogate pair is not
 * torn between parts. */
struct sms_size sms_measure(const char *text);

/* Whether every character is in GSM 03.38's default alphabet or its extension. */
bool sms_is_gsm7(const char *text);

/* As GSM 7-bit; characters of the extension table (| ^ € { } [ ] ~ \) count two and are not torn.
 * Only for a text that sms_is_gsm7(). */
struct sms_size sms_measure_gsm7(const char *text);

#endif
