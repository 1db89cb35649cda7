/* Channel types, as far as a first installation needs them. */
#include "setup_channel.h"

#include "duban/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Given as one text on one line. */
static bool is_text(const struct setting *setting)
{
    return setting->kind != SETTING_SECRET && setting->kind != SETTING_OTHER;
}

static bool is_simple(const struct channel_type *type)
{
    for (size_t i = 0; i < type->setting_count; i++) {
        const struct setting *setting = &type->settings[i];
        if (setting->kind == SETTING_OTHER && !setting->optional && setting->standard == NULL)
            return false;
    }
    return type->code != CODE_REQUIRED;
}

const struct channel_type *setup_channel_type(const char *name)
{
    const struct channel_type *type = channel_type_find(name);
    return type && is_simple(type) ? type : NULL;
}

/* Of a name that was checked. */
static const struct channel_type *known(const char *name)
{
    const struct channel_type *type = setup_channel_type(name);
    assert(type);
    return type;
}

void setup_channel_choice(char choice[SETUP_CHOICE_BYTES])
{
    size_t count, used = 0;
    const char *const *names = channel_type_names(&count);
    for (size_t i = 0; i < count; i++)
        if (setup_channel_type(names[i]) && used < SETUP_CHOICE_BYTES)
            used += (size_t)snprintf(choice + used, SETUP_CHOICE_BYTES - used, "%s%s",
                                     used ? ", " : "", names[i]);
}

const char *setup_channel_name(const char *type)
{
    if (known(type)->personal)
        return "sms";
    if (strcmp(type, "mail") == 0)
        return "mail";
    return strcmp(type, "webhook") == 0 ? "hook" : "robot";
}

const struct setting *setup_channel_secret(const char *type)
{
    const struct channel_type *found = known(type);
    for (size_t i = 0; i < found->setting_count; i++)
        if (found->settings[i].kind == SETTING_SECRET)
            return &found->settings[i];
    return NULL;
}

const struct setting *setup_channel_setting(const char *type, const char *key)
{
    const struct channel_type *found = known(type);
    for (size_t i = 0; i < found->setting_count; i++)
        if (strcmp(found->settings[i].key, key) == 0 && is_text(&found->settings[i]))
            return &found->settings[i];
    return NULL;
}

bool setup_channel_needs(const struct setting *setting)
{
    return is_text(setting) && setting->standard == NULL && !setting->optional;
}

bool setup_channel_asks(const struct setting *setting)
{
    return is_text(setting) && (setup_channel_needs(setting) || strcmp(setting->key, "url") == 0 ||
                                strcmp(setting->key, "username") == 0);
}
