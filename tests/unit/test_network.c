/* Addresses, networks, and places to listen. */
#include "duban/network.h"

#include "duban/mem.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
    unsigned char bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        return address_from_ipv4(bytes);
    assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
    return address_from_ipv6(bytes);
}

static void a_network_holds_its_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *network, *address;
        bool held;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.168.16.0/20", "192.168.31.255", true},
        {"192.168.16.0/20", "192.168.32.0", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::/0", "203.0.113.9", true},
        {"::1", "::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct network network;
        struct address address = address_of(cases[i].address);
        assert_true(network_parse(cases[i].network, &network, NULL));
        if (network_holds(&network, &address) != cases[i].held)
            fail_msg("%s in %s", cases[i].address, cases[i].network);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "localhost",
                                        "10.0.0/8",
                                        "10.0.0.0/33",
                                        "10.0.0.0/",
                                        "10.0.0.1/8",
                                        "10.0.0.0/-1",
                                        "10.0.0.0/8/8",
                                        "2001:db8::/129",
                                        "::1/64",
                                        "10.0.0.0/000008",
                                        " ::1"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct network network;
        struct error error;
        assert_false(network_parse(texts[i], &network, &error));
    }
}

static void addresses_are_written_as_people_do(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT_BYTES];
    static const char *const texts[] = {"127.0.0.1", "2001:db8::1", "::", "255.255.255.255"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct address address = address_of(texts[i]);
        assert_string_equal(address_text(&address, text), texts[i]);
    }
}

static void places_to_listen(void **state)
{
    (void)state;
    struct listen_place place;
    char text[ADDRESS_TEXT_BYTES];
    assert_true(listen_parse("127.0.0.1:8091", &place, NULL));
    assert_string_equal(address_text(&place.address, text), "127.0.0.1");
    assert_int_equal(place.port, 8091);
    assert_false(place.is_ipv6);
    assert_true(listen_parse("[2001:db8::1]:65535", &place, NULL));
    assert_string_equal(address_text(&place.address, text), "2001:db8::1");
    assert_true(place.is_ipv6);
    assert_true(listen_parse("/run/duban/receipts.sock", &place, NULL));
    assert_string_equal(place.path, "/run/duban/receipts.sock");
    static const char *const wrong[] = {
        "",       ":8091",  "8091",          "127.0.0.1",       "127.0.0.1:", "127.0.0.1:0",
        "[::1]",  "::1:80", "[127.0.0.1]:1", "127.0.0.1:65536", "[::1:80",    "localhost:80",
        "sock/a", "[]:1",   "1.2.3.4:8x",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (listen_parse(wrong[i], &place, NULL))
            fail_msg("%s", wrong[i]);
    AUTO_FREE char *longest = mem_format("/%0120d", 0);
    assert_false(listen_parse(longest, &place, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_holds_its_addresses),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(addresses_are_written_as_people_do),
        cmocka_unit_test(places_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
