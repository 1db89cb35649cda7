/* Files written once, whole, and with the right owner. */
#include "setup_file.h"

#include "duban/config.h"
#include "duban/file.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVICE_GROUP "duban"

static void note(struct written *written, const char *path)
{
    if (written->count < WRITTEN_MOST)
        written->paths[written->count++] = mem_text(path);
}

static bool fail(struct error *error, const char *path)
{
    return error_set(error, "%s: %s", path, strerror(errno));
}

/* Root's files that the service has to read are its group's. False when they are its owner's alone.
 */
static bool find_group(gid_t *group)
{
    /* cppcheck-suppress getgrnamCalled ; there is one thread */
    const struct group *found = geteuid() == 0 ? getgrnam(SERVICE_GROUP) : NULL;
    if (found)
        *group = found->gr_gid;
    return found != NULL;
}

static bool write_whole(int descriptor, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t done = write(descriptor, text, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        text += done;
        left -= (size_t)done;
    }
    return fsync(descriptor) == 0;
}

/* --- secrets --- */

static bool make_folder(struct written *written, const char *path, struct error *error)
{
    gid_t group;
    if (mkdir(path, S_IRWXU) != 0)
        return errno == EEXIST || fail(error, path);
    written->folder = true;
    written->folder_path = mem_text(path);
    return !find_group(&group) ||
           (chown(path, 0, group) == 0 && chmod(path, S_IRWXU | S_IRGRP | S_IXGRP) == 0) ||
           fail(error, path);
}

static bool is_same(const char *path, const char *secret, struct error *error)
{
    char *theirs = secret_read_file(path, error);
    if (theirs == NULL)
        return error_prefix(error, "%s", path);
    bool same = secret_equals(theirs, secret);
    secret_destroy(theirs);
    return same || error_set(error, "%s is there and holds another secret", path);
}

static bool fill_secret(int descriptor, const char *secret)
{
    gid_t group;
    bool shared = find_group(&group);
    return write_whole(descriptor, secret) && write_whole(descriptor, "\n") &&
           (!shared || (fchown(descriptor, 0, group) == 0 &&
                        fchmod(descriptor, S_IRUSR | S_IWUSR | S_IRGRP) == 0));
}

bool written_secret(struct written *written, const char *output, const char *name,
                    const char *secret, struct error *error)
{
    AUTO_FREE char *folder = path_beside(output, SECRETS);
    AUTO_FREE char *path = mem_format("%s/%s", folder, name);
    if (!make_folder(written, folder, error))
        return false;
    int descriptor =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return errno == EEXIST ? is_same(path, secret, error) : fail(error, path);
    note(written, path);
    bool good = fill_secret(descriptor, secret) || fail(error, path);
    close(descriptor);
    return good;
}

/* --- the configuration --- */

static bool check(const char *path, struct error *error)
{
    struct problems problems = {0};
    struct config *config = config_load(path, &problems);
    bool good = config != NULL || problems_error(&problems, error);
    config_destroy(config);
    problems_finish(&problems);
    return good;
}

bool written_config(struct written *written, const char *output, const char *text,
                    struct error *error)
{
    AUTO_FREE char *draft = mem_format("%s.XXXXXX", output);
    int descriptor = mkostemp(draft, O_CLOEXEC);
    if (descriptor < 0)
        return fail(error, output);
    bool good = (write_whole(descriptor, text) &&
                 fchmod(descriptor, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0) ||
                fail(error, output);
    close(descriptor);
    good = good && check(draft, error) && (link(draft, output) == 0 || fail(error, output));
    unlink(draft);
    if (good)
        note(written, output);
    return good;
}

void written_finish(struct written *written, bool undo)
{
    for (size_t i = 0; i < written->count; i++) {
        if (undo)
            unlink(written->paths[i]);
        free(written->paths[i]);
    }
    if (undo && written->folder)
        rmdir(written->folder_path);
    free(written->folder_path);
    *written = (struct written){0};
}

char *beside_or_absolute(const char *file, const char *path)
{
    AUTO_FREE char *folder = path_beside(file, ".");
    AUTO_FREE char *base = realpath(folder, NULL);
    char *real = realpath(path, NULL);
    size_t length = base ? strlen(base) : 0;
    if (real == NULL)
        return mem_text(path);
    if (length == 0 || strncmp(real, base, length) != 0 || real[length] != '/')
        return real;
    char *relative = mem_text(real + length + 1);
    free(real);
    return relative;
}
