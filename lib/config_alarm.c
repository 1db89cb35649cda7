/* The section `alarms`: whom duban tells of its own troubles, and from when on it is one. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

#define AT(field) offsetof(struct config_alarms, field)

static const struct setting alarms_table[] = {
    {"channels", SETTING_OTHER, .help = "list of `channels` by which alarms go, all at once"},
    {"to", SETTING_OTHER, .optional = true,
     .help = "map of a channel to the list of its addresses; else the contacts there of the "
             "directory's entries of kind `admin`"},
    {"database_after", SETTING_SPAN, AT(database_us), "3m", .least = US_PER_S, .most = US_PER_DAY,
     .help = "how long a database may be away"},
    {"queue_age", SETTING_SPAN, AT(queue_us), "15m", .least = US_PER_S, .most = 7 * US_PER_DAY,
     .help = "how long a message may wait beyond the time at which it should go"},
    {"cache", SETTING_PATH, AT(cache), .optional = true,
     .help = "file, written by duban, that remembers these contacts for a start without the "
             "database"},
};

static struct config_alarm_channel *find_channel(struct config_alarms *alarms,
                                                 const struct channel *channel)
{
    for (size_t i = 0; i < alarms->count; i++)
        if (alarms->channels[i].channel == channel)
            return &alarms->channels[i];
    return NULL;
}

static void read_channels(struct config_reader *reader, const struct yaml_node *section)
{
    struct config_alarms *alarms = &reader->config->alarms;
    const struct yaml_node *list = yaml_get(section, "channels");
    if (list == NULL || list->count == 0) {
        yaml_problem(list ? list : section, reader->problems,
                     "'channels' is missing: by which channels alarms go, as [sms]");
        return;
    }
    if (!yaml_expect(list, YAML_LIST, reader->problems))
        return;
    alarms->channels = mem_zero(list->count, sizeof *alarms->channels);
    for (size_t i = 0; i < list->count; i++) {
        size_t index;
        if (!config_pick(reader, list->values[i], "channels", &index))
            continue;
        const struct channel *channel = &reader->config->channels[index];
        if (find_channel(alarms, channel))
            yaml_problem(list->values[i], reader->problems, "the channel '%s' is given twice",
                         channel->name);
        else
            alarms->channels[alarms->count++] =
                (struct config_alarm_channel){.channel = channel, .node = list->values[i]};
    }
}

static void read_address(struct config_reader *reader, struct config_alarm_channel *way,
                         const struct yaml_node *node)
{
    struct error error;
    const char *address;
    if (!yaml_read_text(node, &address, reader->problems) || way->channel->type == NULL)
        return;
    if (way->channel->type->check_address(address, &error))
        way->addresses[way->address_count++] = address;
    else
        yaml_problem(node, reader->problems, "the address can't be used on '%s': %s",
                     way->channel->name, error.text);
}

static void read_addresses(struct config_reader *reader, struct config_alarm_channel *way,
                           const struct yaml_node *list)
{
    if (!yaml_expect(list, YAML_LIST, reader->problems))
        return;
    if (list->count == 0)
        yaml_problem(list, reader->problems, "expected at least one address");
    way->addresses = mem_zero(list->count, sizeof *way->addresses);
    for (size_t i = 0; i < list->count; i++)
        read_address(reader, way, list->values[i]);
}

static void read_to(struct config_reader *reader, const struct yaml_node *map)
{
    if (map == NULL || !yaml_expect(map, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < map->count; i++) {
        size_t index;
        if (!config_pick(reader, map->keys[i], "channels", &index))
            continue;
        const struct channel *channel = &reader->config->channels[index];
        struct config_alarm_channel *way = find_channel(&reader->config->alarms, channel);
        if (way)
            read_addresses(reader, way, map->values[i]);
        else
            yaml_problem(map->keys[i], reader->problems,
                         "'%s' is not among the channels of the alarms", channel->name);
    }
}

void config_read_alarms(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "alarms", true);
    if (section == NULL)
        return;
    settings_read(section, NULL, alarms_table, COUNT_OF(alarms_table), &reader->config->alarms,
                  reader->problems);
    read_channels(reader, section);
    read_to(reader, yaml_get(section, "to"));
}

void config_finish_alarms(struct config *config)
{
    for (size_t i = 0; i < config->alarms.count; i++)
        free(config->alarms.channels[i].addresses);
    free(config->alarms.channels);
    settings_finish(alarms_table, COUNT_OF(alarms_table), &config->alarms);
}

void config_document_alarms(struct buf *out)
{
    buf_text(out, "\n### `alarms`\n\n");
    settings_document(alarms_table, COUNT_OF(alarms_table), out);
}
