/* Texts with placeholders for a configured HTTP request, compiled at load. */
#include "duban/http_pattern.h"

#include "duban/mem.h"
#include "duban/url.h"

#include <stdio.h>
#include <string.h>

#define LETTERS         "abcdefghijklmnopqrstuvwxyz_"
#define NAME_BYTES_MOST 24

static const char *const field_words[PATTERN_FIELDS] = {
    [PATTERN_TO] = "to", [PATTERN_TEXT] = "text", [PATTERN_ID] = "id", [PATTERN_SECRET] = "secret"};

/* A piece of the text as it stands, and the field that follows it. */
struct piece {
    const char *text;
    size_t length;
    bool ends; /* no field follows */
    enum pattern_field field;
};

struct http_pattern {
    enum pattern_escape escape;
    size_t count;
    struct piece *pieces;
};

/* The length of "{word}" at `text`, or 0. */
static size_t word_length(const char *text)
{
    size_t letters = strspn(text + 1, LETTERS);
    return letters && letters < NAME_BYTES_MOST && text[1 + letters] == '}' ? letters + 2 : 0;
}

static bool find_field(const char *text, size_t length, const struct yaml_node *node,
                       enum pattern_field *field, struct problems *problems)
{
    char word[NAME_BYTES_MOST];
    snprintf(word, sizeof word, "%.*s", (int)length - 2, text + 1);
    for (enum pattern_field i = 0; i < PATTERN_FIELDS; i++) {
        if (strcmp(field_words[i], word) == 0) {
            *field = i;
            return true;
        }
    }
    yaml_problem(node, problems, "{%s} is no placeholder; expected {to}, {text}, {id} or {secret}",
                 word);
    return false;
}

static struct piece *add_piece(struct http_pattern *pattern, struct piece piece)
{
    pattern->pieces = mem_grow(pattern->pieces, pattern->count + 1, sizeof piece);
    pattern->pieces[pattern->count] = piece;
    return &pattern->pieces[pattern->count++];
}

static bool compile(struct http_pattern *pattern, const char *text, const struct yaml_node *node,
                    struct problems *problems)
{
    const char *begin = text;
    for (const char *at = strchr(text, '{'); at; at = strchr(at, '{')) {
        size_t length = word_length(at);
        if (length == 0) {
            at++;
            continue;
        }
        struct piece piece = {.text = begin, .length = (size_t)(at - begin)};
        if (!find_field(at, length, node, &piece.field, problems))
            return false;
        add_piece(pattern, piece);
        at += length;
        begin = at;
    }
    add_piece(pattern, (struct piece){.text = begin, .length = strlen(begin), .ends = true});
    return true;
}

struct http_pattern *http_pattern_create(const struct yaml_node *node, enum pattern_escape escape,
                                         struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return NULL;
    struct http_pattern *pattern = mem_zero(1, sizeof *pattern);
    pattern->escape = escape;
    if (compile(pattern, text, node, problems))
        return pattern;
    http_pattern_destroy(pattern);
    return NULL;
}

void http_pattern_destroy(struct http_pattern *pattern)
{
    if (pattern == NULL)
        return;
    free(pattern->pieces);
    free(pattern);
}

bool http_pattern_uses(const struct http_pattern *pattern, enum pattern_field field)
{
    for (size_t i = 0; pattern && i < pattern->count; i++)
        if (!pattern->pieces[i].ends && pattern->pieces[i].field == field)
            return true;
    return false;
}

static void add_json(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (*text == '"' || *text == '\\')
            buf_format(out, "\\%c", *text);
        else if (byte < ' ')
            buf_format(out, "\\u%04x", byte);
        else
            buf_char(out, *text);
    }
}

static void add_xml(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (strchr("<>&\"'", *text))
            buf_format(out, "&#%u;", byte);
        else /* XML can't carry control characters at all */
            buf_char(out, byte < ' ' ? ' ' : *text);
    }
}

static void add_value(enum pattern_escape escape, const char *value, struct buf *out)
{
    switch (escape) {
    case ESCAPE_NONE:
        buf_text(out, value);
        return;
    case ESCAPE_URL:
        url_encode(out, value);
        return;
    case ESCAPE_JSON:
        add_json(out, value);
        return;
    case ESCAPE_XML:
        add_xml(out, value);
        return;
    }
}

void http_pattern_render(const struct http_pattern *pattern,
                         const char *const values[PATTERN_FIELDS], struct buf *out)
{
    for (size_t i = 0; i < pattern->count; i++) {
        const struct piece *piece = &pattern->pieces[i];
        buf_add(out, piece->text, piece->length);
        if (!piece->ends)
            add_value(pattern->escape, values[piece->field], out);
    }
}
