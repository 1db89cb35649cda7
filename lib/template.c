/* Texts with placeholders, compiled into parts at load.
 *
 * Rendering first puts every part's text side by side, then shortens names if the whole is too
 * long, then joins. */
#include "duban/template.h"

#include "duban/mem.h"
#include "duban/sms_text.h"
#include "duban/template_field.h"
#include "duban/utf8.h"

#include <string.h>

#define NAME_BYTES_MOST  32
#define TEXT_BYTES_MOST  16384 /* of a rendered message */
#define CHARACTERS_LEAST 4     /* that a shortened name keeps */
#define ELLIPSIS         "…"

/* Either a literal text or a field. */
struct part {
    char *text; /* owned; NULL for a field */
    const struct template_field *field;
};

struct template
{
    size_t count;
    struct part *parts;
};

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
    buf_init(&literal, TEXT_BYTES_MOST);
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

/* A part while it is rendered. */
struct piece {
    const char *text;
    size_t bytes;      /* that are shown */
    size_t characters; /* that are shown, of a name that may be shortened; else 0 */
    bool cut;
};

static size_t piece_units(const struct piece *piece)
{
    AUTO_FREE char *shown = mem_text_n(piece->text, piece->bytes);
    return sms_units(shown) + piece->cut;
}

/* Takes a character off the longest name, or two for the first time, to make place for the "…";
 * false when all are as short as they may be. Two pieces of one field are shortened in turn. */
static bool shorten_one(struct piece *pieces, size_t count)
{
    struct piece *longest = NULL;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].characters > CHARACTERS_LEAST + (pieces[i].cut ? 0u : 1u) &&
            (longest == NULL || pieces[i].characters > longest->characters))
            longest = &pieces[i];
    if (longest == NULL)
        return false;
    longest->characters -= longest->cut ? 1 : 2;
    longest->bytes = utf8_prefix(longest->text, longest->characters);
    longest->cut = true;
    return true;
}

static size_t total_units(const struct piece *pieces, size_t count)
{
    size_t units = 0;
    for (size_t i = 0; i < count; i++)
        units += piece_units(&pieces[i]);
    return units;
}

/* False, and nothing changed for good, when it can't be made to fit. */
static bool make_fit(struct piece *pieces, size_t count, size_t units_most)
{
    while (total_units(pieces, count) > units_most)
        if (!shorten_one(pieces, count))
            return false;
    return true;
}

/* Fills the pieces with the parts' whole texts; those of fields live in `values`. */
static void fill(const struct template *template, const struct notice *notice, enum locale locale,
                 struct buf *values, struct piece *pieces)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct part *part = &template->parts[i];
        struct piece *piece = &pieces[i];
        *piece = (struct piece){.text = part->text};
        if (part->field) {
            buf_clear(&values[i]);
            part->field->render(notice, locale, &values[i]);
            piece->text = buf_string(&values[i]);
            piece->characters = part->field->shortens ? utf8_length(piece->text) : 0;
        }
        piece->bytes = strlen(piece->text);
    }
}

void template_render(const struct template *template, const struct notice *notice,
                     enum locale locale, size_t units_most, struct buf *out)
{
    size_t count = template->count;
    struct buf *values = mem_zero(count, sizeof *values);
    struct piece *pieces = mem_zero(count, sizeof *pieces);
    for (size_t i = 0; i < count; i++)
        buf_init(&values[i], TEXT_BYTES_MOST);
    fill(template, notice, locale, values, pieces);
    if (units_most && !make_fit(pieces, count, units_most))
        fill(template, notice, locale, values, pieces);
    for (size_t i = 0; i < count; i++) {
        buf_add(out, pieces[i].text, pieces[i].bytes);
        if (pieces[i].cut)
            buf_text(out, ELLIPSIS);
    }
    for (size_t i = 0; i < count; i++)
        buf_finish(&values[i]);
    free(values);
    free(pieces);
}

void template_document(struct buf *out)
{
    size_t count;
    const struct template_field *fields = template_fields(&count);
    for (size_t i = 0; i < count; i++)
        buf_format(out, "{%s}\t%s\n", fields[i].name, fields[i].help);
}
