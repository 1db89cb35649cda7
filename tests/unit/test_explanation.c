/* Explanations of cases, in all their forms: compared with the files beside explanation/NAME.json,
 * which holds the facts of a case and what the state knows of it. */
#include "explain_text.h"

#include "duban/explanation_html.h"
#include "duban/file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER SOURCE_DIR "/tests/unit/explanation/"

static struct config *config;

static int load_rules(void **state)
{
    (void)state;
    struct problems problems = {0};
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
    config = config_load(FOLDER "rules.yaml", &problems);
    problems_print(&problems, &told);
    problems_finish(&problems);
    if (config == NULL)
        print_error("%s", buf_string(&told));
    return config == NULL;
}

static int drop_rules(void **state)
{
    (void)state;
    config_destroy(config);
    return 0;
}

/* --- facts from JSON, by the names of the source contract --- */

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static wall_us instant_of(const json_t *row, const char *key)
{
    wall_us at = WALL_NONE;
    if (*text_of(row, key))
        assert_true(instant_parse(text_of(row, key), &at, NULL));
    return at;
}

static bool limit_of(const json_t *row, const char *value, const char *unit, struct limit *limit)
{
    const json_t *amount = json_object_get(row, value);
    limit->value = (int32_t)json_integer_value(amount);
    return amount && limit_unit_parse(text_of(row, unit), &limit->unit, NULL);
}

static void read_lists(const json_t *row, struct facts *facts)
{
    struct error error;
    const char *name;
    json_t *value;
    AUTO_FREE char *extensions = json_dumps(json_object_get(row, "extensions"), 0);
    AUTO_FREE char *suspensions = json_dumps(json_object_get(row, "suspensions"), 0);
    assert_true(suspensions_parse(suspensions, suspensions ? strlen(suspensions) : 0,
                                  facts->suspensions, &facts->suspension_count, &error));
    assert_true(extensions_parse(extensions, extensions ? strlen(extensions) : 0, facts->extensions,
                                 &facts->extension_count, &error));
    json_object_foreach(json_object_get(row, "attributes"), name, value)
    {
        struct attribute *attribute = &facts->attributes[facts->attribute_count++];
        snprintf(attribute->name, sizeof attribute->name, "%s", name);
        snprintf(attribute->value, sizeof attribute->value, "%s", json_string_value(value));
    }
}

static struct facts facts_of(const json_t *row)
{
    struct facts facts = {
        .case_no = text_of(row, "case_no"),
        .item_code = text_of(row, "item_code"),
        .item_name = text_of(row, "item_name"),
        .kind = text_of(row, "kind"),
        .department_code = text_of(row, "department_code"),
        .window_code = text_of(row, "window_code"),
        .handler_name = text_of(row, "handler_name"),
        .handler_phone = text_of(row, "handler_phone"),
        .applicant_name = text_of(row, "applicant_name"),
        .applicant_phone = text_of(row, "applicant_phone"),
        .stage = text_of(row, "stage"),
        .result = text_of(row, "result"),
        .parent_case_no = text_of(row, "parent_case_no"),
        .project_class = text_of(row, "class"),
        .agent_name = text_of(row, "agent_name"),
        .agent_phone = text_of(row, "agent_phone"),
        .promised_due_at = instant_of(row, "promised_due_at"),
        .updated_at = instant_of(row, "updated_at"),
        .reopened_at = instant_of(row, "reopened_at"),
    };
    facts.has_limit = limit_of(row, "limit_value", "limit_unit", &facts.limit);
    facts.has_statutory = limit_of(row, "statutory_value", "statutory_unit", &facts.statutory);
    for (int i = 0; i < MILESTONES; i++)
        facts.at[i] = instant_of(row, milestone_column((enum milestone)i));
    assert_true(case_status_parse(text_of(row, "status"), &facts.status, NULL));
    read_lists(row, &facts);
    return facts;
}

/* --- documents --- */

static json_t *read_case(const char *name)
{
    AUTO_FREE char *path = mem_format(FOLDER "%s.json", name);
    json_error_t why;
    json_t *given = json_load_file(path, 0, &why);
    if (given == NULL)
        fail_msg("%s:%d: %s", path, why.line, why.text);
    return given;
}

static enum explanation_source source_of(const json_t *given)
{
    static const char *const words[] = {"read", "absent", "broken", "away"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], text_of(given, "source")) == 0)
            return (enum explanation_source)i;
    fail_msg("'%s' is no state of a source", text_of(given, "source"));
    return SOURCE_AWAY;
}

/* Versions change with every byte of a calendar: what they are is no matter here. */
static void hide_versions(json_t *json)
{
    const char *key;
    json_t *value;
    size_t index;
    if (json_is_object(json) && json_object_get(json, "version"))
        json_object_set_new(json, "version", json_string("v1"));
    json_object_foreach(json, key, value)
    {
        hide_versions(value);
    }
    json_array_foreach(json, index, value)
    {
        hide_versions(value);
    }
}

static json_t *explain(const char *name, const char *clock)
{
    json_t *given = read_case(name), *row = json_object_get(given, "facts");
    struct facts facts;
    struct explanation_request request = {
        .config = config,
        .case_no = text_of(json_is_object(row) ? row : given, "case_no"),
        .clock = clock,
        .now = instant_of(given, "now"),
        .source = source_of(given),
        .problem = text_of(given, "problem"),
        .state = json_object_get(given, "state"),
    };
    if (json_is_object(row)) {
        facts = facts_of(row);
        request.facts = &facts;
    }
    json_t *document = explanation_make(&request);
    json_decref(given);
    hide_versions(document);
    return document;
}

/* --- golden files --- */

