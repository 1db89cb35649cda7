/* The plain sections: the top level, state, source, daemon and tls. */
#include "config_reader.h"

#include "duban/mem.h"

#include <libpq-fe.h>
#include <string.h>
#include <unistd.h>

/* In the order of enum locale, and of enum log_level. */
static const char *const locales[LOCALES + 1] = {"zh-CN", "en"};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

struct top {
    const char *centre;
    size_t locale, log_level;
};

#define S(count)  ((count)*US_PER_S)
#define M(count)  ((count)*60 * US_PER_S)
#define H(count)  ((count)*3600 * US_PER_S)
#define D(count)  ((count)*US_PER_DAY)
#define MS(count) ((count)*US_PER_MS)

#define AT(field) offsetof(struct top, field)

static const struct setting top_table[] = {
    {"centre", SETTING_TEXT, AT(centre), .help = "name of the service centre, as messages say it"},
    {"locale", SETTING_CHOICE, AT(locale), "zh-CN", .choices = locales,
     .help = "language of the shipped texts"},
    {"log_level", SETTING_CHOICE, AT(log_level), "info", .choices = log_levels,
     .help = "least severity that is logged"},
    {"state", SETTING_OTHER, .help = "duban's own database"},
    {"source", SETTING_OTHER, .help = "the approval system's database"},
    {"daemon", SETTING_OTHER, .optional = true, .help = "pace and patience of duband"},
    {"calendars", SETTING_OTHER, .help = "names and files of working calendars"},
    {"calendar", SETTING_OTHER, .help = "the calendar that counts unless a clock says otherwise"},
    {"policies", SETTING_OTHER, .help = "levels and when they are reached"},
    {"suspensions", SETTING_OTHER, .optional = true,
     .help = "what each reason for a suspension means for the clocks"},
    {"clocks", SETTING_OTHER, .help = "what is timed, from when until when"},
    {"channels", SETTING_OTHER, .help = "ways out: SMS gateways, webhooks"},
    {"receipts", SETTING_OTHER, .optional = true,
     .help = "where gateways report what arrived, to duban-web"},
    {"routes", SETTING_OTHER, .help = "who is told of what, and on which channels"},
    {"hours", SETTING_OTHER, .optional = true, .help = "when people may be told"},
    {"irregularities", SETTING_OTHER, .optional = true,
     .help = "what else supervision finds 异常, and who is told of it"},
    {"reminders", SETTING_OTHER, .optional = true,
     .help = "levels that are told again until somebody acknowledges them"},
    {"templates", SETTING_OTHER, .optional = true, .help = "texts instead of the shipped ones"},
    {"alarms", SETTING_OTHER, .optional = true, .help = "whom to tell of duban's own troubles"},
    {"selftest", SETTING_OTHER, .optional = true, .help = "a case of duban's own, as a test"},
    {"metrics", SETTING_OTHER, .optional = true, .help = "where monitors ask for figures"},
    {"tls", SETTING_OTHER, .optional = true, .help = "whom to trust"},
    {"web", SETTING_OTHER, .optional = true, .help = "the board; duband doesn't read it"},
    {"dns", SETTING_OTHER, .optional = true, .help = "whom to ask for the addresses of hosts"},
};

#undef AT
#define AT(field) offsetof(struct config_database, field)

static const struct setting database_table[] = {
    {"dsn", SETTING_TEXT, AT(dsn), .help = "libpq connection string or URI, without a password"},
    {"password", SETTING_SECRET, AT(password), .optional = true,
     .help = "password of the database role; without one, peer authentication or ~/.pgpass"},
    {"query_timeout", SETTING_SPAN, AT(query_timeout_us), "30s", .least = MS(100), .most = M(10),
     .help = "a query that takes longer is given up, and its connection dropped"},
};

#undef AT
#define AT(field) offsetof(struct config_source, field)

