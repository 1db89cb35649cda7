/* Secrets from files, wiped when they are no longer needed. */
#include "duban/secret.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

void secret_destroy(char *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* The limit alone wouldn't do: a handler of dumps that core_pattern pipes to gets them whatever the
 * limit is, unless the process isn't dumpable. Neither can fail. */
void secret_guard_process(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks has to look into the process */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool secret_equals(const char *secret, const char *text)
{
    size_t length = strlen(secret);
    return strlen(text) == length && CRYPTO_memcmp(secret, text, length) == 0;
}

/* A file that everybody on the machine may read keeps no secret. The group may: a service often
 * shares its secrets with its administrators by one. */
bool secret_check_file(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(error, "cannot be read: %s", strerror(errno));
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return error_set(error, "may be %s by every user (mode %04o); expected chmod o= or 0600",
                         status.st_mode & S_IROTH ? "read" : "written",
                         (unsigned)(status.st_mode & 07777));
    return true;
}

static bool check_content(const char *secret, size_t length, struct error *error)
{
    if (length == 0)
        return error_set(error, "is empty; expected a secret");
    if (memchr(secret, '\0', length))
        return error_set(error, "holds a NUL byte; expected text");
    if (memchr(secret, '\n', length) || memchr(secret, '\r', length))
        return error_set(error, "has several lines; expected the secret on one");
    return true;
}

/* Without one "\n" or "\r\n" at the end. */
static size_t trimmed(const char *text, size_t length)
{
    if (length && text[length - 1] == '\n')
        length--;
    if (length && text[length - 1] == '\r')
        length--;
    return length;
}

char *secret_read_file(const char *path, struct error *error)
{
    char *text;
    size_t length;
    if (!secret_check_file(path, error) ||
        !file_read(path, SECRET_BYTES_MOST, &text, &length, error))
        return NULL;
    size_t kept = trimmed(text, length);
    if (!check_content(text, kept, error)) {
        explicit_bzero(text, length);
        free(text);
        return NULL;
    }
    explicit_bzero(text + kept, length - kept);
    return text;
}

char *secret_read_credential(const char *name, struct error *error)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (directory == NULL || directory[0] == '\0') {
        error_set(error, "there are no credentials: $CREDENTIALS_DIRECTORY isn't set, which "
                         "systemd does for LoadCredential=");
        return NULL;
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/')) {
        error_set(error, "'%.60s' is no name of a credential", name);
        return NULL;
    }
    AUTO_FREE char *path = mem_format("%s/%s", directory, name);
    return secret_read_file(path, error);
}
