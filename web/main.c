/* duban-web: options, signals, the loop. */
#include "web.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/secret.h"
#include "duban/service.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

static const char usage[] =
    "usage: duban-web [--config FILE] [--check]\n"
    "\n"
    "Serves the board of a service centre's deadlines, its JSON API and live events.\n"
    "\n"
    "  -c, --config FILE  the configuration (default: /etc/duban/duban.yaml)\n"
    "      --check        only look whether the configuration is right\n"
    "      --version      print the version\n"
    "  -h, --help         print this\n"
    "\n"
    "SIGHUP loads the configuration again, SIGTERM stops.\n";

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
            puts("duban-web " DUBAN_VERSION);
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
    fprintf(stderr, "duban-web: unexpected argument '%s'\n%s", argv[optind], usage);
    return 2;
}

static struct config *load(const char *path)
{
    struct problems problems = {0};
    struct config *config = config_load_web(path, &problems);
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

static void on_stop(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)signal, (void)events;
    service_stopping();
    ev_break(loop, EVBREAK_ALL);
}

static void on_reload(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    web_reload(signal->data);
}

static void on_alive(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    service_alive();
}

static void watch(struct ev_loop *loop, struct web *web)
{
    static ev_signal terminate, interrupt, hang_up;
    static ev_timer alive;
    double alive_s = (double)service_watchdog_interval() / 1e6;
    ev_signal_init(&terminate, on_stop, SIGTERM);
    ev_signal_init(&interrupt, on_stop, SIGINT);
    ev_signal_init(&hang_up, on_reload, SIGHUP);
    hang_up.data = web;
    ev_signal_start(loop, &terminate);
    ev_signal_start(loop, &interrupt);
    ev_signal_start(loop, &hang_up);
    ev_timer_init(&alive, on_alive, alive_s, alive_s);
    if (alive_s > 0)
        ev_timer_start(loop, &alive);
}

static int run(const char *path, struct config *config)
{
    struct web *web = mem_zero(1, sizeof *web);
    struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
    struct error error;
    log_set_level((enum log_level)config->log_level);
    log_line(LOG_LEVEL_INFO, "web", "starting", log_text("version", DUBAN_VERSION),
             log_text("config", config->version));
    if (!web_init(web, loop, path, config, &error)) {
        log_line(LOG_LEVEL_ERROR, "web", "not listening", log_text("error", error.text));
        config_destroy(config);
        free(web);
        return 1;
    }
    watch(loop, web);
    service_take_requests();
    service_ready();
    ev_run(loop, 0);
    web_finish(web);
    free(web);
    ev_loop_destroy(loop);
    log_plain(LOG_LEVEL_INFO, "web", "stopped");
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
