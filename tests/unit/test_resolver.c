/* Host names to addresses, against a name server that misbehaves on demand. */
#include "duban/resolver.h"

#include "duban/mem.h"

#include "dns_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Short, so that answers end while one looks on. */
#define LEAST_US    (60 * US_PER_MS)
#define FAILED_US   (40 * US_PER_MS)
#define STALE_US    (150 * US_PER_MS)
#define PATIENCE_US (5 * US_PER_S) /* the longest that anything here may take */

struct answer {
    struct bench *bench;
    struct resolver_asker asker;
    int told;
    char addresses[400], failure[100];
    const char *again; /* a host to ask for from within the callback */
};

struct bench {
    struct ev_loop *loop;
    struct dns_server dns;
    struct resolver *resolver;
    char resolv_conf[40];
    struct answer answers[8];
};

static void write_resolv_conf(const struct bench *bench, const char *text)
{
    FILE *file = fopen(bench->resolv_conf, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void set_up_with(struct bench *bench, struct resolver_settings settings)
{
    *bench = (struct bench){.loop = ev_loop_new(0), .resolv_conf = "/tmp/test_resolver.XXXXXX"};
    close(mkstemp(bench->resolv_conf));
    dns_server_start(&bench->dns, bench->loop);
    settings.servers = bench->dns.address;
    settings.resolv_conf = bench->resolv_conf;
    bench->resolver = resolver_create(bench->loop, &settings);
}

static void set_up(struct bench *bench)
{
    set_up_with(bench, (struct resolver_settings){.least_us = LEAST_US,
                                                  .most_us = LEAST_US,
                                                  .failed_us = FAILED_US,
                                                  .patience_us = 20 * US_PER_MS,
                                                  .stale_us = STALE_US});
}

static void tear_down(struct bench *bench)
{
    resolver_destroy(bench->resolver);
    dns_server_stop(&bench->dns);
    ev_loop_destroy(bench->loop);
    unlink(bench->resolv_conf);
}

static void on_done(void *context, const char *addresses, const char *failure);

static void ask(struct bench *bench, struct answer *answer, const char *host, span_us timeout_us)
{
    *answer = (struct answer){.bench = bench, .again = answer->again};
    resolver_ask(bench->resolver, &answer->asker, host, timeout_us, on_done, answer);
    assert_int_equal(answer->told, 0); /* never from inside */
}

static void on_done(void *context, const char *addresses, const char *failure)
{
    struct answer *answer = context;
    assert_true((addresses == NULL) != (failure == NULL));
    answer->told++;
    snprintf(answer->addresses, sizeof answer->addresses, "%s", addresses ? addresses : "");
    snprintf(answer->failure, sizeof answer->failure, "%s", failure ? failure : "");
    if (answer->again) {
        const char *host = answer->again;
        answer->again = NULL;
        ask(answer->bench, answer + 1, host, PATIENCE_US);
    }
    ev_break(answer->bench->loop, EVBREAK_ONE);
}

static void on_pause(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)events;
    *(bool *)timer->data = true;
    ev_break(loop, EVBREAK_ONE);
}

/* Turns the loop until it was told, or for so long. */
static double turn(struct bench *bench, const struct answer *answer, span_us most_us)
{
    struct ev_timer timer;
    bool over = false;
    ev_tstamp from = ev_time();
    ev_now_update(bench->loop);
    ev_timer_init(&timer, on_pause, (double)most_us / 1e6, 0.0);
    timer.data = &over;
    ev_timer_start(bench->loop, &timer);
    while (!over && (answer == NULL || answer->told == 0))
        ev_run(bench->loop, EVRUN_ONCE);
    ev_timer_stop(bench->loop, &timer);
    return ev_time() - from;
}

/* Asks and waits: its addresses, or its failure. */
static const char *look_up(struct bench *bench, const char *host)
{
    struct answer *answer = &bench->answers[0];
    ask(bench, answer, host, PATIENCE_US);
    turn(bench, answer, 2 * PATIENCE_US);
    assert_int_equal(answer->told, 1);
    return answer->addresses[0] ? answer->addresses : answer->failure;
}

static void both_families_are_found(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    struct dns_record *six = dns_record(&bench.dns, "both.example", AF_INET6);
    dns_say(&bench.dns, "both.example", "192.0.2.1")->addresses[1] = "192.0.2.2";
    six->addresses[0] = "2001:db8::1";
    dns_record(&bench.dns, "six.example", AF_INET);
    dns_record(&bench.dns, "six.example", AF_INET6)->addresses[0] = "2001:db8::6";
    dns_say(&bench.dns, "four.example", "192.0.2.4");
    assert_string_equal(look_up(&bench, "both.example"), "192.0.2.1,192.0.2.2,2001:db8::1");
    assert_string_equal(look_up(&bench, "six.example"), "2001:db8::6");
    assert_string_equal(look_up(&bench, "four.example"), "192.0.2.4");
    assert_string_equal(look_up(&bench, "FOUR.Example"), "192.0.2.4");
    assert_int_equal(dns_record(&bench.dns, "four.example", AF_INET)->asked, 1);
    tear_down(&bench);
}

static void the_hosts_file_comes_first(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    assert_non_null(strstr(look_up(&bench, "localhost"), "127.0.0.1"));
    assert_int_equal(bench.dns.questions, 0);
    tear_down(&bench);
}

/* The first server is asked first; one that refuses costs no time. */
static void several_servers_are_asked_in_turn(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    AUTO_FREE char *servers = mem_format("127.0.0.1:9,[::1]:9,2001:db8::1,%s", bench.dns.address);
    struct resolver *first = bench.resolver;
    bench.resolver = resolver_create(
        bench.loop, &(struct resolver_settings){.servers = servers, .resolv_conf = "/dev/null"});
    dns_say(&bench.dns, "gw.example", "192.0.2.1");
    assert_string_equal(look_up(&bench, "gw.example"), "192.0.2.1");
    resolver_destroy(first);
    tear_down(&bench);
}

static void failures_are_told_and_believed_for_a_while(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum dns_manner manner;
        const char *failure;
    } cases[] = {
        {"none.example", DNS_NXDOMAIN, "there is no such host"},
        {"empty.example", DNS_ANSWER, "the host has no address"},
        {"fails.example", DNS_SERVFAIL, "no name server gave an answer"},
        {"bad..example", DNS_ANSWER, "this is no host name"},
    };
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        dns_behave(&bench.dns, cases[i].host, cases[i].manner);
        assert_string_equal(look_up(&bench, cases[i].host), cases[i].failure);
        int before = bench.dns.questions;
        assert_string_equal(look_up(&bench, cases[i].host), cases[i].failure);
        assert_int_equal(bench.dns.questions, before);
    }
    turn(&bench, NULL, FAILED_US + 5 * US_PER_MS);
    dns_say(&bench.dns, "none.example", "192.0.2.9");
    assert_string_equal(look_up(&bench, "none.example"), "192.0.2.9");
    tear_down(&bench);
}

