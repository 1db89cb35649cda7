/* The section dns: name servers instead of the system's. */
#include "config_reader.h"

#include "duban/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define SERVERS_MOST 8

static const struct setting table[] = {
    {"servers", SETTING_OTHER, .optional = true,
     .help = "addresses of name servers, with a port where it isn't 53, as 192.0.2.1, "
             "192.0.2.1:5353 or [2001:db8::1]:5353; else those of /etc/resolv.conf, which is read "
             "again when it changes"},
};

static bool is_address(int family, const char *text)
{
    struct in6_addr address;
    return inet_pton(family, text, &address) == 1;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = digits <= 5 ? strtol(text, NULL, 10) : 0;
    return digits > 0 && text[digits] == '\0' && port > 0 && port < 65536;
}

/* ADDRESS, IPv4:PORT or [IPv6]:PORT. */
static bool is_server(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    bool is_six = text[0] == '[';
    size_t length = strcspn(text + is_six, is_six ? "]" : ":");
    if (!is_six && is_address(AF_INET6, text))
        return true;
    if (length >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)length, text + is_six);
    const char *rest = text + is_six + length;
    if (is_six && *rest++ != ']')
        return false;
    return is_address(is_six ? AF_INET6 : AF_INET, address) &&
           (*rest == '\0' || (*rest == ':' && is_port(rest + 1)));
}

static void read_servers(const struct yaml_node *list, struct config_reader *reader)
{
    AUTO_BUF servers;
    buf_init(&servers, 1024);
    if (!yaml_expect(list, YAML_LIST, reader->problems))
        return;
    if (list->count > SERVERS_MOST)
        yaml_problem(list, reader->problems, "%zu name servers; expected %d at most", list->count,
                     SERVERS_MOST);
    for (size_t i = 0; i < list->count && i < SERVERS_MOST; i++) {
        const char *server;
        if (!yaml_read_text(list->values[i], &server, reader->problems))
            continue;
        if (!is_server(server))
            yaml_problem(list->values[i], reader->problems,
                         "'%s' is no name server; expected an address as 192.0.2.1, 192.0.2.1:5353 "
                         "or [2001:db8::1]:5353",
                         server);
        buf_format(&servers, "%s%s", servers.length ? "," : "", server);
    }
    if (servers.length)
        reader->config->dns_servers = buf_take(&servers);
}

void config_read_dns(struct config_reader *reader)
{
    const struct yaml_node *section = yaml_get(reader->root, "dns");
    settings_read(section, reader->root, table, COUNT_OF(table), reader->config, reader->problems);
    const struct yaml_node *servers = yaml_get(section, "servers");
    if (servers)
        read_servers(servers, reader);
}

void config_finish_dns(struct config *config)
{
    free(config->dns_servers);
}

void config_document_dns(struct buf *out)
{
    buf_text(out, "\n### `dns`\n\n");
    settings_document(table, COUNT_OF(table), out);
}
