/* Tables of settings as text: a list item per key, readable as it is and as Markdown. */
#include "duban/settings.h"

#include "duban/instant.h"

static void add_range(const struct setting *setting, struct buf *out)
{
    if (setting->kind == SETTING_SPAN) {
        char least[SPAN_TEXT_BYTES], most[SPAN_TEXT_BYTES];
        buf_format(out, "%s to %s", span_text(setting->least, least),
                   span_text(setting->most, most));
    } else {
        buf_format(out, "%lld to %lld", (long long)setting->least, (long long)setting->most);
    }
}

static void add_choices(const char *const *choices, struct buf *out)
{
    for (size_t i = 0; choices[i]; i++)
        buf_format(out, "%s`%s`", i ? ", " : "", choices[i]);
}

/* What may be written: "text", "1s to 1h", "`closing`, `end_of_day`". */
static void add_kind(const struct setting *setting, struct buf *out)
{
    switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_CHOICE:
        if (setting->choices)
            add_choices(setting->choices, out);
        else
            buf_text(out, "text");
        return;
    case SETTING_INT:
    case SETTING_SPAN:
        add_range(setting, out);
        return;
    case SETTING_BOOL:
        buf_text(out, "`true`, `false`");
        return;
    case SETTING_PATH:
        buf_text(out, "path");
        return;
    case SETTING_SECRET:
        buf_text(out, "secret");
        return;
    case SETTING_OTHER: /* its help says it */
        return;
    }
}

static void add_presence(const struct setting *setting, struct buf *out)
{
    if (setting->kind != SETTING_OTHER)
        buf_text(out, "; ");
    if (setting->standard)
        buf_format(out, "default `%s`", setting->standard);
    else
        buf_text(out, setting->optional ? "optional" : "required");
}

void settings_document(const struct setting *table, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct setting *setting = &table[i];
        if (setting->kind == SETTING_SECRET)
            buf_format(out, "- `%s_file` or `%s_credential` (", setting->key, setting->key);
        else
            buf_format(out, "- `%s` (", setting->key);
        add_kind(setting, out);
        add_presence(setting, out);
        buf_format(out, "): %s\n", setting->help);
    }
}
