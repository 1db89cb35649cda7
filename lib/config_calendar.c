/* The section `calendars`, and which of them is the default. */
#include "config_reader.h"

#include "duban/calendar_file.h"
#include "duban/file.h"
#include "duban/mem.h"

static struct calendar *load_calendar(const struct yaml_node *node, struct problems *problems)
{
    const char *file;
    if (!yaml_read_text(node, &file, problems))
        return NULL;
    AUTO_FREE char *path = path_beside(node->file, file);
    return calendar_load_file(path, problems);
}

void config_read_calendars(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "calendars", false);
    if (section == NULL)
        return;
    config->calendars = mem_zero(section->count, sizeof *config->calendars);
    config->calendar_count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        config_check_name(section->keys[i], reader->problems);
        config->calendars[i].name = section->keys[i]->text;
        config->calendars[i].calendar = load_calendar(section->values[i], reader->problems);
    }
    const struct yaml_node *chosen = yaml_get(reader->root, "calendar");
    size_t index;
    if (chosen == NULL)
        yaml_problem(reader->root, reader->problems,
                     "'calendar' is missing: the name of the default one of 'calendars'");
    else if (config_pick(reader, chosen, "calendars", &index))
        config->calendar = config->calendars[index].calendar;
}
