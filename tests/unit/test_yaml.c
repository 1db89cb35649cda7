/* YAML trees: places, refusals, typed readers. */
#include "duban/yaml.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct yaml_document *load(const char *text, struct problems *problems)
{
    return yaml_load_text(text, strlen(text), "t.yaml", problems);
}

/* Loads what must be refused and compares the first problem. */
static void refused(const char *text, const char *expected)
{
    struct problems problems = {0};
    struct error error;
    assert_null(load(text, &problems));
    problems_error(&problems, &error);
    assert_string_equal(error.text, expected);
    problems_finish(&problems);
}

static void nodes_know_their_place(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct yaml_document *document = load("a: 1\nb:\n  - x\n  - 'y z'\n", &problems);
    const struct yaml_node *list = yaml_get(yaml_root(document), "b");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_string_equal(list->values[1]->text, "y z");
    assert_false(list->values[1]->plain);
    assert_int_equal(list->values[1]->line, 4);
    assert_int_equal(list->values[1]->column, 5);
    yaml_destroy(document);
    document = load("", &problems);
    assert_int_equal(yaml_root(document)->kind, YAML_MAP);
    assert_int_equal(problems.total, 0);
    yaml_destroy(document);
}

static void what_is_not_plain_yaml_is_refused(void **state)
{
    (void)state;
    refused("a: 1\na: 2\n", "t.yaml:2:1: key 'a' is given twice");
    refused("a: &x 1\nb: *x\n", "t.yaml:1:4: anchors and aliases (& and *) are not supported");
    refused("a: 1\n---\nb: 1\n", "t.yaml:2:1: a second document; expected one per file");
    refused("? [1]\n: 2\n", "t.yaml:1:3: a key must be plain text");
    refused("a: \"\\0\"\n", "t.yaml:1:4: a NUL byte is not allowed in a value");
    struct problems problems = {0};
    assert_null(load("a: [1\n", &problems));
    assert_null(load("a: \xff\n", &problems));
    assert_int_equal(problems.total, 2);
    assert_null(yaml_load_file("/nonexistent/duban.yaml", &problems));
    assert_int_equal(problems.items[2].line, 0);
    problems_finish(&problems);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[400];
    memset(text, '[', sizeof text);
    struct problems problems = {0};
    assert_null(yaml_load_text(text, sizeof text, "t.yaml", &problems));
    assert_non_null(strstr(problems.items[0].text, "too deep"));
    problems_finish(&problems);
}

static void unknown_keys_name_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = {"interval", "relation"};
    struct problems problems = {0};
    struct yaml_document *document = load("intervall: 1\nzebra: 2\n", &problems);
    assert_false(yaml_check_keys(yaml_root(document), known, COUNT_OF(known), &problems));
    assert_string_equal(problems.items[0].text,
                        "unknown key 'intervall'; did you mean 'interval'?");
    assert_string_equal(problems.items[1].text, "unknown key 'zebra'");
    problems_finish(&problems);
    yaml_destroy(document);
}

static void spans_need_a_unit(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct yaml_document *document =
        load("[250ms, 10s, 5m, 2h, 3d, 10, 5x, -1s, 99999999999999999999s, 9d]", &problems);
    static const int64_t expected[] = {250000, 10000000, 300000000, 7200000000, 259200000000};
    const struct yaml_node *list = yaml_root(document);
    for (size_t i = 0; i < list->count; i++) {
        int64_t span = -7;
        bool read = yaml_read_span(list->values[i], 0, 4 * INT64_C(86400000000), &span, &problems);
        assert_int_equal(read, i < COUNT_OF(expected));
        assert_int_equal(span, read ? expected[i] : -7);
    }
    assert_int_equal(problems.total, 5);
    problems_finish(&problems);
    yaml_destroy(document);
}

static void values_are_read_or_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"closing", "end_of_day"};
    struct problems problems = {0};
    struct yaml_document *document = load("[12, x, ~, true, closing, closeing, {}]", &problems);
    struct yaml_node **items = yaml_root(document)->values;
    int64_t number = 0;
    size_t index = 9;
    bool truth = false;
    const char *text;
    assert_true(yaml_read_int(items[0], 0, 12, &number, &problems));
    assert_false(yaml_read_int(items[0], 0, 11, &number, &problems));
    assert_false(yaml_read_int(items[1], 0, 11, &number, &problems));
    assert_false(yaml_read_text(items[2], &text, &problems));
    assert_true(yaml_read_bool(items[3], &truth, &problems));
    assert_true(yaml_read_choice(items[4], words, 2, &index, &problems));
    assert_int_equal(index, 0);
    assert_false(yaml_read_choice(items[5], words, 2, &index, &problems));
    assert_false(yaml_read_text(items[6], &text, &problems));
    AUTO_BUF out;
    buf_init(&out, 4096);
    problems_print(&problems, &out);
    assert_string_equal(buf_string(&out),
                        "t.yaml:1:2: '12' is not a whole number from 0 to 11\n"
                        "t.yaml:1:6: 'x' is not a whole number from 0 to 11\n"
                        "t.yaml:1:9: nothing given, expected text\n"
                        "t.yaml:1:27: 'closeing' is unknown; did you mean 'closing'? (one of: "
                        "closing, end_of_day)\n"
                        "t.yaml:1:37: found a map of keys and values, expected a value\n");
    problems_finish(&problems);
    yaml_destroy(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(what_is_not_plain_yaml_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(unknown_keys_name_the_nearest),
        cmocka_unit_test(spans_need_a_unit),
        cmocka_unit_test(values_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
