/* Templates become texts.
 *
 * Rendering first puts every part's text side by side, then shortens names if the whole is too
 * long, then joins. For a provider that makes the text itself from parameters, the values are made
 * fit first, and each placeholder has one value, however often it stands in the text. */
#include "template_parts.h"

#include "duban/mem.h"
#include "duban/sms_text.h"
#include "duban/utf8.h"

#include <assert.h>
#include <string.h>

#define CHARACTERS_LEAST 4 /* that a shortened name keeps */
#define ELLIPSIS         "…"
#define NO_VALUE         "-"

/* A part while it is rendered. */
struct piece {
    const char *text;
    size_t bytes;          /* that are shown */
    size_t characters;     /* that are shown, of a name that may be shortened; else 0 */
    const char *separator; /* of a list; else NULL */
    bool cut;
};

struct rendering {
    const struct template *template;
    const struct notice *notice;
    enum locale locale;
    size_t characters_most; /* of a parameter; 0: no parameters */
    struct buf *values;     /* of fields; one for each part, as the pieces */
    struct piece *pieces;
};

static void begin(struct rendering *rendering)
{
    size_t count = rendering->template->count;
    rendering->values = mem_zero(count, sizeof *rendering->values);
    rendering->pieces = mem_zero(count, sizeof *rendering->pieces);
    for (size_t i = 0; i < count; i++)
        buf_init(&rendering->values[i], TEMPLATE_TEXT_BYTES_MOST);
}

static void end(struct rendering *rendering)
{
    for (size_t i = 0; i < rendering->template->count; i++)
        buf_finish(&rendering->values[i]);
    free(rendering->values);
    free(rendering->pieces);
}

static size_t piece_units(const struct piece *piece)
{
    AUTO_FREE char *shown = mem_text_n(piece->text, piece->bytes);
    return sms_units(shown) + piece->cut;
}

static void cut_piece(struct piece *piece, size_t characters)
{
    piece->bytes = utf8_prefix(piece->text, characters);
    piece->cut = true;
}

/* Leaves out the last item of a list; false when only one is left. */
static bool drop_item(struct piece *piece)
{
    size_t length = piece->separator ? strlen(piece->separator) : 0;
    for (size_t at = piece->bytes; length > 0 && at > length; at--) {
        if (memcmp(piece->text + at - length, piece->separator, length) != 0)
            continue;
        piece->bytes = at - length;
        piece->cut = true;
        return true;
    }
    return false;
}

/* The same in the longest list that has more than one. */
static bool drop_one(struct piece *pieces, size_t count)
{
    struct piece *longest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct piece tried = pieces[i];
        if (drop_item(&tried) && (longest == NULL || tried.bytes > longest->bytes))
            longest = &pieces[i];
    }
    return longest && drop_item(longest);
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
    cut_piece(longest, longest->characters);
    return true;
}

static size_t total_units(const struct piece *pieces, size_t count)
{
    size_t units = 0;
    for (size_t i = 0; i < count; i++)
        units += piece_units(&pieces[i]);
    return units;
}

static void drop_items(const struct rendering *rendering, size_t units_most)
{
    size_t count = rendering->template->count;
    while (total_units(rendering->pieces, count) > units_most)
        if (!drop_one(rendering->pieces, count))
            return;
}

/* False when it can't be made to fit. */
static bool make_fit(const struct rendering *rendering, size_t units_most)
{
    size_t count = rendering->template->count;
    drop_items(rendering, units_most);
    while (total_units(rendering->pieces, count) > units_most)
        if (!shorten_one(rendering->pieces, count))
            return false;
    return true;
}

/* Brackets would be taken for the gateway's signature, control characters for anything. */
static void make_harmless(struct buf *value)
{
    AUTO_FREE char *given = buf_take(value);
    const char *rest = given;
    for (const char *at = rest; *at; at = rest) {
        uint32_t character = utf8_read(&rest);
        if (character == 0x3010 || character == 0x3011)
            buf_text(value, character == 0x3010 ? "〔" : "〕");
        else if (character < ' ' || (character >= 0x7F && character < 0xA0))
            buf_char(value, ' ');
        else if (character == UTF8_REPLACEMENT)
            buf_text(value, "\uFFFD");
        else
            buf_add(value, at, (size_t)(rest - at));
    }
}

/* A provider refuses a parameter that is empty. */
static void make_visible(struct buf *value)
{
    if (strspn(buf_string(value), " ") < value->length)
        return;
    buf_clear(value);
    buf_text(value, NO_VALUE);
}

