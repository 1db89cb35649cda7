/* Why a match fits a case: each of its conditions beside what the case has. */
#include "explanation_parts.h"

#include <string.h>

static json_t *words_of(const struct match_term *term)
{
    json_t *words = json_array();
    for (size_t i = 0; i < term->word_count; i++)
        json_array_append_new(words, json_string(term->words[i]));
    return words;
}

static json_t *word_reason(const char *subject, const struct match_term *term, const char *value)
{
    return json_pack("{s:s, s:o, s:o}", "subject", subject, "words", words_of(term), "value",
                     explained_text(value));
}

static json_t *limit_reason(const struct match_term *term, const struct facts *facts)
{
    static const char *const signs[] = {[ORDER_EQUAL] = "=",
                                        [ORDER_LESS] = "<",
                                        [ORDER_AT_MOST] = "<=",
                                        [ORDER_MORE] = ">",
                                        [ORDER_AT_LEAST] = ">="};
    return json_pack("{s:s, s:s, s:o, s:o}", "subject", "promised", "order", signs[term->order],
                     "limit", explained_limit(term->limit), "value",
                     facts->has_limit ? explained_limit(facts->limit) : json_null());
}

static json_t *attribute_reason(const struct match_term *term, const struct facts *facts)
{
    const char *value = "";
    for (size_t i = 0; i < facts->attribute_count; i++)
        if (strcmp(facts->attributes[i].name, term->attribute) == 0)
            value = facts->attributes[i].value;
    json_t *reason = word_reason("attribute", term, value);
    json_object_set_new(reason, "attribute", json_string(term->attribute));
    return reason;
}

/* Of "any" those that fit; of "not" all of them, since none does. */
static json_t *nested_reason(const char *subject, const struct match_term *term,
                             const struct facts *facts)
{
    json_t *of = json_array();
    for (size_t i = 0; i < term->nested_count; i++)
        if (term->subject == MATCH_NOT || match_fits(&term->nested[i], facts))
            json_array_append_new(of, explain_match(&term->nested[i], facts));
    return json_pack("{s:s, s:o}", "subject", subject, "of", of);
}

static json_t *reason_of(const struct match_term *term, const struct facts *facts)
{
    switch (term->subject) {
    case MATCH_ITEM:
        return word_reason("item", term, facts->item_code);
    case MATCH_KIND:
        return word_reason("kind", term, facts->kind);
    case MATCH_CLASS:
        return word_reason("class", term, facts->project_class);
    case MATCH_DEPARTMENT:
        return word_reason("department", term, facts->department_code);
    case MATCH_WINDOW:
        return word_reason("window", term, facts->window_code);
    case MATCH_PART:
        return json_pack("{s:s, s:b, s:o}", "subject", "part", "wanted", term->wanted, "value",
                         explained_word(facts->parent_case_no));
    case MATCH_STATUTORY:
        return json_pack("{s:s, s:b, s:o}", "subject", "statutory", "wanted", term->wanted, "value",
                         facts->has_statutory ? explained_limit(facts->statutory) : json_null());
    case MATCH_LIMIT:
        return limit_reason(term, facts);
    case MATCH_ATTRIBUTE:
        return attribute_reason(term, facts);
    case MATCH_ANY:
        return nested_reason("any", term, facts);
    case MATCH_NOT:
        break;
    }
    return nested_reason("not", term, facts);
}

json_t *explain_match(const struct match *match, const struct facts *facts)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < match->count; i++)
        json_array_append_new(reasons, reason_of(&match->terms[i], facts));
    return reasons;
}
