/* duband: options, signals, the loop. */
#include "duband.h"
#include "state_dump.h"
#include "watchdog.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/secret.h"
#include "duban/service.h"

#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: duband [--config FILE] [--check]\n"
    "\n"
    "Watches the deadlines of a service centre and tells those who must act.\n"
    "\n"
    "  -c, --config FILE  the configuration (default: /etc/duban/duban.yaml)\n"
    "      --check        only look whether the configuration is right\n"
    "      --version      print the version\n"
    "  -h, --help         print this\n"
    "\n"
    "SIGHUP loads the configuration again, SIGTERM finishes what is under way and stops, SIGUSR1\n"
    "writes what every stage and connection is doing to the log.\n";

struct options {
    const char *config;
    bool check;
};

/* Exit status, or -1 to go on. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){.config = "/etc/duban/duban.yaml"};
    for (int c; (c = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'k':
            options->check = true;
            break;
        case 'v':
            puts("duband " DUBAN_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "duband: unexpected argument '%s'\n%s", argv[optind], usage);
    return 2;
}

static struct config *load(const char *path)
{
    struct problems problems = {0};
    struct config *config = config_load(path, &problems);
    if (config == NULL) {
        AUTO_BUF text;
        buf_init(&text, 1u << 20);
        problems_print(&problems, &text);
        fputs(buf_string(&text), stderr);
    }
    problems_finish(&problems);
    return config;
}

/* --- signals --- */

struct signals {
    ev_signal terminate, interrupt, hang_up, user;
};

static void on_stop(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    duband_stop(signal->data);
}

static void on_reload(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    duband_reload(signal->data);
}

static void on_user(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    state_dump(signal->data);
}

static void watch_signals(struct signals *signals, struct duband *duband)
{
    ev_signal_init(&signals->terminate, on_stop, SIGTERM);
    ev_signal_init(&signals->interrupt, on_stop, SIGINT);
    ev_signal_init(&signals->hang_up, on_reload, SIGHUP);
    ev_signal_init(&signals->user, on_user, SIGUSR1);
    ev_signal *const all[] = {&signals->terminate, &signals->interrupt, &signals->hang_up,
                              &signals->user};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i]->data = duband;
        ev_signal_start(duband->context.loop, all[i]);
    }
}

static int run(const char *path, struct config *config)
{
    struct duband duband;
    struct signals signals;
    struct watchdog watchdog;
    struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    log_set_level((enum log_level)config->log_level);
    log_line(LOG_LEVEL_INFO, "duband", "starting", log_text("version", DUBAN_VERSION),
             log_text("config", config->version));
    duband_init(&duband, loop, path, config);
    watch_signals(&signals, &duband);
    service_take_requests();
    watchdog_init(&watchdog, &duband);
    service_ready();
    ev_run(loop, 0);
    watchdog_finish(&watchdog);
    duband_finish(&duband);
    ev_loop_destroy(loop);
    curl_global_cleanup();
    log_plain(LOG_LEVEL_INFO, "duband", "stopped");
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    service_begin();
    secret_guard_process();
    log_begin();
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    struct config *config = load(options.config);
    if (config == NULL)
        return 1;
    if (!options.check)
        return run(options.config, config);
    printf("%s: fine (version %.16s)\n", options.config, config->version);
    config_destroy(config);
    return 0;
}
