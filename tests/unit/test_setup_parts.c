/* What setup does without asking or connecting: connection strings, kinds of mistakes, the report
 * of rows, the file it writes. */
#include "row_kind.h"
#include "setup_dsn.h"
#include "setup_rows.h"
#include "setup_yaml.h"

#include "duban/mem.h"
#include "duban/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_BYTES_MOST (1u << 20)

/* --- connection strings --- */

static void value_is(const char *dsn, const char *keyword, const char *expected)
{
    AUTO_FREE char *value = dsn_value(dsn, keyword);
    if (expected)
        assert_string_equal(value, expected);
    else
        assert_null(value);
}

static void dsns_are_taken_apart(void **state)
{
    (void)state;
    value_is("host=/run/postgresql dbname=duban", "dbname", "duban");
    value_is("postgresql://clerk@db1:5433/duban", "port", "5433");
    value_is("dbname='it''s'", "dbname", NULL); /* not libpq's way of quoting */
    value_is("dbname='it\\'s' user=a", "dbname", "it's");
    value_is("host=db1", "dbname", NULL);
}

static void dsns_with_passwords_are_refused_without_showing_them(void **state)
{
    (void)state;
    static const char *const wrong[] = {"dbname=a password=hidden", "postgresql://u:hidden@h/d",
                                        "dbname=a sslpassword=hidden", "dbname = 'hidden",
                                        "hidden"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error error = {""};
        assert_false(dsn_check(wrong[i], &error));
        assert_true(error.text[0] != '\0' && strstr(error.text, "hidden") == NULL);
    }
    assert_true(dsn_check("host=a,b dbname=c target_session_attrs=read-write", NULL));
}

static void with_is(const char *dsn, const char *database, const char *user, const char *expected)
{
    AUTO_FREE char *made = dsn_with(dsn, database, user);
    assert_string_equal(made, expected);
}

static void dsns_lead_to_another_database(void **state)
{
    (void)state;
    with_is("user=a dbname=b host=c", "d", NULL, "host=c dbname=d user=a");
    with_is("host=c", "d e", "it's", "host=c dbname='d e' user='it\\'s'");
    with_is("postgresql://a@h:1/b?connect_timeout=3", NULL, "x",
            "host=h port=1 dbname=b user=x connect_timeout=3");
    AUTO_FREE char *made = dsn_with("host=c", "back\\slash '", NULL);
    value_is(made, "dbname", "back\\slash '");
}

static void dsns_of_one_server_are_known(void **state)
{
    (void)state;
    assert_true(dsn_same_server("host=a dbname=x", "port=5432 host=a user=y"));
    assert_false(dsn_same_server("host=a", "host=b"));
    assert_false(dsn_same_server("host=a port=1", "host=a"));
    assert_false(dsn_same_server("host=a hostaddr=192.0.2.1", "host=a"));
    assert_true(dsn_is_local("dbname=x"));
    assert_true(dsn_is_local("host=/run/postgresql"));
    assert_false(dsn_is_local("host=db1"));
    assert_false(dsn_is_local("hostaddr=192.0.2.1"));
}

/* --- kinds of mistakes --- */

static void kind_is(const char *sentence, const char *name, const char *column)
{
    char found[ROW_COLUMN_BYTES];
    const struct row_kind *kind = row_kind_of(sentence, found);
    assert_string_equal(kind->name, name);
    assert_string_equal(found, column);
    assert_true(kind->chinese[0] && kind->english[0]);
    assert_true(kind->chinese_remedy[0] && kind->english_remedy[0]);
}

static void sentences_are_told_apart(void **state)
{
    (void)state;
    kind_is("status 'x' is unknown; expected one of: open", "unknown_status", "");
    kind_is("statutory_unit: unknown unit 'G'; expected workday", "unknown_unit", "statutory_unit");
    kind_is("accepted_at 2099-01-01T01:00:00Z lies in the future", "in_future", "accepted_at");
    kind_is("the status is completed, but completed_at is empty", "no_completed_at", "");
    kind_is("the status is open, but completed_at is given", "not_completed", "");
    kind_is("the status is suspended, but completed_at is given", "not_completed", "");
    kind_is("the status is open, but the last suspension has not ended", "still_suspended", "");
    kind_is("suspensions: number 1: unknown key 'too'; expected from", "suspension_key", "");
    kind_is("something that nobody has thought of", "other", "");
    kind_is("", "other", "");
}

/* --- the report --- */

