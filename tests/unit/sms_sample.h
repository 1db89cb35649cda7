/* A template with a provider's code and the sample notice, for the tests of SMS channels. */
#ifndef SMS_SAMPLE_H
#define SMS_SAMPLE_H

#include "duban/template_code.h"

#include "sample_notice.h"

#include <string.h>

struct sms_sample {
    struct yaml_document *document;
    struct template *text;
    struct template_code *code;
    struct facts facts;
    struct notice notice;
    struct wording wording;
};

/* Reads {text, code, params} and makes a wording of it. */
static inline void sms_sample_init(struct sms_sample *sample, const char *yaml)
{
    struct problems problems = {0};
    *sample = (struct sms_sample){.facts = sample_facts()};
    sample->notice = sample_notice(&sample->facts);
    sample->document = yaml_load_text(yaml, strlen(yaml), "t.yaml", &problems);
    const struct yaml_node *map = yaml_root(sample->document);
    sample->text = template_create(yaml_get(map, "text"), &problems);
    sample->code = template_code_create(map, sample->text, &problems);
    if (problems.total)
        abort();
    sample->wording = (struct wording){.id = "m-1",
                                       .text = sample->text,
                                       .code = sample->code,
                                       .notice = &sample->notice,
                                       .locale = LOCALE_ZH_CN};
}

static inline void sms_sample_finish(struct sms_sample *sample)
{
    template_code_destroy(sample->code);
    template_destroy(sample->text);
    yaml_destroy(sample->document);
}

static inline struct message sms_message(const char *address, const char *body)
{
    return (struct message){
        .id = "m-1", .address = address, .body = body, .body_length = strlen(body), .attempt = 1};
}

static inline const char *sms_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return "";
}

/* Checks the problems of a channel's settings against one sentence, NULL for none. */
static inline void check_settings(const struct channel_type *type, const void *options,
                                  const char *problem)
{
    struct problems problems = {0};
    static const char text[] = "sms:\n  a: 1\n";
    struct yaml_document *document = yaml_load_text(text, strlen(text), "t.yaml", &problems);
    const struct yaml_node *node = yaml_get(yaml_root(document), "sms");
    assert_int_equal(type->check(options, node, &problems), problem == NULL);
    assert_int_equal(problems.total, problem != NULL);
    if (problem) {
        assert_string_equal(problems.items[0].text, problem);
        assert_int_equal(problems.items[0].line, 2);
    }
    problems_finish(&problems);
    yaml_destroy(document);
}

#endif
