/* Tables of settings as text: a list item per key, readable as it is and as Markdown. */
#include "duban/settings.h"

/* The greatest unit that tells the span without a rest. */
static void add_span(int64_t span, struct buf *out)
{
    static const struct {
        const char *unit;
        int64_t us;
    } units[] = {
        {"d", 86400000000}, {"h", 3600000000}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000},
    };
    size_t i = 0;
    while (units[i].us > 1000 && (span == 0 || span % units[i].us))
        i++;
    buf_format(out, "%lld%s", (long long)(span / units[i].us), units[i].unit);
}

static void add_range(const struct setting *setting, struct buf *out)
{
    if (setting->kind == SETTING_SPAN) {
        add_span(setting->least, out);
        buf_text(out, " to ");
        add_span(setting->most, out);
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
