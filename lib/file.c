/* Whole files into memory, and paths beside other files. */
#include "duban/file.h"

#include "duban/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fills `text` until the end of the file or `room` bytes; -1 with errno on failure. */
static ssize_t read_all(int descriptor, char *text, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t got = read(descriptor, text + length, room - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static bool read_open(int descriptor, size_t most_bytes, char **text, size_t *length,
                      struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return error_set(error, "cannot be read: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "is not a regular file");
    if (status.st_size > (off_t)most_bytes)
        return error_set(error, "is larger than %zu bytes", most_bytes);
    /* One byte more than it had: it may have grown meanwhile. */
    size_t room = (size_t)status.st_size + 1;
    char *bytes = mem_zero(room + 1, 1);
    ssize_t got = read_all(descriptor, bytes, room);
    if (got >= 0 && (size_t)got <= most_bytes) {
        *text = bytes;
        *length = (size_t)got;
        return true;
    }
    if (got < 0)
        error_set(error, "cannot be read: %s", strerror(errno));
    else
        error_set(error, "is larger than %zu bytes", most_bytes);
    explicit_bzero(bytes, room); /* it may have been a secret */
    free(bytes);
    return false;
}

bool file_read(const char *path, size_t most_bytes, char **text, size_t *length,
               struct error *error)
{
    /* O_NONBLOCK: a named pipe must not keep us waiting for a writer. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return error_set(error, "cannot be read: %s", strerror(errno));
    bool done = read_open(descriptor, most_bytes, text, length, error);
    close(descriptor);
    return done;
}

static bool write_all(int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return fsync(descriptor) == 0;
}

bool file_replace(const char *path, const char *text, size_t length, struct error *error)
{
    AUTO_FREE char *beside = mem_format("%s.XXXXXX", path);
    int descriptor = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (descriptor < 0)
        return error_set(error, "cannot be written: %s", strerror(errno));
    bool done = write_all(descriptor, text, length) && rename(beside, path) == 0;
    if (!done) {
        error_set(error, "cannot be written: %s", strerror(errno));
        unlink(beside);
    }
    close(descriptor);
    return done;
}

char *path_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (path[0] == '/' || slash == NULL)
        return mem_text(path);
    return mem_format("%.*s/%s", (int)(slash - file), file, path);
}
