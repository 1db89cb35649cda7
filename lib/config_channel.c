/* The section `channels`: what all have in common, and the options of each one's type. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

#define AT(field) offsetof(struct channel, field)
#define DIGEST_US (600 * US_PER_S) /* the default for what people read */

static const char *const unknown_words[] = {"park", "resend", NULL};

static const struct setting common_table[] = {
    {"type", SETTING_OTHER, .help = "what it speaks: see the types below"},
    {"concurrency", SETTING_INT, AT(concurrency), "16", .least = 1, .most = 1000,
     .help = "requests at a time per endpoint"},
    {"timeout", SETTING_SPAN, AT(timeout_us), "10s", .least = 100 * US_PER_MS,
     .most = 300 * US_PER_S, .help = "for the whole exchange"},
    {"retry_first", SETTING_SPAN, AT(retry_first_us), "5s", .least = 100 * US_PER_MS,
     .most = 3600 * US_PER_S, .help = "pause before the second attempt; doubles each time"},
    {"retry_most", SETTING_SPAN, AT(retry_most_us), "30m", .least = US_PER_S, .most = US_PER_DAY,
     .help = "longest pause between two attempts"},
    {"rate", SETTING_OTHER, .optional = true,
     .help = "how many messages an endpoint gets in any such time, of all daemons together: as "
             "`20 per 1m`, a list of several, or `none`; default: `dingtalk` and `wecom` "
             "`20 per 1m`, `feishu` `[100 per 1m, 5 per 1s]`, others `none`"},
    {"breaker_failures", SETTING_INT, AT(breaker_failures), "5", .least = 1, .most = 1000,
     .help = "so many failures of an endpoint in a row (no answer, 5xx): nothing more is sent "
             "there until one message has got through"},
    {"breaker_first", SETTING_SPAN, AT(breaker_first_us), "10s", .least = 100 * US_PER_MS,
     .most = 3600 * US_PER_S, .help = "pause before that one message; doubles each time"},
    {"breaker_most", SETTING_SPAN, AT(breaker_most_us), "10m", .least = 100 * US_PER_MS,
     .most = US_PER_DAY, .help = "longest pause before it"},
    {"give_up_after", SETTING_SPAN, AT(give_up_us), "24h", .least = US_PER_S,
     .most = 30 * US_PER_DAY, .help = "after the first attempt; then the message is a dead letter"},
    {"include_applicant", SETTING_BOOL, AT(include_applicant), "false",
     .help = "webhooks: put the applicant's name and phone number into the body"},
    {"unknown", SETTING_TEXT, AT(unknown), "park", .choices = unknown_words,
     .help = "when it can't be known whether a message was taken, and the receiver can't tell a "
             "repeat: keep it for a person, or risk sending it twice"},
    {"digest", SETTING_SPAN, AT(digest_us), .optional = true, .least = 0, .most = US_PER_DAY,
     .help =
         "a recipient gets one message in so long; what comes meanwhile is told together in the "
         "next; 0s: each by itself (default: 10m for what people read, 0s for webhooks)"},
    {"gather", SETTING_SPAN, AT(gather_us), "3s", .least = 0, .most = 300 * US_PER_S,
     .help = "how long the first message of a digest's stretch waits for what comes at the same "
             "time"},
    {"digest_segments", SETTING_INT, AT(digest_segments), "2", .least = 1, .most = 5,
     .help = "how many short messages the text of a digest may fill"},
    {"quotas", SETTING_OTHER, .optional = true,
     .help =
         "map of what the provider allows: number, channel or template (one text to one number) "
         "→ such as `2 per 1d`, or a list; what is over it waits (default: Tencent Cloud number "
         "`2 per 1d`, Alibaba Cloud template `50 per 1d`)"},
    {"receipt_path", SETTING_SECRET, AT(receipt_path), .optional = true,
     .help = "last part of the URL at which this channel's receipts come, /receipt/CHANNEL/SECRET: "
             "16 to 128 letters, digits, _ or -"},
    {"receipt_within", SETTING_SPAN, AT(receipt_us), "0s", .least = 0, .most = 7 * US_PER_DAY,
     .help = "how long after a gateway took a message its receipt is expected; 0s: there are none"},
    {"fallback", SETTING_TEXT, AT(fallback), .optional = true,
     .help = "channel on which its recipients are told when a message has failed for good"},
    {"fallback_when_unsure", SETTING_BOOL, AT(fallback_unsure), "false",
     .help = "use the fallback also when it can't be known whether a message arrived: its outcome "
             "is unknown, or no receipt came in time"},
};

static const struct channel_type *read_type(const struct yaml_node *map, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "type");
    size_t count, index;
    const char *const *names = channel_type_names(&count);
    if (node == NULL) {
        yaml_problem(map, problems, "'type' is missing; expected webhook or another type");
        return NULL;
    }
    return yaml_read_choice(node, names, count, &index, problems) ? channel_type_find(names[index])
                                                                  : NULL;
}

/* What no single setting can tell. */
static void check_channel(const struct config *config, const struct channel *channel,
                          const struct yaml_node *map, struct problems *problems)
{
    if (channel->retry_most_us < channel->retry_first_us)
        yaml_problem(map, problems, "retry_most is shorter than retry_first");
    if (channel->breaker_most_us < channel->breaker_first_us)
        yaml_problem(map, problems, "breaker_most is shorter than breaker_first");
    if (config->daemon.lease_us && channel->timeout_us >= config->daemon.lease_us)
        yaml_problem(map, problems,
                     "timeout is not shorter than the daemon's lease, so that a message could be "
                     "sent by two");
    const struct yaml_node *digest = yaml_get(map, "digest");
    if (digest && channel->digest_us > 0 && !channel->type->gathers)
        yaml_problem(digest, problems, "a %s is told each event by itself; expected 0s",
                     channel->type->name);
    if (channel->type->check)
        channel->type->check(channel->options, map, problems);
}