/* A server that is deaf, or whose replies are nonsense, costs an asker its time and no more. */
static void what_is_no_reply_is_waited_out(void **state)
{
    (void)state;
    static const enum dns_manner manners[] = {DNS_SILENCE, DNS_GARBAGE, DNS_STRANGE};
    static const char *const hosts[] = {"deaf.example", "mad.example", "odd.example"};
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(manners); i++) {
        struct answer *answer = &bench.answers[i];
        dns_behave(&bench.dns, hosts[i], manners[i]);
        ask(&bench, answer, hosts[i], 80 * US_PER_MS);
        double took_s = turn(&bench, answer, PATIENCE_US);
        assert_string_equal(answer->failure, "the name servers don't answer in time");
        assert_true(took_s > 0.075);
        assert_true(took_s < 0.9);
    }
    dns_say(&bench.dns, "fine.example", "192.0.2.1");
    assert_string_equal(look_up(&bench, "fine.example"), "192.0.2.1");
    tear_down(&bench);
}

/* A question is asked again after a second, so a lost packet loses no look-up. A family that comes
 * late completes the answer. */
static void a_lost_packet_is_asked_for_again(void **state)
{
    (void)state;
    struct bench bench;
    set_up_with(&bench, (struct resolver_settings){0});
    struct answer *lost = &bench.answers[1], *late = &bench.answers[2];
    dns_behave(&bench.dns, "lost.example", DNS_SILENCE);
    dns_say(&bench.dns, "late.example", "192.0.2.1");
    struct dns_record *six = dns_record(&bench.dns, "late.example", AF_INET6);
    six->manner = DNS_SILENCE;
    ask(&bench, lost, "lost.example", PATIENCE_US);
    ask(&bench, late, "late.example", PATIENCE_US);
    turn(&bench, late, PATIENCE_US);
    assert_string_equal(late->addresses, "192.0.2.1");
    dns_behave(&bench.dns, "lost.example", DNS_ANSWER);
    dns_say(&bench.dns, "lost.example", "192.0.2.2");
    six->manner = DNS_ANSWER;
    six->addresses[0] = "2001:db8::1";
    double took_s = turn(&bench, lost, PATIENCE_US);
    assert_string_equal(lost->addresses, "192.0.2.2");
    assert_true(took_s < 1.5);
    turn(&bench, NULL, 100 * US_PER_MS);
    assert_string_equal(look_up(&bench, "late.example"), "192.0.2.1,2001:db8::1");
    tear_down(&bench);
}

