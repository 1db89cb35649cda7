/* Conditions over the facts. */
#include "duban/match.h"

#include "duban/mem.h"

#include <fnmatch.h>
#include <string.h>

const char *match_order_parse(const char *text, enum match_order *order)
{
    static const struct {
        const char *sign;
        enum match_order order;
    } signs[] = {
        {"<=", ORDER_AT_MOST}, {">=", ORDER_AT_LEAST}, {"<", ORDER_LESS}, {">", ORDER_MORE}};
    *order = ORDER_EQUAL;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        size_t length = strlen(signs[i].sign);
        if (strncmp(text, signs[i].sign, length) == 0) {
            *order = signs[i].order;
            text += length;
            break;
        }
    }
    return text + strspn(text, " ");
}

static bool stands(double value, enum match_order order, double limit)
{
    switch (order) {
    case ORDER_LESS:
        return value < limit;
    case ORDER_AT_MOST:
        return value <= limit;
    case ORDER_MORE:
        return value > limit;
    case ORDER_AT_LEAST:
        return value >= limit;
    case ORDER_EQUAL:
        break;
    }
    return !(value < limit) && !(value > limit);
}

static bool any_word(const struct match_term *term, const char *value)
{
    for (size_t i = 0; i < term->word_count; i++)
        if (fnmatch(term->words[i], value, 0) == 0)
            return true;
    return false;
}

/* A word that begins with a sign compares numbers; a value that is none fits no such word. */
static bool attribute_word(const char *word, const char *value)
{
    enum match_order order;
    const char *rest = match_order_parse(word, &order);
    if (order == ORDER_EQUAL)
        return fnmatch(word, value, 0) == 0;
    char *end;
    double number = strtod(value, &end);
    return end != value && *end == '\0' && stands(number, order, strtod(rest, NULL));
}

static bool attribute_fits(const struct match_term *term, const struct facts *facts)
{
    for (size_t i = 0; i < facts->attribute_count; i++) {
        const struct attribute *attribute = &facts->attributes[i];
        if (strcmp(attribute->name, term->attribute) != 0)
            continue;
        for (size_t w = 0; w < term->word_count; w++)
            if (attribute_word(term->words[w], attribute->value))
                return true;
    }
    return false;
}

static bool any_nested(const struct match_term *term, const struct facts *facts)
{
    for (size_t i = 0; i < term->nested_count; i++)
        if (match_fits(&term->nested[i], facts))
            return true;
    return false;
}

static bool limit_fits(const struct match_term *term, const struct facts *facts)
{
    return facts->has_limit && facts->limit.unit == term->limit.unit &&
           stands(facts->limit.value, term->order, term->limit.value);
}

static bool term_fits(const struct match_term *term, const struct facts *facts)
{
    switch (term->subject) {
    case MATCH_ITEM:
        return any_word(term, facts->item_code);
    case MATCH_KIND:
        return any_word(term, facts->kind);
    case MATCH_CLASS:
        return facts->project_class && any_word(term, facts->project_class);
    case MATCH_DEPARTMENT:
        return any_word(term, facts->department_code);
    case MATCH_WINDOW:
        return any_word(term, facts->window_code);
    case MATCH_PART:
        return (facts->parent_case_no && *facts->parent_case_no) == term->wanted;
    case MATCH_STATUTORY:
        return facts->has_statutory == term->wanted;
    case MATCH_LIMIT:
        return limit_fits(term, facts);
    case MATCH_ATTRIBUTE:
        return attribute_fits(term, facts);
    case MATCH_ANY:
        return any_nested(term, facts);
    case MATCH_NOT:
        return !any_nested(term, facts);
    }
    return false;
}

bool match_fits(const struct match *match, const struct facts *facts)
{
    if (match->selftest != (strcmp(facts->item_code, SELFTEST_ITEM) == 0))
        return false;
    for (size_t i = 0; i < match->count; i++)
        if (!term_fits(&match->terms[i], facts))
            return false;
    return true;
}

void match_finish(struct match *match)
{
    for (size_t i = 0; i < match->count; i++) {
        struct match_term *term = &match->terms[i];
        for (size_t k = 0; k < term->nested_count; k++)
            match_finish(&term->nested[k]);
        free(term->nested);
        free(term->words);
    }
    free(match->terms);
    *match = (struct match){0};
}
