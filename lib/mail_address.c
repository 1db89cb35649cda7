/* Addresses of e-mail: the dot-atoms of RFC 5321, of ASCII. */
#include "duban/mail_address.h"

#include <string.h>

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATOM           LETTERS_DIGITS "!#$%&'*+-/=?^_`{|}~"

#define LOCAL_BYTES_MOST 64
#define HOST_BYTES_MOST  253
#define LABEL_BYTES_MOST 63

/* Whether the text up to `length` is made of these characters, in parts with dots between. */
static bool is_dotted(const char *text, size_t length, const char *characters, size_t part_most)
{
    for (size_t at = 0;; at++) {
        size_t part = strspn(text + at, characters);
        if (part == 0 || part > part_most)
            return false;
        at += part;
        if (at >= length)
            return at == length;
        if (text[at] != '.')
            return false;
    }
}

bool mail_host_check(const char *host, struct error *error)
{
    size_t length = strlen(host);
    bool fine = length <= HOST_BYTES_MOST &&
                is_dotted(host, length, LETTERS_DIGITS "-", LABEL_BYTES_MOST) && host[0] != '-' &&
                host[length - 1] != '-' && strstr(host, ".-") == NULL && strstr(host, "-.") == NULL;
    return fine || error_set(error, "expected the name of a host, as mail.example.gov.cn");
}

bool mail_address_check(const char *address, struct error *error)
{
    const char *at = strchr(address, '@');
    if (at == NULL)
        return error_set(error, "expected a mail address, as name@example.gov.cn");
    for (const char *byte = address; *byte; byte++)
        if (*byte <= ' ' || *byte > '~')
            return error_set(error, "a mail address holds no spaces, and only ASCII (byte %zu)",
                             (size_t)(byte - address) + 1);
    if (strlen(address) >= MAIL_ADDRESS_BYTES)
        return error_set(error, "the mail address is longer than %d bytes", MAIL_ADDRESS_BYTES - 1);
    if (!is_dotted(address, (size_t)(at - address), ATOM, LOCAL_BYTES_MOST) ||
        at - address > LOCAL_BYTES_MOST)
        return error_set(error, "expected one bare mail address: letters, digits, dots and the "
                                "like, then @ and the host");
    return mail_host_check(at + 1, error) || error_prefix(error, "behind the @");
}

const char *mail_address_host(const char *address)
{
    return strchr(address, '@') + 1;
}