/* Some servers never answer for IPv6. */
static void a_silent_family_delays_the_other_little(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "half.example", "192.0.2.1");
    dns_record(&bench.dns, "half.example", AF_INET6)->manner = DNS_SILENCE;
    for (int i = 0; i < 3; i++) { /* also when asked again while the other is still open */
        struct answer *answer = &bench.answers[0];
        ask(&bench, answer, "half.example", PATIENCE_US);
        turn(&bench, answer, 10 * US_PER_MS); /* so far one family has answered */
        ask(&bench, &bench.answers[1], "half.example", PATIENCE_US);
        assert_true(turn(&bench, &bench.answers[1], PATIENCE_US) < 0.5);
        assert_string_equal(answer->addresses, "192.0.2.1");
        assert_string_equal(bench.answers[1].addresses, "192.0.2.1");
        turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
    }
    assert_int_equal(dns_record(&bench.dns, "half.example", AF_INET)->asked, 3);
    dns_behave(&bench.dns, "none.example", DNS_NXDOMAIN); /* of any family */
    dns_record(&bench.dns, "none.example", AF_INET6)->manner = DNS_SILENCE;
    ask(&bench, &bench.answers[1], "none.example", PATIENCE_US);
    assert_true(turn(&bench, &bench.answers[1], PATIENCE_US) < 0.5);
    assert_string_equal(bench.answers[1].failure, "there is no such host");
    tear_down(&bench);
}

static void a_truncated_reply_is_fetched_over_tcp(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "long.example", "192.0.2.1")->manner = DNS_TRUNCATED;
    for (int i = 0; i < 3; i++) {
        assert_string_equal(look_up(&bench, "long.example"), "192.0.2.1");
        assert_int_equal(bench.dns.over_tcp, i + 1);
        turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
    }
    tear_down(&bench);
}

static void askers_of_one_host_share_a_question(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "busy.example", "192.0.2.1");
    bench.answers[3].again = "busy.example";
    for (int i = 0; i < 4; i++)
        ask(&bench, &bench.answers[i], "busy.example", PATIENCE_US);
    resolver_cancel(&bench.answers[1].asker);
    turn(&bench, &bench.answers[4], PATIENCE_US);
    for (int i = 0; i < 5; i++)
        assert_int_equal(bench.answers[i].told, i != 1);
    assert_string_equal(bench.answers[2].addresses, "192.0.2.1");
    assert_string_equal(bench.answers[4].addresses, "192.0.2.1");
    assert_int_equal(bench.dns.questions, 2); /* A and AAAA */
    tear_down(&bench);
}

/* Of two that are to be told in one turn, the first may cancel the second. */
static void one_that_is_ready_can_be_cancelled(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "known.example", "192.0.2.1");
    look_up(&bench, "known.example");
    ask(&bench, &bench.answers[0], "known.example", PATIENCE_US);
    ask(&bench, &bench.answers[1], "known.example", PATIENCE_US);
    resolver_cancel(&bench.answers[0].asker);
    turn(&bench, &bench.answers[1], PATIENCE_US);
    assert_int_equal(bench.answers[0].told, 0);
    assert_int_equal(bench.answers[1].told, 1);
    tear_down(&bench);
}

