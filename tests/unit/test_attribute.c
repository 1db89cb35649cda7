/* Attributes: what is in the object, as it is written, or the reason why not. */
#include "duban/attribute.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TEN "0123456789"

/* Parses and writes down what was found: "name=value" a line, or the error. The text ends where
 * its memory ends: reading on would be seen. */
static void parsed(const char *json, const char *expected)
{
    struct attribute list[ATTRIBUTES_MOST];
    size_t count = 99, length = strlen(json);
    struct error error;
    char *text = mem_zero(1, length + 1);
    memcpy(text, json, length);
    AUTO_FREE char *exact = length ? mem_grow(text, length, 1) : text;
    AUTO_BUF out;
    buf_init(&out, 4096);
    if (attributes_parse(exact, length, list, &count, &error)) {
        for (size_t i = 0; i < count; i++)
            buf_format(&out, "%s=%s\n", list[i].name, list[i].value);
    } else {
        assert_int_equal(count, 99);
        buf_text(&out, error.text);
    }
    assert_string_equal(buf_string(&out), expected);
}

static void values_are_texts_numbers_and_booleans(void **state)
{
    (void)state;
    parsed("", "");
    parsed("{}", "");
    parsed("{\"来源\":\"网上\",\"large\":true,\"online\":false,\"none\":null,\"empty\":\"\"}",
           "来源=网上\nlarge=true\nonline=false\nempty=\n");
    parsed("{\"a\":\"}1,\\\"2\\\\\",\"b\":3}", "a=}1,\"2\\\nb=3\n");
}

static void numbers_stay_as_they_are_written(void **state)
{
    (void)state;
    parsed("{\"a\":0}", "a=0\n");
    parsed("{\"n1\":1.50,\"n2\":\"2\",\"n3\":null,\"n4\":-4,\"n5\":true,\"n6\":1E+2}",
           "n1=1.50\nn2=2\nn4=-4\nn5=true\nn6=1E+2\n");
    parsed("{ \"\\\"7\\\"\" : 0.10 , \"\\\\\" : 123456789012345678901234567890\n}",
           "\"7\"=0.10\n\\=123456789012345678901234567890\n");
    parsed("{\"x\":\"" TEN TEN "\",\"a\":" TEN "}",
           "attributes: not valid JSON: invalid token near '0'");
    parsed("{\"a\":1" TEN TEN TEN TEN TEN TEN "12}", "a=1" TEN TEN TEN TEN TEN TEN "12\n");
    parsed("{\"a\":1" TEN TEN TEN TEN TEN TEN "123}",
           "attributes: 'a': a number of 64 characters; expected 63 at most");
}

static void texts_are_cut_and_names_are_not(void **state)
{
    (void)state;
    parsed("{\"a\":\"" TEN TEN TEN TEN TEN TEN "123\"}", "a=" TEN TEN TEN TEN TEN TEN "123\n");
    parsed("{\"a\":\"" TEN TEN TEN TEN TEN TEN "1办\"}", "a=" TEN TEN TEN TEN TEN TEN "1\n");
    parsed("{\"" TEN TEN TEN "1\":1}", TEN TEN TEN "1=1\n");
    parsed("{\"" TEN TEN TEN "办\":1}",
           "attributes: the name '" TEN TEN TEN "办' has 33 bytes; expected 31 at most");
    /* One that nobody can refer to is refused whatever it holds, unless that is nothing. */
    parsed("{\"" TEN TEN TEN "办\":null}", "");
}

static void broken_objects_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{", "attributes: not valid JSON: string or '}' expected near end of file"},
        {"{\"a\":1}}", "attributes: not valid JSON: end of file expected near '}'"},
        {"{\"a\":-}", "attributes: not valid JSON: invalid token near '-'"},
        {"{\"a\":\"\xE5\"}", "attributes: not valid JSON: unable to decode byte 0xe5 near '\"'"},
        {"{\"a\":1,\"a\":2}", "attributes: not valid JSON: duplicate object key near '\"a\"'"},
        {"{\"a\":1e999}", "attributes: not valid JSON: real number overflow near '1e999'"},
        {"null", "attributes: not a JSON object"},
        {"7", "attributes: not a JSON object"},
        {"[]", "attributes: not a JSON object"},
        {"[{\"a\":1}]", "attributes: not a JSON object"},
        {"{\"a\":[1]}", "attributes: 'a' is an array; expected a text, a number, true or false"},
        {"{\"a\":1,\"b\":{}}",
         "attributes: 'b' is an object; expected a text, a number, true or false"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        parsed(cases[i][0], cases[i][1]);
}

static void number_and_length_are_bounded(void **state)
{
    (void)state;
    struct attribute list[ATTRIBUTES_MOST];
    struct error error = {""};
    for (size_t count = ATTRIBUTES_MOST; count <= ATTRIBUTES_MOST + 1; count++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        buf_text(&json, "{\"nothing\":null");
        for (size_t i = 0; i < count; i++)
            buf_format(&json, ",\"a%zu\":%zu", i, i);
        buf_text(&json, "}");
        size_t found = 99;
        bool read = attributes_parse(buf_string(&json), json.length, list, &found, &error);
        assert_int_equal(read, count == ATTRIBUTES_MOST);
        assert_int_equal(found, read ? ATTRIBUTES_MOST : 99);
    }
    assert_string_equal(error.text, "attributes: more than 16 in one case");
    assert_string_equal(list[15].value, "15");

    AUTO_BUF blank;
    buf_init(&blank, 1 << 17);
    for (int i = 0; i < 65535; i++)
        buf_char(&blank, ' ');
    buf_text(&blank, "{}");
    size_t found = 99;
    assert_false(attributes_parse(buf_string(&blank), blank.length, list, &found, &error));
    assert_string_equal(error.text, "attributes: longer than 64 KiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_texts_numbers_and_booleans),
        cmocka_unit_test(numbers_stay_as_they_are_written),
        cmocka_unit_test(texts_are_cut_and_names_are_not),
        cmocka_unit_test(broken_objects_are_refused),
        cmocka_unit_test(number_and_length_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
