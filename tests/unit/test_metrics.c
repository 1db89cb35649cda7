/* Metrics: what is counted, and the two forms of text. */
#include "duban/metrics.h"

#include "duban/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { AGE, TRIES, TURN, ROWS };

static const double bounds[] = {0.05, 1, 30, 0};

static const struct metric_family families[] = {
    [AGE] = {"t_age_seconds", METRIC_GAUGE, "seconds", "How \"old\" a\\b is.", {"channel"}, NULL},
    [TRIES] = {"t_tries", METRIC_COUNTER, NULL, "Tries.", {"channel", "verdict"}, NULL},
    [TURN] = {"t_turn_seconds", METRIC_HISTOGRAM, "seconds", "Turns.", {"stage"}, bounds},
    [ROWS] = {"t_rows", METRIC_GAUGE, NULL, "Rows.", {NULL}, NULL},
};

static struct metrics *make(void)
{
    return metrics_create(families, COUNT_OF(families));
}

static void assert_prints(const struct metrics *metrics, enum metrics_form form,
                          const char *expected)
{
    AUTO_BUF text;
    buf_init(&text, 1u << 20);
    metrics_print(metrics, form, &text);
    assert_string_equal(buf_string(&text), expected);
}

static void nothing_known_is_nothing_told(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    assert_prints(metrics, METRICS_TEXT, "");
    assert_prints(metrics, METRICS_OPEN, "# EOF\n");
    metrics_at(metrics, AGE, "sms", NULL); /* a gauge that was never set */
    assert_prints(metrics, METRICS_TEXT, "");
    metrics_destroy(metrics);
    metrics_destroy(NULL);
}

static void both_forms(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    metric_set(metrics_at(metrics, AGE, "sms", NULL), 2.5);
    metric_add(metrics_at(metrics, TRIES, "sms", "delivered"), 2);
    metric_add(metrics_at(metrics, TRIES, "sms", "delivered"), 1);
    metrics_at(metrics, TRIES, "sms", "unknown");
    assert_prints(metrics, METRICS_TEXT,
                  "# TYPE t_age_seconds gauge\n"
                  "# HELP t_age_seconds How \"old\" a\\\\b is.\n"
                  "t_age_seconds{channel=\"sms\"} 2.5\n"
                  "# TYPE t_tries_total counter\n"
                  "# HELP t_tries_total Tries.\n"
                  "t_tries_total{channel=\"sms\",verdict=\"delivered\"} 3\n"
                  "t_tries_total{channel=\"sms\",verdict=\"unknown\"} 0\n");
    assert_prints(metrics, METRICS_OPEN,
                  "# TYPE t_age_seconds gauge\n"
                  "# UNIT t_age_seconds seconds\n"
                  "# HELP t_age_seconds How \\\"old\\\" a\\\\b is.\n"
                  "t_age_seconds{channel=\"sms\"} 2.5\n"
                  "# TYPE t_tries counter\n"
                  "# HELP t_tries Tries.\n"
                  "t_tries_total{channel=\"sms\",verdict=\"delivered\"} 3\n"
                  "t_tries_total{channel=\"sms\",verdict=\"unknown\"} 0\n"
                  "# EOF\n");
    metrics_destroy(metrics);
}

static void a_histogram_counts_up_to_each_bound(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    struct metric *turn = metrics_at(metrics, TURN, "intake", NULL);
    const double values[] = {0.01, 0.05, 0.0625, 1, 30.5, 100};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        metric_observe(turn, values[i]);
    assert_prints(metrics, METRICS_TEXT,
                  "# TYPE t_turn_seconds histogram\n"
                  "# HELP t_turn_seconds Turns.\n"
                  "t_turn_seconds_bucket{stage=\"intake\",le=\"0.05\"} 2\n"
                  "t_turn_seconds_bucket{stage=\"intake\",le=\"1.0\"} 4\n"
                  "t_turn_seconds_bucket{stage=\"intake\",le=\"30.0\"} 4\n"
                  "t_turn_seconds_bucket{stage=\"intake\",le=\"+Inf\"} 6\n"
                  "t_turn_seconds_sum{stage=\"intake\"} 131.6225\n"
                  "t_turn_seconds_count{stage=\"intake\"} 6\n");
    metrics_destroy(metrics);
}

