/* The service manager, through sd_notify(3). Its failures are ignored: the manager may be gone or
 * deaf, and cases have to be watched all the same. */
#include "duban/service.h"

#include "duban/mem.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define STATUS_BYTES 1024

/* SIG_BLOCK or SIG_UNBLOCK of the signals that ask a running service for something. */
static void mask_requests(int how)
{
    sigset_t requests;
    sigemptyset(&requests);
    sigaddset(&requests, SIGHUP);
    sigaddset(&requests, SIGUSR1);
    sigprocmask(how, &requests, NULL);
}

void service_begin(void)
{
    mask_requests(SIG_BLOCK);
    signal(SIGPIPE, SIG_IGN);
}

void service_take_requests(void)
{
    mask_requests(SIG_UNBLOCK);
}

void service_ready(void)
{
    sd_notify(0, "READY=1");
}

void service_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = now.tv_sec * US_PER_S + now.tv_nsec / 1000;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, us);
}

void service_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void service_status(const char *format, ...)
{
    char text[STATUS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; (c = strpbrk(c, "\r\n")); c++)
        *c = ' '; /* a newline would begin another assignment */
    sd_notifyf(0, "STATUS=%s", text);
}

span_us service_watchdog_interval(void)
{
    uint64_t us = 0;
    if (sd_watchdog_enabled(0, &us) <= 0 || us > INT64_MAX)
        return 0;
    return us < 2 ? 1 : (span_us)(us / 2);
}

void service_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}
