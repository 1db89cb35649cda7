/* Cookies of a request. */
#include "duban/cookie.h"

#include <string.h>

bool cookie_read(const char *header, const char *name, char *value, size_t room)
{
    size_t length = strlen(name);
    for (const char *at = header; at && *at;) {
        at += strspn(at, " ;");
        size_t whole = strcspn(at, ";");
        while (whole > 0 && at[whole - 1] == ' ')
            whole--;
        if (whole > length && at[length] == '=' && strncmp(at, name, length) == 0) {
            size_t rest = whole - length - 1;
            if (rest >= room)
                return false;
            memcpy(value, at + length + 1, rest);
            value[rest] = '\0';
            return true;
        }
        at += strcspn(at, ";");
    }
    return false;
}
