/* Approved templates: what may stand in the configuration, and what a provider is sent. */
#include "duban/template_code.h"

#include "duban/mem.h"
#include "duban/template_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "duban/channel.h"
#include "sms_sample.h"

/* "name=placeholder " of each parameter. */
static void check_parameters(const char *yaml, const char *expected)
{
    struct sms_sample sample;
    sms_sample_init(&sample, yaml);
    AUTO_BUF out;
    buf_init(&out, 512);
    const char *name;
    size_t placeholder;
    for (size_t i = 0; template_code_parameter(sample.code, i, &name, &placeholder); i++)
        buf_format(&out, "%s=%s ", name, template_placeholder(sample.text, placeholder)->name);
    assert_string_equal(buf_string(&out), expected);
    sms_sample_finish(&sample);
}

static void parameters_are_the_placeholders_of_the_text(void **state)
{
    (void)state;
    check_parameters("text: '{item}（{case_no}）{remaining}，{item}'\ncode: {sms: SMS_1}",
                     "item=item case_no=case_no remaining=remaining ");
    check_parameters("text: '{item}（{case_no}）'\ncode: {sms: SMS_1}\nparams: [case_no, item]",
                     "case_no=case_no item=item ");
    check_parameters("text: '{item}（{case_no}）'\ncode: {sms: '1110'}\n"
                     "params: {name: item, number: case_no}",
                     "name=item number=case_no ");
    check_parameters("text: '停电'\ncode: {sms: SMS_1}", "");
}

static void codes_belong_to_channels(void **state)
{
    (void)state;
    struct sms_sample sample;
    sms_sample_init(&sample, "text: '{item}'\ncode: {sms: SMS_1, other: 2222}");
    assert_string_equal(template_code_find(sample.code, "sms"), "SMS_1");
    assert_string_equal(template_code_find(sample.code, "other"), "2222");
    assert_null(template_code_find(sample.code, "third"));
    assert_null(template_code_find(NULL, "sms"));
    sms_sample_finish(&sample);
}

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *problem;
    } cases[] = {
        {"code: {sms: ''}", "t:2:13: expected the code of a template"},
        {"code: {sms: 'a b'}", "t:2:13: expected the code of a template"},
        {"code: {sms: ~}", "t:2:13: nothing given, expected text"},
        {"code: SMS_1", "t:2:7: found a value, expected a map"},
        {"code: {sms: a}\nparams: item", "t:3:9: found a value, expected a list"},
        {"code: {sms: a}\nparams: [itm, case_no]",
         "t:3:10: 'itm' is no placeholder; did you mean 'item'?"},
        {"code: {sms: a}\nparams: [window, case_no]", "t:3:10: the text has no {window}"},
        {"code: {sms: a}\nparams: [item]", "t:3:9: the text's {case_no} is missing"},
        {"code: {sms: a}\nparams: [item, case_no, item]", "t:3:25: 'item' is given twice"},
        {"code: {sms: a}\nparams: {a: item, b: item}", "t:3:22: 'item' is given twice"},
        {"code: {sms: a}\nparams: {'a b': item, b: case_no}",
         "t:3:10: expected the name of a parameter"},
        {"code: {sms: a}\nparams: {a: [item], b: case_no}", "t:3:13: found a list"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problems problems = {0};
        AUTO_FREE char *yaml = mem_format("text: '{item}{case_no}'\n%s\n", cases[i].yaml);
        struct yaml_document *document = yaml_load_text(yaml, strlen(yaml), "t", &problems);
        const struct yaml_node *map = yaml_root(document);
        struct template *text = template_create(yaml_get(map, "text"), &problems);
        assert_int_equal(problems.total, 0);
        assert_null(template_code_create(map, text, &problems));
        AUTO_BUF told;
        buf_init(&told, 4096);
        problems_print(&problems, &told);
        if (strncmp(buf_string(&told), cases[i].problem, strlen(cases[i].problem)) != 0)
            fail_msg("row %zu: %s", i, buf_string(&told));
        problems_finish(&problems);
        template_destroy(text);
        yaml_destroy(document);
    }
}

/* The text, then "|value" of each placeholder; or the failure. Stays until the next call. */
static const char *rendered(const char *text, const struct notice *notice, size_t units_most,
                            size_t characters_most)
{
    static char out[2048];
    struct problems problems = {0};
    struct template *template = template_create_text(text, "t", &problems);
    struct template_values values = {.count = 77};
    struct error error;
    AUTO_BUF buf;
    buf_init(&buf, sizeof out);
    if (template_render_values(template, notice, LOCALE_ZH_CN, units_most, characters_most, &buf,
                               &values, &error)) {
        for (size_t i = 0; i < values.count; i++)
            buf_format(&buf, "|%s", values.texts[i]);
        template_values_finish(&values);
    } else {
        assert_int_equal(values.count, 77);
        assert_int_equal(buf.length, 0);
        buf_text(&buf, error.text);
    }
    strcpy(out, buf_string(&buf));
    template_destroy(template);
    return out;
}

static void values_are_what_the_text_says(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_string_equal(rendered("{item}（{case_no}）{item}", &notice, 0, 35),
                        "食品经营许可证核发（FC202611160083）食品经营许可证核发"
                        "|食品经营许可证核发|FC202611160083");
    /* shortened to fit the message: the same in all places, and in the parameter */
    assert_string_equal(rendered("{item}、{item}", &notice, 12, 35),
                        "食品经营…、食品经营…|食品经营…");
    /* cut to fit the parameter */
    assert_string_equal(rendered("{item}/{window}", &notice, 0, 6), "食品经营许…/市场监管局…"
                                                                    "|食品经营许…|市场监管局…");
    /* … and then shortened further */
    assert_string_equal(rendered("{item}/{window}", &notice, 11, 6), "食品经营…/市场监管…"
                                                                     "|食品经营…|市场监管…");
}

static void numbers_and_dates_are_never_cut(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_string_equal(rendered("{item}{case_no}", &notice, 0, 13),
                        "{case_no} has 14 characters, and a parameter holds 13");
    assert_string_equal(rendered("{due}", &notice, 0, 10),
                        "{due} has 11 characters, and a parameter holds 10");
}

static void what_a_provider_refuses_is_replaced(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "【广告】a\n\x1B"
                      "b\xFF";
    facts.result = " ";
    facts.handler_name = "";
    assert_string_equal(rendered("{item},{result},{handler}", &notice, 0, 20),
                        "〔广告〕a  b\uFFFD,-,-|〔广告〕a  b\uFFFD|-|-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_the_placeholders_of_the_text),
        cmocka_unit_test(codes_belong_to_channels),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(values_are_what_the_text_says),
        cmocka_unit_test(numbers_and_dates_are_never_cut),
        cmocka_unit_test(what_a_provider_refuses_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
