/* HTTP requests to hosts that have names: libcurl is handed addresses and resolves nothing. */
#include "duban/http.h"

#include "dns_server.h"
#include "http_bench.h"

#include <locale.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#define LEAST_US (60 * US_PER_MS) /* answers of the name server are used so long */

static atomic_int blocking_look_ups;

/* Takes the place of libc's, which libcurl would call in a thread of its own. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)node;
    (void)service;
    (void)hints;
    (void)found;
    blocking_look_ups++;
    return EAI_FAIL;
}

struct named {
    struct bench bench;
    struct dns_server dns;
};

static void set_up_names(struct named *named)
{
    struct bench *bench = &named->bench;
    *bench = (struct bench){.loop = ev_loop_new(0)};
    server_start(&bench->server, bench->loop);
    dns_server_start(&named->dns, bench->loop);
    create_client(bench, &(struct resolver_settings){.servers = named->dns.address,
                                                     .resolv_conf = "/dev/null",
                                                     .least_us = LEAST_US,
                                                     .most_us = LEAST_US,
                                                     .failed_us = LEAST_US});
}

static const char *url_at(const struct named *named, const char *host, const char *path)
{
    static char url[400];
    snprintf(url, sizeof url, "http://%s:%d%s", host, named->bench.server.port, path);
    return url;
}

static struct result *get(struct named *named, const char *host, const char *path, bool fresh)
{
    struct result *result = &named->bench.results[0];
    *result = (struct result){0};
    send_url(&named->bench, result, url_at(named, host, path), true, fresh, PATIENCE_US);
    assert_int_equal(result->told, 0);
    wait_all(&named->bench);
    assert_int_equal(result->told, 1);
    return result;
}

/* The name server ends before the loop that it is on. */
static void finish(struct named *named)
{
    assert_int_equal(blocking_look_ups, 0);
    dns_server_stop(&named->dns);
    tear_down(&named->bench);
}

static void a_name_is_looked_up_once(void **state)
{
    (void)state;
    struct named named;
    set_up_names(&named);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    for (int i = 0; i < 100; i++)
        send_url(&named.bench, &named.bench.results[i], url_at(&named, "gw.example", "/ok"), i % 2,
                 i % 3 == 0, PATIENCE_US);
    assert_int_equal(http_in_flight(named.bench.client), 100);
    wait_all(&named.bench);
    for (int i = 0; i < 100; i++)
        assert_int_equal(named.bench.results[i].reply.status, 200);
    assert_int_equal(dns_record(&named.dns, "gw.example", AF_INET)->asked, 1);
    assert_non_null(strstr(named.bench.server.last, "\r\nHost: gw.example:"));
    finish(&named);
}

/* As libcurl reads it: case, a final dot, escaped letters; and addresses in all their forms. */
static void a_host_is_read_as_libcurl_reads_it(void **state)
{
    (void)state;
    static const char *const hosts[] = {"GW.Example", "gw.example.",    "gw%2eexample", "127.1",
                                        "0x7f000001", "user@127.0.0.1", "localhost"};
    struct named named;
    set_up_names(&named);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        assert_int_equal(get(&named, hosts[i], "/ok", true)->reply.status, 200);
    /* libcurl would ask for another name than this: it may not. */
    char long_host[300] = "";
    memset(long_host, 'a', 260);
    dns_say(&named.dns, "\xc3\xa4.example", "127.0.0.1");
    assert_int_equal(get(&named, long_host, "/ok", true)->reply.failure, HTTP_NOT_SENT);
    struct result *result = get(&named, "%c3%a4.example", "/ok", true);
    assert_int_equal(result->reply.failure, HTTP_NOT_SENT);
    finish(&named);
}

/* Without a port in the URL it is the scheme's: there nobody listens, but it is known where. */
static void the_port_may_be_the_schemes(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://gw.example/", "https://gw.example/"};
    struct named named;
    set_up_names(&named);
    dns_say(&named.dns, "gw.example", "127.0.0.77");
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct result *result = &named.bench.results[i];
        send_url(&named.bench, result, urls[i], true, true, PATIENCE_US);
        wait_all(&named.bench);
        assert_int_equal(result->reply.failure, HTTP_NOT_SENT);
        assert_non_null(strstr(result->reply.failure_text, i ? "port 443" : "port 80"));
    }
    finish(&named);
}

