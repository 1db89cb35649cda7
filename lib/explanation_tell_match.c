/* The conditions of the rules that fit a case, as people say them. */
#include "explanation_tell.h"

#include <string.h>

static void add_words(struct buf *out, const struct teller *teller, const json_t *reason)
{
    const json_t *word, *words = json_object_get(reason, "words");
    bool is_kind = strcmp(explained_string(reason, "subject"), "kind") == 0;
    size_t index;
    json_array_foreach(words, index, word)
    {
        const char *text = json_string_value(word);
        buf_format(out, "%s%s", index ? say(teller, "或", " or ") : "",
                   is_kind ? locale_kind(text, teller->locale) : text);
    }
}

static void add_promised(struct buf *out, const struct teller *teller, const json_t *reason)
{
    static const struct {
        const char *sign, *texts[LOCALES];
    } orders[] = {{"=", {"为", "is "}},
                  {"<", {"少于", "is less than "}},
                  {"<=", {"不超过", "is at most "}},
                  {">", {"超过", "is more than "}},
                  {">=", {"不少于", "is at least "}}};
    buf_text(out, say(teller, "承诺时限", "the promised limit "));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].sign, explained_string(reason, "order")) == 0)
            buf_text(out, orders[i].texts[teller->locale]);
    explained_add_limit(out, json_object_get(reason, "limit"), teller->locale);
}

/* What a case has, or hasn't. */
static const char *call_having(const struct teller *teller, const char *subject, bool wanted)
{
    if (strcmp(subject, "part") == 0)
        return wanted ? say(teller, "是联办件的组成部分", "it is a part of a joint case")
                      : say(teller, "不是联办件的组成部分", "it is no part of a joint case");
    return wanted ? say(teller, "有法定时限", "it has a statutory limit")
                  : say(teller, "没有法定时限", "it has no statutory limit");
}

static void add_nested(struct buf *out, const struct teller *teller, const json_t *reason,
                       bool negated)
{
    const json_t *match, *of = json_object_get(reason, "of");
    size_t index;
    bool several = json_array_size(of) > 1 && !negated;
    if (negated || several)
        buf_text(out, negated ? say(teller, "不是（", "not (") : say(teller, "（", "("));
    json_array_foreach(of, index, match)
    {
        if (index)
            buf_text(out, say(teller, "；或 ", "; or "));
        add_reasons(out, teller, match);
    }
    if (negated || several)
        buf_text(out, say(teller, "）", ")"));
}

static void add_reason(struct buf *out, const struct teller *teller, const json_t *reason)
{
    const char *subject = explained_string(reason, "subject");
    if (strcmp(subject, "any") == 0 || strcmp(subject, "not") == 0) {
        add_nested(out, teller, reason, *subject == 'n');
    } else if (strcmp(subject, "promised") == 0) {
        add_promised(out, teller, reason);
    } else if (strcmp(subject, "part") == 0 || strcmp(subject, "statutory") == 0) {
        buf_text(out,
                 call_having(teller, subject, json_is_true(json_object_get(reason, "wanted"))));
    } else if (strcmp(subject, "attribute") == 0) {
        buf_format(out, say(teller, "%s 为 ", "%s is "), explained_string(reason, "attribute"));
        add_words(out, teller, reason);
    } else {
        buf_format(out, say(teller, "%s为", "%s is "),
                   explained_call("subject", subject, teller->locale));
        add_words(out, teller, reason);
    }
}

void add_reasons(struct buf *out, const struct teller *teller, const json_t *reasons)
{
    const json_t *reason;
    size_t index;
    json_array_foreach(reasons, index, reason)
    {
        if (index)
            buf_text(out, say(teller, "，且", " and "));
        add_reason(out, teller, reason);
    }
}
