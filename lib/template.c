/* Texts with placeholders, compiled into parts at load. */
#include "template_parts.h"

#include "duban/mem.h"
#include "duban/template_field.h"
#include "duban/utf8.h"

#include <string.h>

#define NAME_BYTES_MOST 32

/* Where a template comes from, for its problems. */
struct place {
    const char *file;
    unsigned line, column;
};

static void complain(const struct place *place, struct problems *problems, const char *what,
                     const char *about)
{
    problems_add(problems, place->file, place->line, place->column, "%s%s", what, about);
}

static void add_part(struct template *template, struct part part)
{
    template->parts = mem_grow(template->parts, template->count + 1, sizeof part);
    template->parts[template->count++] = part;
}

static void end_literal(struct template *template, struct buf *literal)
{
    if (literal->length)
        add_part(template, (struct part){.text = buf_take(literal)});
    buf_clear(literal);
}

/* Reads "{name}" at `text`; returns what follows, or NULL after a problem. */
static const char *read_field(struct template *template, const char *text,
                              const struct place *place, struct problems *problems)
{
    size_t length = strcspn(text + 1, "{}");
    if (text[1 + length] != '}') {
        complain(place, problems, "a brace { is not closed; ", "write {{ for a brace itself");
        return NULL;
    }
    char name[NAME_BYTES_MOST];
    size_t kept = utf8_cut(text + 1, length < sizeof name ? length : sizeof name - 1);
    memcpy(name, text + 1, kept);
    name[kept] = '\0';
    const struct template_field *field = length < sizeof name ? template_field_find(name) : NULL;
    if (field == NULL) {
        const char *nearest = template_field_nearest(name);
        problems_add(problems, place->file, place->line, place->column,
                     nearest ? "{%s} is no placeholder; did you mean {%s}?"
                             : "{%s} is no placeholder%s",
                     name, nearest ? nearest : "");
        return NULL;
    }
    add_part(template, (struct part){.field = field});
    return text + 1 + length + 1;
}

/* Characters that a short message can't carry or the gateway reserves for the signature. */
static bool check_characters(const char *text, const struct place *place, struct problems *problems)
{
    if (*text == '\0') {
        complain(place, problems, "the text is empty", "");
        return false;
    }
    if (!utf8_is_valid(text, strlen(text))) {
        complain(place, problems, "the text is not UTF-8", "");
        return false;
    }
    for (uint32_t character; (character = utf8_read(&text));) {
        bool control =
            (character < ' ' && character != '\n') || (character >= 0x7F && character < 0xA0);
        if (control)
            complain(place, problems, "the text contains a control character", "");
        else if (character == 0x3010 || character == 0x3011)
            complain(place, problems, "the text contains 【 or 】, ",
                     "which only the gateway may add, around the signature");
        else
            continue;
        return false;
    }
    return true;
}

static bool compile(struct template *template, const char *text, const struct place *place,
                    struct problems *problems)
{
    AUTO_BUF literal;
    buf_init(&literal, TEMPLATE_TEXT_BYTES_MOST);
    bool fine = check_characters(text, place, problems);
    while (*text) {
        if ((text[0] == '{' || text[0] == '}') && text[0] == text[1]) {
            buf_char(&literal, text[0]);
            text += 2;
        } else if (*text == '{') {
            end_literal(template, &literal);
            const char *rest = read_field(template, text, place, problems);
            fine = fine && rest;
            text = rest ? rest : text + 1 + strcspn(text + 1, "{");
        } else if (*text == '}') {
            complain(place, problems, "a brace } was never opened; ", "write }} for a brace");
            fine = false;
            text++;
        } else {
            buf_char(&literal, *text++);
        }
    }
    end_literal(template, &literal);
    if (literal.overflowed)
        complain(place, problems, "the text is too long", "");
    return fine && !literal.overflowed;
}

static struct template *create(const char *text, const struct place *place,
                               struct problems *problems)
{
    struct template *template = mem_zero(1, sizeof *template);
    if (compile(template, text, place, problems))
        return template;
    template_destroy(template);
    return NULL;
}

struct template *template_create(const struct yaml_node *node, struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return NULL;
    struct place place = {node->file, node->line, node->column};
    return create(text, &place, problems);
}

struct template *template_create_text(const char *text, const char *where,
                                      struct problems *problems)
{
    struct place place = {.file = where};
    return create(text, &place, problems);
}

void template_destroy(struct template *template)
{
    if (template == NULL)
        return;
    for (size_t i = 0; i < template->count; i++)
        free(template->parts[i].text);
    free(template->parts);
    free(template);
}

/* The part where the placeholder of this part comes first: itself, unless it is a repeat. */
static size_t first_of(const struct template *template, size_t part)
{
    size_t first = 0;
    while (template->parts[first].field != template->parts[part].field)
        first++;
    return first;
}

const struct template_field *template_placeholder(const struct template *template, size_t index)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->parts[i].field && first_of(template, i) == i && index-- == 0)
            return template->parts[i].field;
    return NULL;
}

void template_document(struct buf *out)
{
    size_t count;
    const struct template_field *fields = template_fields(&count);
    for (size_t i = 0; i < count; i++)
        buf_format(out, "{%s}\t%s\n", fields[i].name, fields[i].help);
}
