/* Masking of names and numbers. */
#include "duban/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct pair {
    const char *plain, *masked;
};

static void check(void (*mask)(struct buf *, const char *), const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_BUF out;
        buf_init(&out, 1000);
        mask(&out, pairs[i].plain);
        assert_string_equal(buf_string(&out), pairs[i].masked);
    }
}

#define CHECK(mask, pairs) check(mask, pairs, sizeof(pairs) / sizeof *(pairs))

static void names_keep_their_first_character(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"", ""},           {"张", "张"},          {"张三", "张*"},
        {"张小三", "张**"}, {"欧阳修远", "欧**"},  {"丰城市宏达建材有限公司", "丰**"},
        {"𠮷田", "𠮷*"},    {"John Smith", "J**"},
    };
    CHECK(mask_name, pairs);
}

static void phones_keep_their_ends(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"13800138000", "138****8000"},
        {"+8613800138000", "+86138****8000"},
        {"0795-6428888", "0795****8888"},
        {"6428888", "*****88"},
        {"110", "***"},
        {"", ""},
    };
    CHECK(mask_phone, pairs);
}

static void addresses_keep_what_tells_them_apart(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"13800138000", "138****8000"},
        {"zhang.san@example.cn", "z**@example.cn"},
        {"https://hook.example.cn/send?key=secret", "https://hook.example.cn/…"},
        {"https://hook.example.cn", "https://hook.example.cn"},
        {"", ""},
    };
    CHECK(mask_address, pairs);
}

static void texts_keep_of_mail_addresses_the_host(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"<wang.xiao-li+a@x.gov.cn>: no such user", "<w**@x.gov.cn>: no such user"},
        {"13800138000@139.com, a@b", "1**@139.com, a**@b"},
        {"@all are told, and so is a @ b", "@all are told, and so is a @ b"},
        {"5.7.1 us@", "5.7.1 us@"},
    };
    CHECK(mask_text, pairs);
}

static void texts_keep_all_but_personal_numbers(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"denied: 13800138000", "denied: 138****8000"},
        {"号码13800138000、8613900139000已停机", "号码138****8000、86139****9000已停机"},
        {"008613800138000", "0086138****8000"},
        {"id 36220119800101123X.", "id 362***********123X."},
        {"id 362201198001011234", "id 362***********1234"},
        {"case SP202611250001 of 20261125", "case SP202611250001 of 20261125"},
        {"12345678901 is no mobile", "12345678901 is no mobile"},
        {"138001380001 neither", "138001380001 neither"},
        {"a13800138000", "a13800138000"},
    };
    CHECK(mask_text, pairs);
}

static void a_cases_facts_lose_their_people(void **state)
{
    (void)state;
    struct facts facts = {.case_no = "A1", .item_name = "i"};
    facts.applicant_name = facts.handler_name = facts.agent_name = "n";
    facts.applicant_phone = facts.handler_phone = facts.agent_phone = "13800138000";
    mask_persons(&facts);
    const char *const people[] = {facts.applicant_name,  facts.handler_name,  facts.agent_name,
                                  facts.applicant_phone, facts.handler_phone, facts.agent_phone};
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        assert_string_equal(people[i], "");
    assert_string_equal(facts.case_no, "A1");
    assert_string_equal(facts.item_name, "i");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_their_first_character),
        cmocka_unit_test(phones_keep_their_ends),
        cmocka_unit_test(addresses_keep_what_tells_them_apart),
        cmocka_unit_test(texts_keep_of_mail_addresses_the_host),
        cmocka_unit_test(texts_keep_all_but_personal_numbers),
        cmocka_unit_test(a_cases_facts_lose_their_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