static void rows_are_counted(void **state)
{
    (void)state;
    struct row_report report = {0};
    for (int i = 0; i < 12; i++) {
        AUTO_FREE char *number = mem_format("A%d", i);
        row_report_wrong(&report, number, "stage '李13812345678' is unknown");
    }
    row_report_wrong(&report, "B1", "accepted_at 2099 lies in the future");
    row_report_wrong(&report, "B2", "received_at 2099 lies in the future");
    row_report_twice(&report, "B3");
    assert_int_equal(report.wrong, 15);
    assert_int_equal(report.group_count, 4);
    assert_int_equal(report.groups[0].count, 12);
    assert_string_equal(report.groups[0].cases[4], "A4");
    assert_string_equal(report.groups[0].example, "stage '李138****5678' is unknown");
    assert_string_equal(report.groups[2].column, "received_at");
    row_report_finish(&report);
    assert_int_equal(report.group_count, 0);
}

static void codes_and_phones_are_gathered(void **state)
{
    (void)state;
    struct row_report report = {0};
    struct facts facts;
    facts_bare(&facts, "A1");
    row_report_fine(&report, &facts);
    facts.window_code = "W1";
    facts.department_code = "D1";
    facts.applicant_phone = "0792-6661234";
    row_report_fine(&report, &facts);
    facts.applicant_phone = "+86 199 0000 0123";
    row_report_fine(&report, &facts);
    assert_int_equal(report.without_phone, 1);
    assert_int_equal(report.bad_phone, 1);
    assert_int_equal(report.windows.count, 1);
    assert_string_equal(report.departments.texts[0], "D1");
    row_report_finish(&report);
}

/* --- the file --- */

static const struct setup_file whole = {
    .centre = "O'Neill's: 中心 # {a}",
    .locale = "zh-CN",
    .state_dsn = "dbname='a b' user=c",
    .source_dsn = "dbname=d",
    .relation = "s.v",
    .calendar = "calendars/cn.yaml",
    .state_password = "secrets/state",
    .channel = "sms",
    .type = "kannel",
    .personal = true,
    .setting_count = 1,
    .settings = {{"username", "- x: y"}},
    .secret_key = "password",
    .secret = "secrets/sms",
};

static const char *text_at(const struct yaml_document *document, const char *first,
                           const char *second)
{
    const struct yaml_node *node = yaml_get(yaml_root(document), first);
    if (second)
        node = yaml_get(node, second);
    return node ? node->text : NULL;
}

static struct yaml_document *write_and_read(const struct setup_file *file, struct buf *text)
{
    struct problems problems = {0};
    setup_yaml(file, text);
    struct yaml_document *document =
        yaml_load_text(buf_string(text), text->length, "made", &problems);
    assert_int_equal(problems.count, 0);
    return document;
}

static void values_come_back_as_they_were(void **state)
{
    (void)state;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    struct yaml_document *document = write_and_read(&whole, &text);
    assert_string_equal(text_at(document, "centre", NULL), whole.centre);
    assert_string_equal(text_at(document, "state", "dsn"), whole.state_dsn);
    assert_string_equal(text_at(document, "state", "password_file"), "secrets/state");
    assert_null(text_at(document, "source", "password_file"));
    const struct yaml_node *sms = yaml_get(yaml_get(yaml_root(document), "channels"), "sms");
    assert_string_equal(yaml_get(sms, "username")->text, "- x: y");
    assert_string_equal(yaml_get(sms, "password_file")->text, "secrets/sms");
    assert_null(yaml_get(yaml_root(document), "web"));
    assert_non_null(strstr(buf_string(&text), "# web:"));
    yaml_destroy(document);
}

static void routes_and_words_follow_the_channel_and_the_language(void **state)
{
    (void)state;
    struct setup_file file = whole;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    file.locale = "en";
    file.personal = false;
    file.web_dsn = "dbname=w";
    file.secret = NULL;
    struct yaml_document *document = write_and_read(&file, &text);
    assert_null(yaml_get(yaml_get(yaml_root(document), "routes"), "completed"));
    assert_string_equal(text_at(document, "web", "listen"), "127.0.0.1:8090");
    assert_null(strstr(buf_string(&text), "password_file: 'secrets/sms'"));
    const char *comment = strstr(buf_string(&text), "# duban's own database");
    assert_non_null(comment);
    assert_null(strstr(buf_string(&text), "黄牌"));
    yaml_destroy(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dsns_are_taken_apart),
        cmocka_unit_test(dsns_with_passwords_are_refused_without_showing_them),
        cmocka_unit_test(dsns_lead_to_another_database),
        cmocka_unit_test(dsns_of_one_server_are_known),
        cmocka_unit_test(sentences_are_told_apart),
        cmocka_unit_test(rows_are_counted),
        cmocka_unit_test(codes_and_phones_are_gathered),
        cmocka_unit_test(values_come_back_as_they_were),
        cmocka_unit_test(routes_and_words_follow_the_channel_and_the_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
