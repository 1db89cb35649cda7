/* Telephone numbers that can receive a short message. */
#include "duban/phone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *phone;
    } cases[] = {
        {"13800138000", "13800138000"},      {"+8613800138000", "13800138000"},
        {"86 138 0013 8000", "13800138000"}, {"0086-138-0013-8000", "13800138000"},
        {"199-0013-8000", "19900138000"},    {"+852 6123 4567", "+85261234567"},
        {"00852 6123 4567", "+85261234567"}, {"+1 (202) 555-0143", "+12025550143"},
        {"008613800138000", "13800138000"},  {"+123456789012345", "+123456789012345"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char phone[PHONE_BYTES];
        assert_true(phone_read(cases[i].text, phone, NULL));
        assert_string_equal(phone, cases[i].phone);
    }
}

static void what_gets_no_messages_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "not a telephone number"},
        {"+", "not a telephone number"},
        {"13800138000x", "not a telephone number"},
        {"138001380001234567890", "not a telephone number"},
        {"0795-6428888", "landline"},
        {"+86 0795 6428888", "landline"},
        {"6428888", "not a mobile number"},
        {"12345", "not a mobile number"},
        {"12800138000", "not a mobile number"},
        {"1380013800", "not a mobile number"},
        {"+8612800138000", "not a mobile number"},
        {"+1234567", "not an international number"},
        {"+1234567890123456", "not an international number"},
        {"+0123456789", "not an international number"},
        {"00", "not an international number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char phone[PHONE_BYTES] = "untouched";
        struct error error;
        assert_false(phone_read(cases[i].text, phone, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_string_equal(phone, "untouched");
    }
}

static void an_error_does_not_give_the_number_away(void **state)
{
    (void)state;
    char phone[PHONE_BYTES];
    struct error error;
    assert_false(phone_read("13800138000,", phone, &error));
    assert_null(strstr(error.text, "13800138000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_people_write_them),
        cmocka_unit_test(what_gets_no_messages_is_refused),
        cmocka_unit_test(an_error_does_not_give_the_number_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