static bool limit_piece(const struct rendering *rendering, const struct template_field *field,
                        struct piece *piece, struct error *error)
{
    size_t length = utf8_length(piece->text);
    while (length > rendering->characters_most && drop_item(piece)) {
        AUTO_FREE char *shown = mem_text_n(piece->text, piece->bytes);
        length = utf8_length(shown) + 1; /* and the "…" */
    }
    if (length <= rendering->characters_most)
        return true;
    if (field->length == FIELD_EXACT)
        return error_set(error, "{%s} has %zu characters, and a parameter holds %zu", field->name,
                         length, rendering->characters_most);
    cut_piece(piece, rendering->characters_most - 1);
    if (piece->characters)
        piece->characters = rendering->characters_most - 1;
    return true;
}

/* Fills the pieces with the parts' whole texts; those of fields live in the values. */
static bool fill(struct rendering *rendering, struct error *error)
{
    for (size_t i = 0; i < rendering->template->count; i++) {
        const struct part *part = &rendering->template->parts[i];
        struct piece *piece = &rendering->pieces[i];
        struct buf *value = &rendering->values[i];
        *piece = (struct piece){.text = part->text};
        if (part->field) {
            buf_clear(value);
            part->field->render(rendering->notice, rendering->locale, value);
            make_harmless(value);
            if (rendering->characters_most)
                make_visible(value);
            piece->text = buf_string(value);
            bool shortens = part->field->length == FIELD_SHORTENS;
            if (part->field->length == FIELD_LIST)
                piece->separator = template_list_separator(rendering->locale);
            piece->characters = shortens ? utf8_length(piece->text) : 0;
        }
        piece->bytes = strlen(piece->text);
        if (part->field && rendering->characters_most &&
            !limit_piece(rendering, part->field, piece, error))
            return false;
    }
    return true;
}

static bool fill_fit(struct rendering *rendering, size_t units_most, struct error *error)
{
    if (!fill(rendering, error))
        return false;
    if (units_most == 0 || make_fit(rendering, units_most))
        return true;
    if (!fill(rendering, error)) /* names whole again, lists as short as they may be */
        return false;
    drop_items(rendering, 0);
    return true;
}

static void add_piece(const struct piece *piece, struct buf *out)
{
    buf_add(out, piece->text, piece->bytes);
    if (piece->cut)
        buf_text(out, ELLIPSIS);
}

static void join(const struct rendering *rendering, struct buf *out)
{
    assert(rendering->pieces);
    for (size_t i = 0; i < rendering->template->count; i++)
        add_piece(&rendering->pieces[i], out);
}

void template_render(const struct template *template, const struct notice *notice,
                     enum locale locale, size_t units_most, struct buf *out)
{
    struct rendering rendering = {.template = template, .notice = notice, .locale = locale};
    begin(&rendering);
    if (fill_fit(&rendering, units_most, NULL)) /* always: only parameters can fail */
        join(&rendering, out);
    end(&rendering);
}

/* The shortest of all pieces of a field, which the others then are too. */
static const struct piece *unify(const struct rendering *rendering,
                                 const struct template_field *field)
{
    const struct part *parts = rendering->template->parts;
    const struct piece *shortest = NULL;
    for (size_t i = 0; i < rendering->template->count; i++)
        if (parts[i].field == field &&
            (shortest == NULL || rendering->pieces[i].bytes < shortest->bytes))
            shortest = &rendering->pieces[i];
    assert(shortest); /* the field came from a part */
    for (size_t i = 0; i < rendering->template->count; i++)
        if (parts[i].field == field)
            rendering->pieces[i] = *shortest;
    return shortest;
}

static struct template_values take_values(const struct rendering *rendering)
{
    struct template_values values = {0};
    const struct template_field *field;
    while ((field = template_placeholder(rendering->template, values.count))) {
        struct buf text;
        buf_init(&text, TEMPLATE_TEXT_BYTES_MOST + sizeof ELLIPSIS);
        add_piece(unify(rendering, field), &text);
        values.texts = mem_grow(values.texts, values.count + 1, sizeof *values.texts);
        values.texts[values.count++] = buf_take(&text);
    }
    return values;
}

bool template_render_values(const struct template *template, const struct notice *notice,
                            enum locale locale, size_t units_most, size_t characters_most,
                            struct buf *out, struct template_values *values, struct error *error)
{
    struct rendering rendering = {.template = template,
                                  .notice = notice,
                                  .locale = locale,
                                  .characters_most = characters_most};
    begin(&rendering);
    bool fine = fill_fit(&rendering, units_most, error);
    if (fine) {
        *values = take_values(&rendering);
        join(&rendering, out);
    }
    end(&rendering);
    return fine;
}

void template_values_finish(struct template_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->texts[i]);
    free(values->texts);
    *values = (struct template_values){0};
}
