/* The administrators' contacts: asked for while the database is there, remembered for when it
 * isn't. */
#include "alarm_contacts.h"

#include "duban/file.h"
#include "duban/log.h"
#include "duban/mem.h"

#include <string.h>

#define ASK_EACH_S      60.
#define CONTACTS_MOST   200
#define FILE_BYTES_MOST ((size_t)256 << 10)
#define ON              "on" /* the address of what is its own, as a group robot */

static void forget(struct alarm_contacts *contacts)
{
    for (size_t i = 0; i < contacts->count; i++) {
        free(contacts->items[i].channel);
        free(contacts->items[i].address);
    }
    free(contacts->items);
    contacts->items = NULL;
    contacts->count = 0;
}

/* --- the file: a channel, a tab, an address a line --- */

static void read_lines(struct alarm_contacts *contacts, char *text)
{
    char *rest = NULL;
    contacts->items = mem_zero(CONTACTS_MOST, sizeof *contacts->items);
    for (char *line = strtok_r(text, "\n", &rest); line && contacts->count < CONTACTS_MOST;
         line = strtok_r(NULL, "\n", &rest)) {
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            continue;
        contacts->items[contacts->count++] =
            (struct alarm_contact){mem_text_n(line, (size_t)(tab - line)), mem_text(tab + 1)};
    }
}

static void read_file(struct alarm_contacts *contacts)
{
    const char *path = contacts->context->config->config->alarms.cache;
    struct error error;
    char *text;
    size_t length;
    if (path == NULL)
        return;
    if (!file_read(path, FILE_BYTES_MOST, &text, &length, &error)) {
        log_line(LOG_LEVEL_INFO, "alarm", "no contacts are remembered", log_text("file", path),
                 log_text("error", error.text));
        return;
    }
    read_lines(contacts, text);
    free(text);
}

static void write_file(const struct alarm_contacts *contacts)
{
    const char *path = contacts->context->config->config->alarms.cache;
    struct error error;
    if (path == NULL)
        return;
    AUTO_BUF text;
    buf_init(&text, FILE_BYTES_MOST);
    for (size_t i = 0; i < contacts->count; i++)
        buf_format(&text, "%s\t%s\n", contacts->items[i].channel, contacts->items[i].address);
    if (!file_replace(path, buf_string(&text), text.length, &error))
        log_line(LOG_LEVEL_WARNING, "alarm", "contacts are not remembered", log_text("file", path),
                 log_text("error", error.text));
}

/* --- the directory --- */

static bool is_same(const struct alarm_contacts *contacts, const PGresult *result)
{
    if ((size_t)PQntuples(result) != contacts->count)
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(contacts->items[row].channel, pg_text(result, row, 0)) != 0 ||
            strcmp(contacts->items[row].address, pg_text(result, row, 1)) != 0)
            return false;
    return true;
}

static void on_contacts(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct alarm_contacts *contacts = owner;
    contacts->asked = false;
    if (context_failed("alarm", "administrators' contacts not read", failure) ||
        is_same(contacts, result))
        return;
    forget(contacts);
    contacts->count = (size_t)PQntuples(result);
    contacts->items = mem_zero(contacts->count, sizeof *contacts->items);
    for (size_t i = 0; i < contacts->count; i++)
        contacts->items[i] = (struct alarm_contact){mem_text(pg_text(result, (int)i, 0)),
                                                    mem_text(pg_text(result, (int)i, 1))};
    write_file(contacts);
}

void alarm_contacts_ask(struct alarm_contacts *contacts)
{
    struct context *context = contacts->context;
    const struct config_alarms *alarms = &context->config->config->alarms;
    if (contacts->asked || alarms->count == 0 || !pg_is_up(context->lead))
        return;
    contacts->asked = true;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < alarms->count; i++)
        pg_array_text(params, alarms->channels[i].channel->name);
    pg_array_end(params);
    pg_param_int(params, CONTACTS_MOST);
    pg_query(context->lead, "SELECT * FROM duban.alarm_contacts($1, $2)", params, on_contacts,
             contacts);
    pg_params_destroy(params);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    alarm_contacts_ask(
        (struct alarm_contacts *)(void *)((char *)timer - offsetof(struct alarm_contacts, timer)));
}

void alarm_contacts_init(struct alarm_contacts *contacts, struct context *context)
{
    *contacts = (struct alarm_contacts){.context = context};
    read_file(contacts);
    ev_timer_init(&contacts->timer, on_timer, ASK_EACH_S, ASK_EACH_S);
    ev_timer_start(context->loop, &contacts->timer);
}

void alarm_contacts_finish(struct alarm_contacts *contacts)
{
    ev_timer_stop(contacts->context->loop, &contacts->timer);
    forget(contacts);
}

/* A channel of which nothing is known may need nothing: its own address is its only one. */
static const char *own_address(const struct channel *channel)
{
    return channel->type->check_address(ON, NULL) ? ON : NULL;
}

const char *alarm_contacts_address(const struct alarm_contacts *contacts,
                                   const struct config_alarm_channel *way, size_t index)
{
    size_t found = 0;
    if (way->address_count > 0)
        return index < way->address_count ? way->addresses[index] : NULL;
    for (size_t i = 0; i < contacts->count; i++)
        if (strcmp(contacts->items[i].channel, way->channel->name) == 0 && found++ == index)
            return contacts->items[i].address;
    return found == 0 && index == 0 ? own_address(way->channel) : NULL;
}
