/* The Retry-After header of HTTP. */
#include "duban/retry_after.h"

#include <curl/curl.h>
#include <string.h>

static int64_t bounded(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds < RETRY_AFTER_MOST_S ? seconds : RETRY_AFTER_MOST_S;
}

static int64_t read_seconds(const char *digits, size_t length)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < length && seconds < RETRY_AFTER_MOST_S; i++)
        seconds = seconds * 10 + (digits[i] - '0');
    return bounded(seconds);
}

int64_t retry_after_s(const char *value, wall_us now)
{
    if (value == NULL)
        return -1;
    value += strspn(value, " \t");
    size_t digits = strspn(value, "0123456789");
    if (digits && value[digits + strspn(value + digits, " \t")] == '\0')
        return read_seconds(value, digits);
    if (digits) /* curl_getdate would take "20261125" and more for dates */
        return -1;
    time_t at = curl_getdate(value, NULL);
    return at == -1 ? -1 : bounded((int64_t)at - now / US_PER_S);
}