static const struct setting source_table[] = {
    {"relation", SETTING_TEXT, AT(relation),
     .help = "the view that fulfils the source contract, as schema.view"},
    {"poll", SETTING_SPAN, AT(poll_us), "2s", .least = MS(10), .most = H(1),
     .help = "pause between two looks for changed cases"},
    {"overlap", SETTING_SPAN, AT(overlap_us), "10m", .least = 0, .most = D(1),
     .help = "how far behind the watermark to read again, for transactions that commit late"},
    {"skew", SETTING_SPAN, AT(skew_us), "5m", .least = 0, .most = D(1),
     .help = "how far in the future an instant may lie before the row is set aside"},
    {"reconcile_pause", SETTING_SPAN, AT(reconcile_pause_us), "1s", .least = MS(10), .most = H(1),
     .help = "pause between two chunks of the slow comparison of all open cases"},
    {"batch", SETTING_INT, AT(batch), "1000", .least = 1, .most = 10000, .help = "rows a page"},
};

#undef AT
#define AT(field) offsetof(struct config_daemon, field)

static const struct setting daemon_table[] = {
    {"batch", SETTING_INT, AT(batch), "1000", .least = 1, .most = 10000,
     .help = "clocks, notifications or messages a turn"},
    {"poll", SETTING_SPAN, AT(poll_us), "1s", .least = MS(10), .most = M(10),
     .help = "pause between two looks for work when no stage has woken the next"},
    {"lease", SETTING_SPAN, AT(lease_us), "2m", .least = S(5), .most = H(1),
     .help = "how long a claimed message belongs to its dispatcher; longer than every channel's "
             "timeout"},
    {"drain", SETTING_SPAN, AT(drain_us), "20s", .least = 0, .most = M(10),
     .help = "how long to finish what is under way after SIGTERM"},
    {"completion_age", SETTING_SPAN, AT(completion_age_us), "3d", .least = H(1), .most = D(365),
     .help = "a completion found later than this is recorded, but nobody is told"},
    {"calendar_warning", SETTING_SPAN, AT(calendar_warning_us), "60d", .least = 0, .most = D(400),
     .help = "how long before a calendar's last day to warn"},
    {"retention_days", SETTING_INT, AT(retention_days), "180", .least = 1, .most = 3650,
     .help = "messages and attempts, the only place of personal data, are dropped after so many "
             "days"},
    {"rules_need_plan", SETTING_BOOL, AT(rules_need_plan), "false",
     .help = "`yes`: other rules come into force only when `dubanctl plan` has shown what they do "
             "and somebody has approved them"},
};

static const struct setting tls_table[] = {
    {"ca_file", SETTING_PATH, offsetof(struct config, ca_file), .optional = true,
     .help = "certificates to trust instead of the system's"},
};

/* libpq's own reading of a connection string; a secret in it is pointed elsewhere. */
static void check_dsn(const struct yaml_node *section, const char *dsn, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(section, "dsn");
    char *reason = NULL;
    PQconninfoOption *options = PQconninfoParse(dsn, &reason);
    if (options == NULL) {
        /* Some of libpq's reasons repeat the whole of it, which may hold a password. */
        bool telling = reason && strstr(reason, dsn) == NULL;
        yaml_problem(node, problems, "not a connection string of libpq%s%.*s", telling ? ": " : "",
                     telling ? (int)strcspn(reason, "\n") : 0, telling ? reason : "");
        PQfreemem(reason);
        return;
    }
    for (const PQconninfoOption *option = options; option->keyword; option++) {
        if (option->val == NULL)
            continue;
        if (strcmp(option->keyword, "password") == 0)
            yaml_problem(node, problems,
                         "the dsn holds a password; put it into a file that only duban may read, "
                         "and give 'password_file: PATH'");
        else if (strcmp(option->keyword, "sslpassword") == 0)
            yaml_problem(node, problems,
                         "the dsn holds an sslpassword; expected a key without one");
    }
    PQconninfoFree(options);
}