/* One host's name servers are deaf: requests to other hosts and to addresses go on. */
static void a_deaf_name_server_delays_only_its_own_host(void **state)
{
    (void)state;
    static const char *const hosts[] = {"gw.example", "127.0.0.1", "hook.example", "none.example"};
    struct named named;
    struct result *results = named.bench.results, *deaf = &results[100];
    set_up_names(&named);
    dns_behave(&named.dns, "deaf.example", DNS_SILENCE);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    dns_say(&named.dns, "hook.example", "127.0.0.1");
    ev_tstamp from = ev_time();
    for (int i = 0; i < 3; i++)
        send_url(&named.bench, &deaf[i], url_at(&named, "deaf.example", "/ok?token=secret"), true,
                 true, 600 * US_PER_MS);
    for (int i = 0; i < 40; i++)
        send_url(&named.bench, &results[i], url_at(&named, hosts[i % 4], "/ok"), true, i % 3,
                 PATIENCE_US);
    wait_until(&named.bench, 3);
    assert_true(ev_time() - from < 0.5);
    for (int i = 0; i < 40; i++)
        assert_int_equal(results[i].reply.failure, i % 4 == 3 ? HTTP_NOT_SENT : HTTP_REPLIED);
    wait_all(&named.bench);
    assert_true(ev_time() - from > 0.59);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(deaf[i].reply.failure, HTTP_NOT_SENT);
        assert_int_equal(deaf[i].reply.status, 0);
        assert_string_equal(deaf[i].reply.failure_text,
                            "deaf.example: the name servers don't answer in time");
    }
    finish(&named);
}

/* A handle that has carried a request tells nothing of it when the next finds no address. */
static void an_unknown_host_is_not_sent(void **state)
{
    (void)state;
    struct named named;
    set_up_names(&named);
    assert_int_equal(get(&named, "127.0.0.1", "/ok", false)->reply.status, 200);
    struct result *result = get(&named, "none.example", "/ok?token=secret", false);
    assert_int_equal(result->reply.failure, HTTP_NOT_SENT);
    assert_int_equal(result->reply.status, 0);
    assert_string_equal(result->body, "");
    assert_int_equal(result->reply.retry_after_s, -1);
    assert_string_equal(result->reply.failure_text, "none.example: there is no such host");
    assert_int_equal(get(&named, "127.0.0.1", "/404", false)->reply.status, 404);
    finish(&named);
}

/* The look-up takes a second, since its first question is lost; the rest of the time is the
 * request's. */
static void the_timeout_covers_the_look_up(void **state)
{
    (void)state;
    struct named named;
    struct result *result = &named.bench.results[0];
    set_up_names(&named);
    dns_behave(&named.dns, "gw.example", DNS_SILENCE);
    ev_tstamp from = ev_time();
    send_url(&named.bench, result, url_at(&named, "gw.example", "/slow"), true, true,
             1300 * US_PER_MS);
    send_url(&named.bench, &named.bench.results[1], url_of(&named.bench, "/slow"), true, true,
             100 * US_PER_MS);
    wait_until(&named.bench, 1);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    dns_behave(&named.dns, "gw.example", DNS_ANSWER);
    wait_all(&named.bench);
    assert_int_equal(result->reply.failure, HTTP_TIMED_OUT);
    assert_true(ev_time() - from > 1.25);
    assert_true(ev_time() - from < 1.9);
    finish(&named);
}

/* What libcurl remembers of a host doesn't outlive what the resolver says. */
static void a_host_that_has_moved_is_found(void **state)
{
    (void)state;
    struct named named;
    struct server other;
    set_up_names(&named);
    assert_true(server_start_on(&other, named.bench.loop, "127.0.0.2", named.bench.server.port));
    for (int i = 0; i < 6; i++) {
        dns_say(&named.dns, "moves.example", i % 2 ? "127.0.0.2" : "127.0.0.1");
        assert_int_equal(get(&named, "moves.example", "/ok", true)->reply.status, 200);
        assert_int_equal(named.bench.server.requests, i / 2 + 1);
        assert_int_equal(other.requests, (i + 1) / 2);
        send_url(&named.bench, &named.bench.results[1], url_of(&named.bench, "/slow"), true, true,
                 LEAST_US + 10 * US_PER_MS);
        wait_all(&named.bench);
        named.bench.server.requests--;
    }
    server_stop(&other);
    finish(&named);
}

