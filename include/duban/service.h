/* The service manager (systemd, Type=notify). Without it, everything here does nothing. */
#ifndef DUBAN_SERVICE_H
#define DUBAN_SERVICE_H

#include "duban/instant.h"

/* First of all: from here on a SIGHUP or SIGUSR1 waits, instead of ending the process, until
 * service_take_requests says that the loop listens to them. SIGPIPE is ignored. */
void service_begin(void);
void service_take_requests(void);

/* Started, or done with reloading. */
void service_ready(void);
/* A reload has begun (with the time that Type=notify-reload wants); service_ready ends it. */
void service_reloading(void);
/* SIGTERM was taken: what is under way is being finished. */
void service_stopping(void);

/* The sentence that `systemctl status` shows, one line. */
void service_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often service_alive must be called: half of what the manager waits for (WATCHDOG_USEC);
 * 0: it doesn't watch. Asked once at start. */
span_us service_watchdog_interval(void);
void service_alive(void);

#endif