static void read_channel(struct config_reader *reader, const struct yaml_node *map,
                         struct channel *channel)
{
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    channel->type = read_type(map, reader->problems);
    if (channel->type == NULL)
        return;
    channel->options = mem_zero(1, channel->type->options_size);
    const struct setting_group groups[] = {
        {common_table, COUNT_OF(common_table), channel},
        {channel->type->settings, channel->type->setting_count, channel->options},
    };
    bool fine = settings_read_groups(map, NULL, groups, COUNT_OF(groups), reader->problems);
    if (yaml_get(map, "digest") == NULL && channel->type->gathers)
        channel->digest_us = DIGEST_US;
    if (yaml_get(map, "quotas"))
        config_read_quotas(channel, yaml_get(map, "quotas"), reader->problems);
    else if (channel->type->quota.most > 0)
        channel->quotas[channel->quota_count++] = channel->type->quota;
    fine &= config_read_rate(channel, map, reader->problems);
    if (channel->type->read)
        fine &= channel->type->read(channel->options, map, reader->problems);
    if (fine)
        check_channel(reader->config, channel, map, reader->problems);
}

static void check_fallback(struct config_reader *reader, const struct channel *channel,
                           const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_get(map, "fallback");
    size_t index;
    if (node && config_pick(reader, node, "channels", &index) &&
        strcmp(channel->fallback, channel->name) == 0)
        yaml_problem(node, reader->problems, "expected another channel than '%s' itself",
                     channel->name);
    if (node == NULL && channel->fallback_unsure)
        yaml_problem(yaml_get(map, "fallback_when_unsure"), reader->problems,
                     "there is no fallback; name a channel with 'fallback'");
}

void config_read_channels(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "channels", false);
    if (section == NULL)
        return;
    config->channels = mem_zero(section->count, sizeof *config->channels);
    config->channel_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        config_check_name(section->keys[i], reader->problems);
        config->channels[i].name = section->keys[i]->text;
        read_channel(reader, section->values[i], &config->channels[i]);
    }
    for (size_t i = 0; i < section->count; i++) {
        if (section->values[i]->kind == YAML_MAP)
            check_fallback(reader, &config->channels[i], section->values[i]);
    }
}

/* --- what duban-web needs of them --- */

static bool is_for_web(const struct setting *setting, bool hears_receipts)
{
    static const char *const keys[] = {"include_applicant", "digest", "gather"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(setting->key, keys[i]) == 0)
            return true;
    return hears_receipts && strcmp(setting->key, "receipt_path") == 0;
}

static void read_for_web(struct config_reader *reader, const struct yaml_node *map,
                         struct channel *channel)
{
    bool hears = yaml_get(reader->root, "receipts") != NULL;
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    channel->type = read_type(map, reader->problems);
    if (channel->type == NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(common_table); i++)
        if (is_for_web(&common_table[i], hears))
            settings_read_some(map, &common_table[i], 1, channel, reader->problems);
    if (yaml_get(map, "digest") == NULL && channel->type->gathers)
        channel->digest_us = DIGEST_US;
}

void config_read_web_channels(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "channels", true);
    if (section == NULL)
        return;
    config->channels = mem_zero(section->count, sizeof *config->channels);
    config->channel_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        config->channels[i].name = section->keys[i]->text;
        read_for_web(reader, section->values[i], &config->channels[i]);
    }
}

const struct channel *config_channel(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        if (strcmp(config->channels[i].name, name) == 0)
            return &config->channels[i];
    }
    return NULL;
}

bool config_check_address(const void *config, const char *channel, const char *address,
                          struct error *error)
{
    const struct config *known = config;
    const struct channel *found = config_channel(known, channel);
    if (found)
        return found->type->check_address(address, error);
    AUTO_FREE const char **names = mem_zero(known->channel_count, sizeof *names);
    for (size_t i = 0; i < known->channel_count; i++)
        names[i] = known->channels[i].name;
    const char *nearest = problem_nearest(channel, names, known->channel_count);
    return error_set(error, "the channel '%.40s' is unknown%s%s%s", channel,
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

void config_finish_channels(struct config *config)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        struct channel *channel = &config->channels[i];
        settings_finish(common_table, COUNT_OF(common_table), channel);
        if (channel->options == NULL)
            continue;
        if (channel->type->finish)
            channel->type->finish(channel->options);
        settings_finish(channel->type->settings, channel->type->setting_count, channel->options);
        free(channel->options);
    }
    free(config->channels);
}

void config_document_channels(struct buf *out)
{
    buf_text(out, "\n### `channels`: all types\n\n");
    settings_document(common_table, COUNT_OF(common_table), out);
    size_t count;
    const char *const *names = channel_type_names(&count);
    for (size_t i = 0; i < count; i++) {
        const struct channel_type *type = channel_type_find(names[i]);
        buf_format(out, "\n### `channels`: type `%s`\n\n", names[i]);
        settings_document(type->settings, type->setting_count, out);
    }
}