static void an_answer_is_renewed_after_its_time(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "moves.example", "192.0.2.1");
    assert_string_equal(look_up(&bench, "moves.example"), "192.0.2.1");
    dns_say(&bench.dns, "moves.example", "192.0.2.2");
    assert_string_equal(look_up(&bench, "moves.example"), "192.0.2.1");
    turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
    assert_string_equal(look_up(&bench, "moves.example"), "192.0.2.2");
    tear_down(&bench);
}

static void a_ttl_counts_between_its_bounds(void **state)
{
    (void)state;
    struct bench bench;
    set_up_with(&bench, (struct resolver_settings){.least_us = 1});
    dns_say(&bench.dns, "short.example", "192.0.2.1")->ttl_s = 0;
    dns_say(&bench.dns, "long.example", "192.0.2.1")->ttl_s = 60;
    for (int i = 0; i < 3; i++) {
        look_up(&bench, "short.example");
        look_up(&bench, "long.example");
    }
    assert_int_equal(dns_record(&bench.dns, "short.example", AF_INET)->asked, 3);
    assert_int_equal(dns_record(&bench.dns, "long.example", AF_INET)->asked, 1);
    tear_down(&bench);
}

/* An outage: the last answer serves, soon and for a time; then the failure is told. */
static void an_old_answer_serves_while_the_servers_fail(void **state)
{
    (void)state;
    static const enum dns_manner manners[] = {DNS_SERVFAIL, DNS_SILENCE};
    for (size_t i = 0; i < COUNT_OF(manners); i++) {
        struct bench bench;
        struct answer *answer = &bench.answers[0];
        set_up(&bench);
        dns_say(&bench.dns, "gw.example", "192.0.2.1");
        look_up(&bench, "gw.example");
        dns_behave(&bench.dns, "gw.example", manners[i]);
        turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
        for (int j = 0; j < 2; j++) {
            ask(&bench, answer, "gw.example", PATIENCE_US);
            assert_true(turn(&bench, answer, PATIENCE_US) < 0.5);
            assert_string_equal(answer->addresses, "192.0.2.1");
        }
        turn(&bench, NULL, STALE_US);
        ask(&bench, answer, "gw.example", 50 * US_PER_MS);
        turn(&bench, answer, PATIENCE_US);
        assert_string_equal(answer->addresses, "");
        assert_string_not_equal(answer->failure, "");
        tear_down(&bench);
    }
}

static void an_old_answer_ends_with_the_host(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "gone.example", "192.0.2.1");
    look_up(&bench, "gone.example");
    dns_behave(&bench.dns, "gone.example", DNS_NXDOMAIN);
    turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
    assert_string_equal(look_up(&bench, "gone.example"), "there is no such host");
    dns_behave(&bench.dns, "gone.example", DNS_SERVFAIL);
    turn(&bench, NULL, FAILED_US + 5 * US_PER_MS);
    assert_string_equal(look_up(&bench, "gone.example"), "no name server gave an answer");
    tear_down(&bench);
}

/* What is under way when the file changes is asked anew, as the file now says. */
static void a_changed_resolv_conf_is_read_again(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "gw.old.example", "192.0.2.1");
    dns_say(&bench.dns, "gw.new.example", "192.0.2.2");
    dns_say(&bench.dns, "hook.new.example", "192.0.2.3");
    dns_behave(&bench.dns, "hook.old.example", DNS_SILENCE);
    write_resolv_conf(&bench, "search old.example\n");
    assert_string_equal(look_up(&bench, "gw"), "192.0.2.1");
    ask(&bench, &bench.answers[1], "hook", PATIENCE_US);
    turn(&bench, NULL, LEAST_US + 5 * US_PER_MS);
    write_resolv_conf(&bench, "search new.example # elsewhere\n");
    assert_string_equal(look_up(&bench, "gw"), "192.0.2.2");
    turn(&bench, &bench.answers[1], 100 * US_PER_MS);
    assert_string_equal(bench.answers[1].addresses, "192.0.2.3");
    tear_down(&bench);
}

/* What was asked for least lately is forgotten, never what is in use: here a question is still
 * open. */