static void a_label_can_not_forge_a_line(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    metric_set(metrics_at(metrics, AGE, "a\"} 1\nt_rows 7\\", NULL), 1);
    assert_prints(metrics, METRICS_TEXT,
                  "# TYPE t_age_seconds gauge\n"
                  "# HELP t_age_seconds How \"old\" a\\\\b is.\n"
                  "t_age_seconds{channel=\"a\\\"} 1\\nt_rows 7\\\\\"} 1\n");
    metrics_destroy(metrics);
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0., "0"},
        {0.1, "0.1"},
        {1e-9, "1e-09"},
        {-3, "-3"},
        {1764126000, "1764126000"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1764126000.25, "1764126000.25"},
        {1e300, "1e+300"},
        {(double)INFINITY, "+Inf"},
        {-(double)INFINITY, "-Inf"},
        {(double)NAN, "NaN"},
    };
    struct metrics *metrics = make();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_FREE char *expected =
            mem_format("# TYPE t_rows gauge\n# HELP t_rows Rows.\nt_rows %s\n", cases[i].text);
        metric_set(metrics_at(metrics, ROWS, NULL, NULL), cases[i].value);
        assert_prints(metrics, METRICS_TEXT, expected);
    }
    metrics_destroy(metrics);
}

static void what_is_forgotten_is_not_told_until_it_is_set_again(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    struct metric *rows = metrics_at(metrics, ROWS, NULL, NULL);
    metric_set(rows, 5);
    metrics_forget(metrics, ROWS);
    assert_prints(metrics, METRICS_TEXT, "");
    assert_true(metric_value(rows) == 0);
    metric_set(metrics_at(metrics, ROWS, NULL, NULL), 6);
    assert_true(metric_value(rows) == 6); /* the very series */
    metrics_destroy(metrics);
}

static void names_from_outside_can_not_fill_the_memory(void **state)
{
    (void)state;
    struct metrics *metrics = make();
    char name[16];
    for (int i = 0; i < METRIC_SERIES_MOST + 100; i++) {
        snprintf(name, sizeof name, "c%d", i);
        metric_add(metrics_at(metrics, TRIES, name, "gone"), 1);
    }
    assert_true(metric_value(metrics_at(metrics, TRIES, "other", "other")) == 101);
    assert_true(metric_value(metrics_at(metrics, TRIES, "c0", "gone")) == 1);
    AUTO_BUF text;
    buf_init(&text, 1u << 20);
    metrics_print(metrics, METRICS_TEXT, &text);
    size_t lines = 0;
    for (const char *at = buf_string(&text); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, METRIC_SERIES_MOST + 2);
    metrics_destroy(metrics);
}

static void the_form_is_what_the_scraper_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum metrics_form form;
    } cases[] = {
        {NULL, METRICS_TEXT},
        {"", METRICS_TEXT},
        {"*/*", METRICS_TEXT},
        {"text/plain;version=0.0.4", METRICS_TEXT},
        {"application/openmetrics-text", METRICS_OPEN},
        {"application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5",
         METRICS_OPEN},
        {"text/plain , APPLICATION/OpenMetrics-Text ; q=1", METRICS_OPEN},
        {"application/openmetrics-text; q=0, text/plain", METRICS_TEXT},
        {"application/openmetrics-textual", METRICS_TEXT},
        {",,;q=", METRICS_TEXT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(metrics_form_of(cases[i].accept), cases[i].form);
    assert_non_null(strstr(metrics_content_type(METRICS_OPEN), "openmetrics-text; version=1.0.0"));
    assert_non_null(strstr(metrics_content_type(METRICS_TEXT), "version=0.0.4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_is_nothing_told),
        cmocka_unit_test(both_forms),
        cmocka_unit_test(a_histogram_counts_up_to_each_bound),
        cmocka_unit_test(a_label_can_not_forge_a_line),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(what_is_forgotten_is_not_told_until_it_is_set_again),
        cmocka_unit_test(names_from_outside_can_not_fill_the_memory),
        cmocka_unit_test(the_form_is_what_the_scraper_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
