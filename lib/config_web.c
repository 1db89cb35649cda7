/* The section `web`: the board's place, its guests, its database. */
#include "config_reader.h"

#include "duban/file.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(struct config_web, field)
#define M(count)  ((count)*60 * US_PER_S)
#define D(count)  ((count)*US_PER_DAY)

static const struct setting table[] = {
    {"listen", SETTING_TEXT, AT(listen), "127.0.0.1:8090",
     .help = "address:port, or the path of a Unix socket, at which the board is served"},
    {"allow", SETTING_OTHER, .optional = true,
     .help = "list of addresses and networks, as 10.0.0.0/8, that may connect; default the machine "
             "itself: 127.0.0.0/8 and ::1"},
    {"proxies", SETTING_OTHER, .optional = true,
     .help =
         "list of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count; over a "
         "Unix socket they always do"},
    {"tls", SETTING_OTHER, .optional = true,
     .help = "`certificate` and `key`, PEM files, to speak HTTPS without a reverse proxy"},
    {"session_idle", SETTING_SPAN, AT(session_idle_us), "1h", .least = M(1), .most = D(400),
     .help = "who does nothing for so long has to log in again"},
    {"session_most", SETTING_SPAN, AT(session_most_us), "12h", .least = M(1), .most = D(400),
     .help = "and after so long in any case"},
    {"rate", SETTING_INT, AT(rate), "50", .least = 1, .most = 100000,
     .help = "requests a second of one address, on average; further ones get 429"},
    {"burst", SETTING_INT, AT(burst), "200", .least = 1, .most = 100000,
     .help = "requests of one address at once"},
    {"wall_public", SETTING_BOOL, AT(wall_public), "false",
     .help = "the hall's wall, without personal data, is shown to whoever may connect"},
    {"trusted_header", SETTING_OTHER, .optional = true,
     .help = "single sign-on of a reverse proxy: `name` of the header in which it names the user, "
             "`from`, the list of addresses it comes from"},
    {"state", SETTING_OTHER,
     .help = "duban's own database, as the role duban_web: keys as those of `state` above"},
    {"source", SETTING_OTHER, .optional = true,
     .help = "the approval system's database, for explanations: keys as those of `state` above and "
             "`relation`; without it the board explains nothing"},
};

static const struct setting tls_table[] = {
    {"certificate", SETTING_PATH, AT(certificate), .help = "PEM file, with intermediate ones"},
    {"key", SETTING_PATH, AT(key), .help = "PEM file that only duban-web may read"},
};

static const struct setting header_table[] = {
    {"name", SETTING_TEXT, AT(user_header), .help = "name of the header"},
    {"from", SETTING_OTHER, .help = "addresses and networks"},
};

static void read_tls(const struct yaml_node *node, struct config_web *web,
                     struct problems *problems)
{
    struct error error;
    if (node == NULL || !settings_read(node, NULL, tls_table, COUNT_OF(tls_table), web, problems))
        return;
    if (access(web->certificate, R_OK) != 0)
        yaml_problem(yaml_get(node, "certificate"), problems, "%s cannot be read",
                     web->certificate);
    if (!secret_check_file(web->key, &error))
        yaml_problem(yaml_get(node, "key"), problems, "%s %s", web->key, error.text);
}

static bool is_token(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < 64 &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") ==
               length;
}

static void read_header(const struct yaml_node *node, struct config_web *web,
                        struct problems *problems)
{
    if (node == NULL ||
        !settings_read(node, NULL, header_table, COUNT_OF(header_table), web, problems))
        return;
    if (!is_token(web->user_header))
        yaml_problem(yaml_get(node, "name"), problems, "'%s' is no name of a header",
                     web->user_header);
    if (yaml_get(node, "from") == NULL)
        yaml_problem(node, problems, "'from' is missing: whoever may connect could be anybody");
    web->vouch_count = config_read_networks(yaml_get(node, "from"), false, &web->vouch, problems);
}

void config_read_web(struct config_reader *reader)
{
    struct config_web *web = &reader->config->web;
    const struct yaml_node *section = config_section(reader, "web", false), *state;
    struct problems *problems = reader->problems;
    struct error error;
    if (section == NULL)
        return;
    settings_read(section, NULL, table, COUNT_OF(table), web, problems);
    if (web->listen && !listen_parse(web->listen, &web->place, &error))
        yaml_problem(yaml_get(section, "listen"), problems, "%s", error.text);
    if (web->listen && reader->config->receipts.listen &&
        strcmp(web->listen, reader->config->receipts.listen) == 0)
        yaml_problem(section, problems, "the board can't be at %s, where receipts come",
                     web->listen);
    web->allow_count =
        config_read_networks(yaml_get(section, "allow"), true, &web->allow, problems);
    web->proxy_count =
        config_read_networks(yaml_get(section, "proxies"), false, &web->proxies, problems);
    read_tls(yaml_get(section, "tls"), web, problems);
    read_header(yaml_get(section, "trusted_header"), web, problems);
    state = yaml_get(section, "state");
    if (state)
        config_read_database(reader, state, &web->state, NULL);
    else
        yaml_problem(section, problems, "'state' is missing: duban's own database, as duban_web");
    if (yaml_get(section, "source"))
        config_read_database(reader, yaml_get(section, "source"), &web->source, &web->relation);
}

void config_finish_web(struct config *config)
{
    config_finish_database(&config->web.state);
    config_finish_database(&config->web.source);
    settings_finish(tls_table, COUNT_OF(tls_table), &config->web);
    free(config->web.allow);
    free(config->web.proxies);
    free(config->web.vouch);
}

void config_document_web(struct buf *out)
{
    buf_text(out, "\n### `web`\n\n");
    settings_document(table, COUNT_OF(table), out);
}
