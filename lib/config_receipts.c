/* The section `receipts`, and what channels need for theirs. */
#include "config_reader.h"

#include "duban/mem.h"
#include "duban/receipt.h"

#include <string.h>

#define SECRET_LEAST 16
#define SECRET_MOST  128

static const struct setting table[] = {
    {"listen", SETTING_TEXT, offsetof(struct config_receipts, listen), "127.0.0.1:8091",
     .help = "address:port, or the path of a Unix socket, at which gateways report what became of "
             "messages, to duban-web"},
    {"allow", SETTING_OTHER, .optional = true,
     .help = "list of addresses and networks, as 10.0.0.0/8, that may connect; default the machine "
             "itself: 127.0.0.0/8 and ::1"},
};

static void read_section(struct config_reader *reader)
{
    struct config_receipts *receipts = &reader->config->receipts;
    const struct yaml_node *section = config_section(reader, "receipts", true);
    struct error error;
    if (section == NULL)
        return;
    if (yaml_get(reader->root, "web") == NULL)
        yaml_problem(section, reader->problems,
                     "receipts come to duban-web: the section 'web' is missing, so that nothing "
                     "listens");
    settings_read(section, NULL, table, COUNT_OF(table), receipts, reader->problems);
    if (receipts->listen && !listen_parse(receipts->listen, &receipts->place, &error))
        yaml_problem(yaml_get(section, "listen"), reader->problems, "%s", error.text);
    receipts->allow_count =
        config_read_networks(yaml_get(section, "allow"), true, &receipts->allow, reader->problems);
}

/* The secret stands in a URL as it is. */
static bool is_secret(const char *text)
{
    size_t length = strlen(text);
    return length >= SECRET_LEAST && length <= SECRET_MOST &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               length;
}

static const struct yaml_node *secret_node(const struct yaml_node *map)
{
    const struct yaml_node *file = yaml_get(map, "receipt_path_file");
    return file ? file : yaml_get(map, "receipt_path_credential");
}

static void check_channel(struct config_reader *reader, const struct channel *channel,
                          const struct yaml_node *map)
{
    const struct yaml_node *secret = secret_node(map), *within = yaml_get(map, "receipt_within");
    const struct yaml_node *used = secret ? secret : channel->receipt_us > 0 ? within : NULL;
    if (channel->type == NULL || used == NULL)
        return;
    if (channel->type->receipt == NULL)
        yaml_problem(used, reader->problems, "no receipts come for channels of type %s",
                     channel->type->name);
    else if (secret == NULL)
        yaml_problem(used, reader->problems,
                     "no receipt can come: 'receipt_path_file' or 'receipt_path_credential' is "
                     "missing");
    else if (yaml_get(reader->root, "receipts") == NULL)
        yaml_problem(used, reader->problems,
                     "no receipt can come: the section 'receipts' is missing, so that nothing "
                     "listens");
    else if (channel->receipt_path && !is_secret(channel->receipt_path))
        yaml_problem(used, reader->problems,
                     "the secret is no part of a URL; expected %d to %d letters, digits, _ or -",
                     SECRET_LEAST, SECRET_MOST);
}

void config_read_receipts(struct config_reader *reader)
{
    const struct yaml_node *channels = yaml_get(reader->root, "channels");
    read_section(reader);
    for (size_t i = 0; i < reader->config->channel_count; i++)
        if (channels->values[i]->kind == YAML_MAP)
            check_channel(reader, &reader->config->channels[i], channels->values[i]);
}

void config_finish_receipts(struct config *config)
{
    free(config->receipts.allow);
}

void config_document_receipts(struct buf *out)
{
    buf_text(out, "\n### `receipts`\n\n");
    settings_document(table, COUNT_OF(table), out);
}
