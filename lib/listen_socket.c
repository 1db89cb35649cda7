/* Sockets to listen at. */
#include "duban/listen_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

/* A socket file that is left over from a process that has ended. */
static void remove_stale(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)at, sizeof *at) != 0 &&
        errno == ECONNREFUSED)
        unlink(at->sun_path);
    if (fd >= 0)
        close(fd);
}

static bool bind_path(int fd, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, path, strlen(path) + 1);
    remove_stale(&at);
    return bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && chmod(path, 0660) == 0;
}

static bool bind_address(int fd, const struct listen_place *place)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(place->port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(place->port)};
    memcpy(&four.sin_addr, place->address.bytes + 12, 4);
    memcpy(&six.sin6_addr, place->address.bytes, 16);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    return (place->is_ipv6 ? bind(fd, (const struct sockaddr *)&six, sizeof six)
                           : bind(fd, (const struct sockaddr *)&four, sizeof four)) == 0;
}

int listen_socket_open(const struct listen_place *place, struct error *error)
{
    int family = place->path[0] ? AF_UNIX : place->is_ipv6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (place->path[0] ? bind_path(fd, place->path) : bind_address(fd, place)) &&
        listen(fd, BACKLOG) == 0)
        return fd;
    error_set(error, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

void listen_socket_remove(const struct listen_place *place)
{
    if (place->path[0])
        unlink(place->path);
}