/* With GOLDEN_UPDATE in the environment the file is written anew, to be read by a person. */
static void compare(const char *name, const char *form, const char *text)
{
    AUTO_FREE char *path = mem_format(FOLDER "%s.%s", name, form);
    AUTO_FREE char *golden = NULL;
    size_t length;
    struct error error;
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    if (!file_read(path, 1 << 20, &golden, &length, &error))
        fail_msg("%s: %s", path, error.text);
    if (strcmp(text, golden) != 0)
        fail_msg("%s is another text now:\n%s", path, text);
}

static const char *const names[] = {"plain",     "festival", "shortened", "suspended", "extended",
                                    "restarted", "order",    "instant",   "part",      "joint",
                                    "hours",     "deemed",   "away",      "beyond",    "hostile",
                                    "reopened",  "carried"};

static void documents_are_the_golden_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *document = explain(names[i], NULL);
        AUTO_FREE char *dumped = json_dumps(document, JSON_INDENT(1));
        AUTO_FREE char *text = mem_format("%s\n", dumped);
        compare(names[i], "document.json", text);
        json_decref(document);
    }
}

static void texts_are_the_golden_ones(void **state)
{
    (void)state;
    static const char *const forms[LOCALES] = {"zh.txt", "en.txt"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *document = explain(names[i], NULL);
        for (int locale = 0; locale < LOCALES; locale++) {
            AUTO_BUF text;
            buf_init(&text, 1 << 20);
            explain_text(&text, document, (enum locale)locale);
            compare(names[i], forms[locale], buf_string(&text));
        }
        json_decref(document);
    }
}

static void pages_are_the_golden_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *document = explain(names[i], NULL);
        AUTO_BUF page;
        buf_init(&page, 1 << 20);
        explanation_html(&page, document, LOCALE_ZH_CN);
        compare(names[i], "html", buf_string(&page));
        json_decref(document);
    }
}

/* --- what holds of all of them --- */

/* The length of an attribute that does no harm, with the space before it; 0: it is another. */
static size_t harmless(const char *text)
{
    static const char *const attributes[] = {" class=\"", " scope=\"", " lang=\""};
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        size_t length = strlen(attributes[i]);
        if (strncmp(text, attributes[i], length) == 0)
            return length + strcspn(text + length, "\"<>") + 1;
    }
    return 0;
}

/* Every tag is one that the article is made of. */
static void check_tags(const char *page)
{
    static const char *const tags[] = {"article", "header",  "section", "h2",    "h3", "p",
                                       "dl",      "dt",      "dd",      "table", "th", "td",
                                       "thead",   "caption", "tbody",   "tr"};
    for (const char *at = page; (at = strchr(at, '<')) != NULL; at++) {
        const char *word = at + 1 + (at[1] == '/');
        size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789"), attribute;
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(tags); i++)
            known |= strlen(tags[i]) == length && strncmp(word, tags[i], length) == 0;
        const char *rest = word + length;
        while ((attribute = harmless(rest)) > 0)
            rest += attribute;
        if (!known || *rest != '>')
            fail_msg("what is this: %.60s", at);
    }
}

static void pages_hold_no_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *document = explain(names[i], NULL);
        AUTO_BUF article, page;
        buf_init(&article, 1 << 20);
        buf_init(&page, 1 << 20);
        explanation_html(&article, document, LOCALE_EN);
        check_tags(buf_string(&article));
        explanation_html_page(&page, document, LOCALE_EN);
        assert_null(strstr(buf_string(&page), "<script"));
        assert_non_null(strstr(buf_string(&page), buf_string(&article)));
        json_decref(document);
    }
}

static void nobody_is_named(void **state)
{
    (void)state;
    static const char *const secrets[] = {"张小三",      "13800138000", "李四 ",
                                          "13900000002", "13700000003", "周代办",
                                          "13800000001", "/k/secret"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *document = explain(names[i], NULL);
        AUTO_FREE char *dumped = json_dumps(document, 0);
        for (size_t s = 0; s < COUNT_OF(secrets); s++)
            if (strstr(dumped, secrets[s]))
                fail_msg("%s tells %s", names[i], secrets[s]);
        json_decref(document);
    }
}

static void one_clock_alone(void **state)
{
    (void)state;
    json_t *document = explain("order", "order");
    const json_t *clocks = json_object_get(document, "clocks");
    assert_int_equal(json_array_size(clocks), 1);
    assert_string_equal(text_of(json_array_get(clocks, 0), "clock"), "order");
    json_decref(document);
    document = explain("order", "completion"); /* the worst is of the case */
    assert_string_equal(text_of(json_object_get(document, "worst"), "clock"), "order");
    json_decref(document);
    document = explain("order", "nonsense");
    assert_int_equal(json_array_size(json_object_get(document, "clocks")), 0);
    json_decref(document);
}

static void a_case_that_nobody_knows(void **state)
{
    (void)state;
    json_t *nothing = json_object();
    struct explanation_request request = {
        .config = config, .case_no = "nobody", .now = 0, .source = SOURCE_ABSENT, .state = nothing};
    json_t *document = explanation_make(&request);
    assert_false(explanation_is_known(document));
    json_decref(document);
    request.source = SOURCE_BROKEN; /* there is a row, at least */
    document = explanation_make(&request);
    assert_true(explanation_is_known(document));
    json_decref(document);
    json_decref(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_the_golden_ones),
        cmocka_unit_test(texts_are_the_golden_ones),
        cmocka_unit_test(pages_are_the_golden_ones),
        cmocka_unit_test(pages_hold_no_scripts),
        cmocka_unit_test(nobody_is_named),
        cmocka_unit_test(one_clock_alone),
        cmocka_unit_test(a_case_that_nobody_knows),
    };
    return cmocka_run_group_tests(tests, load_rules, drop_rules);
}
