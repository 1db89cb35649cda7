/* Which cases a rule is for, as the configuration writes it. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 8

const struct setting config_match_table[] = {
    {"item", SETTING_OTHER, .optional = true,
     .help = "code of the item, or a list of codes of which one fits; `*` stands for any text"},
    {"kind", SETTING_OTHER, .optional = true,
     .help = "kind of the case, or a list: instant, promised, joint, reported, returned, special, "
             "agent"},
    {"class", SETTING_OTHER, .optional = true,
     .help = "class of the project (`project_class` of the source), as `green_channel`"},
    {"department", SETTING_OTHER, .optional = true, .help = "code of the department"},
    {"window", SETTING_OTHER, .optional = true, .help = "code of the window"},
    {"part", SETTING_OTHER, .optional = true,
     .help = "`yes`: only parts of joint cases; `no`: none of them"},
    {"statutory", SETTING_OTHER, .optional = true,
     .help = "`yes`: only cases that have a statutory limit; `no`: those without"},
    {"promised", SETTING_OTHER, .optional = true,
     .help = "the promised limit, as `5 workdays`, `<= 3 workdays` or `> 1 day`"},
    {"attributes", SETTING_OTHER, .optional = true,
     .help =
         "further facts of the source by their names: a text, a list of texts, or a number with "
         "`<`, `<=`, `>` or `>=`"},
    {"any", SETTING_OTHER, .optional = true, .help = "a list of matches of which one fits"},
    {"not", SETTING_OTHER, .optional = true, .help = "a match that doesn't fit, or a list of them"},
};

const size_t config_match_count = COUNT_OF(config_match_table);

static void read_map(const struct yaml_node *map, bool alone, int depth, struct match *match,
                     struct problems *problems);

static void check_kind(const struct yaml_node *node, struct problems *problems)
{
    size_t index;
    if (strpbrk(node->text, "*?") == NULL)
        (void)yaml_read_choice(node, case_kind_words, CASE_KINDS, &index, problems);
}

static void read_word(const struct yaml_node *node, struct match_term *term,
                      struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return;
    if (term->subject == MATCH_KIND)
        check_kind(node, problems);
    enum match_order order;
    const char *rest = match_order_parse(text, &order);
    char *end;
    if (term->subject == MATCH_ATTRIBUTE && order != ORDER_EQUAL) {
        (void)strtod(rest, &end);
        if (end == rest || *end)
            yaml_problem(node, problems, "'%s' compares with no number; expected one as in >= 20",
                         text);
    }
    term->words[term->word_count++] = text;
}

static void read_words(const struct yaml_node *node, struct match_term *term,
                       struct problems *problems)
{
    if (node->kind == YAML_LIST) {
        term->words = mem_zero(node->count, sizeof *term->words);
        for (size_t i = 0; i < node->count; i++)
            read_word(node->values[i], term, problems);
        if (node->count == 0)
            yaml_problem(node, problems, "an empty list fits nothing; expected at least one value");
        return;
    }
    term->words = mem_zero(1, sizeof *term->words);
    read_word(node, term, problems);
}

static void read_promised(const struct yaml_node *node, struct match_term *term,
                          struct problems *problems)
{
    const char *text;
    struct error error;
    if (yaml_read_text(node, &text, problems) &&
        !limit_parse(match_order_parse(text, &term->order), &term->limit, &error))
        yaml_problem(node, problems, "%s", error.text);
}

static void read_nested(const struct yaml_node *node, int depth, struct match_term *term,
                        struct problems *problems)
{
    if (depth == DEPTH_MOST) {
        yaml_problem(node, problems, "matches within matches; expected %d levels at most",
                     DEPTH_MOST);
        return;
    }
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    if (count == 0)
        yaml_problem(node, problems, "an empty list fits nothing; expected at least one match");
    term->nested = mem_zero(count, sizeof *term->nested);
    term->nested_count = count;
    for (size_t i = 0; i < count; i++)
        read_map(node->kind == YAML_LIST ? node->values[i] : node, true, depth + 1,
                 &term->nested[i], problems);
}

static struct match_term *add_term(struct match *match, enum match_subject subject)
{
    match->terms = mem_grow(match->terms, match->count + 1, sizeof *match->terms);
    match->terms[match->count] = (struct match_term){.subject = subject};
    return &match->terms[match->count++];
}

static void read_attributes(const struct yaml_node *map, struct match *match,
                            struct problems *problems)
{
    if (!yaml_expect(map, YAML_MAP, problems))
        return;
    for (size_t i = 0; i < map->count; i++) {
        struct match_term *term = add_term(match, MATCH_ATTRIBUTE);
        term->attribute = map->keys[i]->text;
        read_words(map->values[i], term, problems);
    }
}

static void read_term(const struct yaml_node *node, enum match_subject subject, int depth,
                      struct match *match, struct problems *problems)
{
    if (subject == MATCH_ATTRIBUTE) {
        read_attributes(node, match, problems);
        return;
    }
    struct match_term *term = add_term(match, subject);
    if (subject == MATCH_PART || subject == MATCH_STATUTORY)
        (void)yaml_read_bool(node, &term->wanted, problems);
    else if (subject == MATCH_LIMIT)
        read_promised(node, term, problems);
    else if (subject == MATCH_ANY || subject == MATCH_NOT)
        read_nested(node, depth, term, problems);
    else
        read_words(node, term, problems);
}

static void read_map(const struct yaml_node *map, bool alone, int depth, struct match *match,
                     struct problems *problems)
{
    static const enum match_subject subjects[] = {
        MATCH_ITEM,      MATCH_KIND,  MATCH_CLASS,     MATCH_DEPARTMENT, MATCH_WINDOW, MATCH_PART,
        MATCH_STATUTORY, MATCH_LIMIT, MATCH_ATTRIBUTE, MATCH_ANY,        MATCH_NOT};
    const char *keys[COUNT_OF(subjects)];
    if (!yaml_expect(map, YAML_MAP, problems))
        return;
    for (size_t i = 0; i < COUNT_OF(subjects); i++)
        keys[i] = config_match_table[i].key;
    if (alone)
        yaml_check_keys(map, keys, COUNT_OF(keys), problems);
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        const struct yaml_node *node = yaml_get(map, keys[i]);
        if (node)
            read_term(node, subjects[i], depth, match, problems);
    }
}

void config_read_match(const struct yaml_node *map, struct match *match, struct problems *problems)
{
    if (map)
        read_map(map, false, 0, match, problems);
}
