/* Lists of addresses and networks in the configuration. */
#include "config_reader.h"

#include "duban/mem.h"

static const char *const loopback[] = {"127.0.0.0/8", "::1"};

size_t config_read_networks(const struct yaml_node *node, bool or_loopback,
                            struct network **networks, struct problems *problems)
{
    if (node && !yaml_expect(node, YAML_LIST, problems))
        return 0;
    size_t count = node ? node->count : or_loopback ? COUNT_OF(loopback) : 0, used = 0;
    struct error error;
    *networks = mem_zero(count + 1, sizeof **networks);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node ? node->values[i] : NULL;
        const char *text = loopback[i % COUNT_OF(loopback)];
        if (item && !yaml_read_text(item, &text, problems))
            continue;
        if (network_parse(text, &(*networks)[used], &error))
            used++;
        else
            yaml_problem(item, problems, "%s", error.text);
    }
    return used;
}