static void the_next_address_is_tried(void **state)
{
    (void)state;
    struct named named;
    set_up_names(&named);
    struct dns_record *record = dns_say(&named.dns, "two.example", "127.0.0.9");
    record->addresses[1] = "127.0.0.1";
    assert_int_equal(get(&named, "two.example", "/ok", true)->reply.status, 200);
    record->addresses[1] = NULL;
    struct result *result = &named.bench.results[1];
    send_url(&named.bench, result, url_of(&named.bench, "/slow"), true, true, 2 * LEAST_US);
    wait_all(&named.bench);
    result = get(&named, "two.example", "/ok", true);
    assert_int_equal(result->reply.failure, HTTP_NOT_SENT);
    assert_non_null(strstr(result->reply.failure_text, "two.example"));
    finish(&named);
}

static void ipv6_is_spoken(void **state)
{
    (void)state;
    struct named named;
    struct server six;
    set_up_names(&named);
    if (!server_start_on(&six, named.bench.loop, "::1", named.bench.server.port)) {
        finish(&named);
        skip();
    }
    dns_record(&named.dns, "six.example", AF_INET);
    dns_record(&named.dns, "six.example", AF_INET6)->addresses[0] = "::1";
    dns_say(&named.dns, "both.example", "127.0.0.9");
    dns_record(&named.dns, "both.example", AF_INET6)->addresses[0] = "::1";
    assert_int_equal(get(&named, "six.example", "/ok", true)->reply.status, 200);
    assert_int_equal(get(&named, "both.example", "/ok", true)->reply.status, 200);
    assert_int_equal(get(&named, "[::1]", "/ok", true)->reply.status, 200);
    assert_int_equal(six.requests, 3);
    assert_int_equal(named.bench.server.requests, 0);
    server_stop(&six);
    finish(&named);
}

/* libcurl's repeat of a request on a dead connection connects a second time: the address is still
 * there. */
static void a_repeat_needs_no_look_up(void **state)
{
    (void)state;
    struct named named;
    set_up_names(&named);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    get(&named, "gw.example", "/once", false);
    assert_int_equal(get(&named, "gw.example", "/ok", false)->reply.status, 200);
    assert_int_equal(named.bench.server.requests, 3);
    finish(&named);
}

static void destroying_drops_look_ups(void **state)
{
    (void)state;
    static const char *const hosts[] = {"deaf.example", "gw.example", "known.example",
                                        "none.example", "localhost"};
    struct named named;
    set_up_names(&named);
    dns_behave(&named.dns, "deaf.example", DNS_SILENCE);
    dns_say(&named.dns, "gw.example", "127.0.0.1");
    dns_say(&named.dns, "known.example", "127.0.0.1");
    get(&named, "known.example", "/ok", true);
    for (int turns = 0; turns < 4; turns++) {
        for (int i = 0; i < 20; i++)
            send_url(&named.bench, &named.bench.results[i], url_at(&named, hosts[i % 5], "/slow"),
                     true, i % 2, PATIENCE_US);
        for (int i = 0; i < turns; i++)
            ev_run(named.bench.loop, EVRUN_NOWAIT);
        http_destroy(named.bench.client);
        memset(named.bench.results, 0, sizeof named.bench.results);
        for (int i = 0; i < 10; i++)
            ev_run(named.bench.loop, EVRUN_NOWAIT);
        for (int i = 0; i < 20; i++)
            assert_int_equal(named.bench.results[i].told, 0);
        create_client(&named.bench, &(struct resolver_settings){.servers = named.dns.address,
                                                                .resolv_conf = "/dev/null"});
    }
    finish(&named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_looked_up_once),
        cmocka_unit_test(a_host_is_read_as_libcurl_reads_it),
        cmocka_unit_test(the_port_may_be_the_schemes),
        cmocka_unit_test(a_deaf_name_server_delays_only_its_own_host),
        cmocka_unit_test(an_unknown_host_is_not_sent),
        cmocka_unit_test(the_timeout_covers_the_look_up),
        cmocka_unit_test(a_host_that_has_moved_is_found),
        cmocka_unit_test(the_next_address_is_tried),
        cmocka_unit_test(ipv6_is_spoken),
        cmocka_unit_test(a_repeat_needs_no_look_up),
        cmocka_unit_test(destroying_drops_look_ups),
    };
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_ALL, "C.UTF-8"); /* libcurl then knows names that aren't ASCII */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
