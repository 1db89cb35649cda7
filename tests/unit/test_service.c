/* What the service manager is told, read from a socket in its place. */
#include "duban/mem.h"
#include "duban/service.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int manager = -1;
static char got[4096];

static int listen_as_manager(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1;
    length += (socklen_t)snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                  "duban-test-service-%d", (int)getpid());
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (manager < 0 || bind(manager, (struct sockaddr *)&address, length) != 0)
        return -1;
    AUTO_FREE char *name = mem_format("@%s", address.sun_path + 1);
    return setenv("NOTIFY_SOCKET", name, 1);
}

static int leave(void **state)
{
    (void)state;
    close(manager);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return unsetenv("NOTIFY_SOCKET");
}

static const char *told(void)
{
    ssize_t length = recv(manager, got, sizeof got - 1, 0);
    got[length > 0 ? length : 0] = '\0';
    return got;
}

static void each_state_is_told(void **state)
{
    (void)state;
    service_ready();
    assert_string_equal(told(), "READY=1");
    service_stopping();
    assert_string_equal(told(), "STOPPING=1");
    service_alive();
    assert_string_equal(told(), "WATCHDOG=1");
}

static void a_reload_tells_the_time(void **state)
{
    (void)state;
    int64_t us = 0;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    service_reloading();
    assert_int_equal(sscanf(told(), "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &us), 1);
    assert_in_range(us, now.tv_sec * US_PER_S, (now.tv_sec + 60) * US_PER_S);
}

static void the_status_is_one_line(void **state)
{
    (void)state;
    service_status("%d 件超期", 3);
    assert_string_equal(told(), "STATUS=3 件超期");
    service_status("down: %s", "a\nREADY=1\r\nb");
    assert_string_equal(told(), "STATUS=down: a READY=1  b");
}

static void the_watchdog_is_fed_twice_as_often_as_it_bites(void **state)
{
    (void)state;
    assert_int_equal(service_watchdog_interval(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(service_watchdog_interval(), 15 * US_PER_S);
    AUTO_FREE char *other = mem_format("%d", (int)getppid());
    setenv("WATCHDOG_PID", other, 1); /* meant for another process */
    assert_int_equal(service_watchdog_interval(), 0);
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    service_ready();
    service_reloading();
    service_status("x");
    service_alive();
    service_stopping();
    assert_string_equal(told(), "");
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    service_ready();
}

static volatile sig_atomic_t asked;

static void count_request(int number)
{
    asked += number == SIGHUP;
}

static void a_request_that_comes_early_waits(void **state)
{
    (void)state;
    service_begin();
    raise(SIGHUP); /* would end the process */
    signal(SIGHUP, count_request);
    assert_int_equal(asked, 0);
    service_take_requests();
    assert_int_equal(asked, 1);
    raise(SIGHUP);
    assert_int_equal(asked, 2);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_state_is_told, listen_as_manager, leave),
        cmocka_unit_test_setup_teardown(a_reload_tells_the_time, listen_as_manager, leave),
        cmocka_unit_test_setup_teardown(the_status_is_one_line, listen_as_manager, leave),
        cmocka_unit_test_setup_teardown(the_watchdog_is_fed_twice_as_often_as_it_bites,
                                        listen_as_manager, leave),
        cmocka_unit_test_setup_teardown(without_a_manager_nothing_happens, listen_as_manager,
                                        leave),
        cmocka_unit_test(a_request_that_comes_early_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