static void hosts_are_remembered_up_to_a_number(void **state)
{
    (void)state;
    struct bench bench;
    set_up_with(&bench, (struct resolver_settings){0});
    dns_say(&bench.dns, "first.example", "192.0.2.1");
    dns_say(&bench.dns, "often.example", "192.0.2.2");
    dns_say(&bench.dns, "open.example", "192.0.2.3");
    dns_record(&bench.dns, "open.example", AF_INET6)->manner = DNS_SILENCE;
    look_up(&bench, "open.example");
    look_up(&bench, "first.example");
    for (int i = 0; i < RESOLVER_HOSTS_MOST; i++) {
        char host[40];
        snprintf(host, sizeof host, "h%d.example", i);
        look_up(&bench, host);
        if (i % 100 == 0)
            look_up(&bench, "often.example");
    }
    look_up(&bench, "first.example");
    look_up(&bench, "often.example");
    assert_string_equal(look_up(&bench, "open.example"), "192.0.2.3");
    assert_int_equal(dns_record(&bench.dns, "first.example", AF_INET)->asked, 2);
    assert_int_equal(dns_record(&bench.dns, "often.example", AF_INET)->asked, 1);
    assert_int_equal(dns_record(&bench.dns, "open.example", AF_INET)->asked, 1);
    tear_down(&bench);
}

static void destroying_forgets_who_asks(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "known.example", "192.0.2.1");
    dns_say(&bench.dns, "half.example", "192.0.2.1");
    dns_record(&bench.dns, "half.example", AF_INET6)->manner = DNS_SILENCE;
    dns_behave(&bench.dns, "deaf.example", DNS_SILENCE);
    dns_say(&bench.dns, "long.example", "192.0.2.1")->manner = DNS_TRUNCATED;
    look_up(&bench, "known.example");
    static const char *const hosts[] = {"deaf.example", "half.example", "long.example",
                                        "known.example", "localhost"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        ask(&bench, &bench.answers[i], hosts[i], PATIENCE_US);
    for (int i = 0; i < 2; i++) {
        resolver_destroy(bench.resolver);
        bench.resolver = NULL;
        for (int j = 0; j < 10; j++)
            ev_run(bench.loop, EVRUN_NOWAIT);
    }
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        assert_int_equal(bench.answers[i].told, 0);
    tear_down(&bench);
}

/* A resolver at rest neither keeps the loop alive nor makes it spin; one that waits doesn't spin
 * either. */
static void at_rest_nothing_is_active(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    dns_say(&bench.dns, "gw.example", "192.0.2.1");
    dns_behave(&bench.dns, "deaf.example", DNS_SILENCE);
    look_up(&bench, "gw.example");
    ev_io_stop(bench.loop, &bench.dns.udp);
    ev_io_stop(bench.loop, &bench.dns.tcp);
    ev_run(bench.loop, 0); /* returns once nothing is left to wait for */
    ev_io_start(bench.loop, &bench.dns.udp);
    unsigned before = ev_iteration(bench.loop);
    ask(&bench, &bench.answers[1], "deaf.example", PATIENCE_US);
    turn(&bench, NULL, 100 * US_PER_MS);
    assert_true(ev_iteration(bench.loop) - before < 20);
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_families_are_found),
        cmocka_unit_test(the_hosts_file_comes_first),
        cmocka_unit_test(several_servers_are_asked_in_turn),
        cmocka_unit_test(failures_are_told_and_believed_for_a_while),
        cmocka_unit_test(what_is_no_reply_is_waited_out),
        cmocka_unit_test(a_lost_packet_is_asked_for_again),
        cmocka_unit_test(a_silent_family_delays_the_other_little),
        cmocka_unit_test(a_truncated_reply_is_fetched_over_tcp),
        cmocka_unit_test(askers_of_one_host_share_a_question),
        cmocka_unit_test(one_that_is_ready_can_be_cancelled),
        cmocka_unit_test(an_answer_is_renewed_after_its_time),
        cmocka_unit_test(a_ttl_counts_between_its_bounds),
        cmocka_unit_test(an_old_answer_serves_while_the_servers_fail),
        cmocka_unit_test(an_old_answer_ends_with_the_host),
        cmocka_unit_test(a_changed_resolv_conf_is_read_again),
        cmocka_unit_test(hosts_are_remembered_up_to_a_number),
        cmocka_unit_test(destroying_forgets_who_asks),
        cmocka_unit_test(at_rest_nothing_is_active),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
