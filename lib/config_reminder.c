/* The section `reminders`: levels that are told again, to whom, and how often. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

#define KIND      "reminder"
#define MOST_MOST 999

#define AT(field) offsetof(struct config_reminder, field)

static const struct setting reminder_table[] = {
    {"most", SETTING_INT, AT(most), "20", .least = 1, .most = MOST_MOST,
     .help = "at most so many reminders of one level, one a working day"},
    {"steps", SETTING_OTHER, .optional = true,
     .help = "a list: whom each further step tells besides those before it; else every reminder "
             "goes to whom the level's own route tells"},
};

#undef AT
#define AT(field) offsetof(struct config_reminder_step, field)

static const struct setting step_table[] = {
    {"from", SETTING_INT, AT(from), "1", .least = 1, .most = MOST_MOST,
     .help = "the first reminder that this step counts for"},
    {"tell", SETTING_OTHER, .help = "roles and their channels, as in `routes`"},
};

/* The names of all levels; the array is the caller's to free. */
static const char **level_names(const struct config *config, size_t *count)
{
    const char **names = config_event_kinds(config, count);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!config_kind_is_reserved(names[i]))
            names[kept++] = names[i];
    *count = kept;
    return names;
}

/* Whether a step may follow those before it. */
static void check_step(const struct yaml_node *map, const struct config_reminder *reminder,
                       struct problems *problems)
{
    const struct config_reminder_step *step = &reminder->steps[reminder->step_count];
    const struct yaml_node *node = yaml_get(map, "from");
    if (node == NULL)
        node = map;
    if (reminder->step_count == 0 && step->from > 1)
        yaml_problem(node, problems,
                     "of the first reminder nobody is told; expected a first step with from: 1");
    else if (reminder->step_count > 0 && step->from <= step[-1].from)
        yaml_problem(node, problems, "expected more than the %lld of the step before",
                     (long long)step[-1].from);
    if (reminder->most > 0 && step->from > reminder->most)
        yaml_problem(node, problems, "there are %lld reminders at most, see 'most'",
                     (long long)reminder->most);
}

static void read_step(struct config_reader *reader, const struct yaml_node *map,
                      struct config_reminder *reminder, struct route_list *list)
{
    struct config_reminder_step *step = &reminder->steps[reminder->step_count];
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    const struct yaml_node *tell = yaml_get(map, "tell");
    size_t before = list->count;
    if (settings_read(map, NULL, step_table, COUNT_OF(step_table), step, reader->problems))
        check_step(map, reminder, reader->problems);
    if (tell == NULL || (tell->kind == YAML_MAP && tell->count == 0))
        yaml_problem(tell ? tell : map, reader->problems,
                     "this step tells nobody; expected 'tell: {window: CHANNEL}'");
    else
        config_read_roles(reader, KIND, tell, list);
    step->route_count = list->count;
    reminder->step_count += list->count > before;
}

static void read_steps(struct config_reader *reader, const struct yaml_node *steps,
                       struct config_reminder *reminder, struct route_list *list)
{
    if (!yaml_expect(steps, YAML_LIST, reader->problems))
        return;
    if (steps->count == 0)
        yaml_problem(steps, reader->problems, "expected at least one step");
    reminder->steps = mem_zero(steps->count, sizeof *reminder->steps);
    for (size_t i = 0; i < steps->count; i++)
        read_step(reader, steps->values[i], reminder, list);
}

/* Whom the level's own route tells. */
static void copy_routes(struct config_reader *reader, const struct yaml_node *node,
                        struct config_reminder *reminder, struct route_list *list)
{
    const struct config *config = reader->config;
    for (size_t i = 0; i < config->route_count; i++) {
        if (strcmp(config->routes[i].kind, reminder->kind) != 0)
            continue;
        list->routes = mem_grow(list->routes, list->count + 1, sizeof *list->routes);
        list->routes[list->count] = config->routes[i];
        list->routes[list->count++].kind = KIND;
    }
    if (list->count == 0)
        yaml_problem(node, reader->problems,
                     "nobody is told of '%s'; expected 'steps', or a route for it", reminder->kind);
    reminder->steps = mem_zero(1, sizeof *reminder->steps);
    reminder->steps[0] = (struct config_reminder_step){.from = 1, .route_count = list->count};
    reminder->step_count = 1;
}

static void read_reminder(struct config_reader *reader, const struct yaml_node *map,
                          struct config_reminder *reminder)
{
    struct route_list list = {0};
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    settings_read(map, NULL, reminder_table, COUNT_OF(reminder_table), reminder, reader->problems);
    const struct yaml_node *steps = yaml_get(map, "steps");
    if (steps)
        read_steps(reader, steps, reminder, &list);
    else
        copy_routes(reader, map, reminder, &list);
    reminder->routes = list.routes;
    reminder->route_count = list.count;
}

void config_read_reminders(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "reminders", true);
    if (section == NULL)
        return;
    size_t count, level;
    AUTO_FREE const char **levels = level_names(config, &count);
    config->reminders = mem_zero(section->count, sizeof *config->reminders);
    for (size_t i = 0; i < section->count; i++) {
        if (!yaml_read_choice(section->keys[i], levels, count, &level, reader->problems))
            continue;
        struct config_reminder *reminder = &config->reminders[config->reminder_count++];
        reminder->kind = levels[level];
        read_reminder(reader, section->values[i], reminder);
    }
}

void config_finish_reminders(struct config *config)
{
    for (size_t i = 0; i < config->reminder_count; i++) {
        free(config->reminders[i].steps);
        free(config->reminders[i].routes);
    }
    free(config->reminders);
}

void config_document_reminders(struct buf *out)
{
    buf_text(out, "\n### `reminders`: of each level\n\n");
    settings_document(reminder_table, COUNT_OF(reminder_table), out);
    buf_text(out, "\n### `steps` of a reminder\n\n");
    settings_document(step_table, COUNT_OF(step_table), out);
}

const struct config_reminder *config_reminder(const struct config *config, const char *kind)
{
    for (size_t i = 0; i < config->reminder_count; i++)
        if (strcmp(config->reminders[i].kind, kind) == 0)
            return &config->reminders[i];
    return NULL;
}
