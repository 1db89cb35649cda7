/* CSV: fields with their places, and what is refused. */
#include "duban/csv.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Reads all rows as "line:column=text|…" lines, then what stopped it. */
static void read_as(const char *text, const char *expected)
{
    AUTO_FREE char *copy = mem_text(text);
    AUTO_BUF out;
    struct csv_reader reader;
    struct csv_row row;
    struct problems problems = {0};
    enum csv_result result;
    buf_init(&out, 4096);
    csv_start(&reader, "t.csv", copy);
    while ((result = csv_next(&reader, &row, &problems)) == CSV_ROW) {
        for (size_t i = 0; i < row.count; i++)
            buf_format(&out, "%s%u:%u=%s", i ? "|" : "", row.fields[i].line, row.fields[i].column,
                       row.fields[i].text);
        buf_text(&out, "\n");
    }
    assert_int_equal(result == CSV_BROKEN, problems.total == 1);
    problems_print(&problems, &out);
    problems_finish(&problems);
    assert_string_equal(buf_string(&out), expected);
}

static void fields_are_cut_out(void **state)
{
    (void)state;
    read_as("", "");
    read_as("a", "1:1=a\n");
    read_as("a,b\n", "1:1=a|1:3=b\n");
    read_as("a,,b,\r\nc\r\n", "1:1=a|1:3=|1:4=b|1:6=\n2:1=c\n");
    read_as("\xEF\xBB\xBF窗口,b\n", "1:1=窗口|1:4=b\n");
    read_as("\n,,\r\n\na\n", "4:1=a\n");
    read_as(" a , b\n", "1:1= a |1:5= b\n");
    read_as("a\rb\n", "t.csv:1:2: a control character\n");
}

static void quotes_hold_anything(void **state)
{
    (void)state;
    read_as("\"a,b\",c\n", "1:1=a,b|1:7=c\n");
    read_as("\"say \"\"hi\"\"\",x\n", "1:1=say \"hi\"|1:14=x\n");
    read_as("\"a\r\nb\",c\nd\n", "1:1=a\r\nb|2:4=c\n3:1=d\n");
    read_as("\"\",\"\"\n\"x\"", "2:1=x\n");
}

static void broken_quotes_are_refused(void **state)
{
    (void)state;
    read_as("a,\"b\nc\n", "t.csv:1:3: this quote is never closed\n");
    read_as("a\n\"b\"c\n", "1:1=a\nt.csv:2:4: text after a closing quote; expected a comma\n");
    read_as("a\"b\n", "t.csv:1:2: a quote inside a field; expected the whole field in quotes, and "
                      "this one doubled\n");
    read_as("\"a\x01\"\n", "t.csv:1:3: a control character\n");
}

static void fields_are_bounded(void **state)
{
    (void)state;
    char commas[CSV_FIELDS_MOST + 2];
    memset(commas, ',', sizeof commas);
    commas[CSV_FIELDS_MOST] = '\0';
    read_as(commas, "t.csv:1:65: too many fields in a line\n");
    commas[CSV_FIELDS_MOST - 1] = '\0';
    read_as(commas, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_cut_out),
        cmocka_unit_test(quotes_hold_anything),
        cmocka_unit_test(broken_quotes_are_refused),
        cmocka_unit_test(fields_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