/* One part of schema.view: the consumer quotes it, so case matters and letters may be Chinese. */
static bool is_identifier(const char *text, size_t length)
{
    if (length == 0 || length > 63 || (text[0] >= '0' && text[0] <= '9'))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x80 &&
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", byte) == NULL)
            return false;
    }
    return true;
}

static void check_relation(const struct yaml_node *section, const char *relation,
                           struct problems *problems)
{
    size_t schema = strcspn(relation, ".");
    if (relation[schema] == '\0' || !is_identifier(relation, schema) ||
        !is_identifier(relation + schema + 1, strlen(relation + schema + 1)))
        yaml_problem(yaml_get(section, "relation"), problems,
                     "'%s' is no relation; expected schema.view without quotes", relation);
}

void config_read_top(struct config_reader *reader)
{
    struct top top = {0};
    settings_read(reader->root, NULL, top_table, COUNT_OF(top_table), &top, reader->problems);
    reader->config->centre = top.centre;
    reader->config->locale = (enum locale)top.locale;
    reader->config->log_level = top.log_level;
}

void config_read_database(struct config_reader *reader, const struct yaml_node *section,
                          struct config_database *database, const char **relation)
{
    static const struct setting table[] = {
        {"relation", SETTING_TEXT, 0, .help = "the view that fulfils the source contract"},
    };
    const struct setting_group groups[] = {
        {database_table, COUNT_OF(database_table), database},
        {table, COUNT_OF(table), relation},
    };
    settings_read_groups(section, NULL, groups, relation ? 2 : 1, reader->problems);
    if (database->dsn)
        check_dsn(section, database->dsn, reader->problems);
    if (relation && *relation)
        check_relation(section, *relation, reader->problems);
}

void config_finish_database(struct config_database *database)
{
    settings_finish(database_table, COUNT_OF(database_table), database);
}

static void read_state(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "state", false);
    if (section)
        config_read_database(reader, section, &reader->config->state, NULL);
}

static void read_source(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "source", false);
    if (section == NULL)
        return;
    const struct setting_group groups[] = {
        {database_table, COUNT_OF(database_table), &config->source_database},
        {source_table, COUNT_OF(source_table), &config->source},
    };
    settings_read_groups(section, NULL, groups, COUNT_OF(groups), reader->problems);
    if (config->source_database.dsn)
        check_dsn(section, config->source_database.dsn, reader->problems);
    if (config->source.relation)
        check_relation(section, config->source.relation, reader->problems);
}

static void read_tls(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = yaml_get(reader->root, "tls");
    settings_read(section, reader->root, tls_table, COUNT_OF(tls_table), config, reader->problems);
    if (config->ca_file && access(config->ca_file, R_OK) != 0)
        yaml_problem(yaml_get(section, "ca_file"), reader->problems,
                     "%s cannot be read; expected a file of PEM certificates", config->ca_file);
}

void config_read_sections(struct config_reader *reader)
{
    config_read_top(reader);
    read_state(reader);
    read_source(reader);
    settings_read(yaml_get(reader->root, "daemon"), reader->root, daemon_table,
                  COUNT_OF(daemon_table), &reader->config->daemon, reader->problems);
    read_tls(reader);
}

void config_finish_sections(struct config *config)
{
    config_finish_database(&config->state);
    config_finish_database(&config->source_database);
    settings_finish(tls_table, COUNT_OF(tls_table), config);
}

void config_document_sections(struct buf *out)
{
    static const struct {
        const char *title;
        const struct setting *table;
        size_t count;
    } sections[] = {
        {"### Top level\n\n", top_table, COUNT_OF(top_table)},
        {"\n### `state` and `source`: the databases\n\n", database_table, COUNT_OF(database_table)},
        {"\n### `source`: the cases\n\n", source_table, COUNT_OF(source_table)},
        {"\n### `daemon`\n\n", daemon_table, COUNT_OF(daemon_table)},
        {"\n### `tls`\n\n", tls_table, COUNT_OF(tls_table)},
    };
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        buf_text(out, sections[i].title);
        settings_document(sections[i].table, sections[i].count, out);
    }
}
