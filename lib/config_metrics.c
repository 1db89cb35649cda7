/* The section `metrics`. */
#include "config_reader.h"

#include "duban/mem.h"

static const struct setting table[] = {
    {"listen", SETTING_TEXT, offsetof(struct config_metrics, listen), "127.0.0.1:8092",
     .help = "address:port, or the path of a Unix socket, at which monitors ask for `/metrics`, "
             "`/healthz` and `/readyz`"},
    {"allow", SETTING_OTHER, .optional = true,
     .help = "list of addresses and networks, as 10.0.0.0/8, that may connect; default the machine "
             "itself: 127.0.0.0/8 and ::1"},
};

void config_read_metrics(struct config_reader *reader)
{
    struct config_metrics *metrics = &reader->config->metrics;
    const struct yaml_node *section = config_section(reader, "metrics", true);
    struct error error;
    if (section == NULL)
        return;
    settings_read(section, NULL, table, COUNT_OF(table), metrics, reader->problems);
    if (metrics->listen && !listen_parse(metrics->listen, &metrics->place, &error))
        yaml_problem(yaml_get(section, "listen"), reader->problems, "%s", error.text);
    metrics->allow_count =
        config_read_networks(yaml_get(section, "allow"), true, &metrics->allow, reader->problems);
}

void config_finish_metrics(struct config *config)
{
    free(config->metrics.allow);
}

void config_document_metrics(struct buf *out)
{
    buf_text(out, "\n### `metrics`\n\n");
    settings_document(table, COUNT_OF(table), out);
}
