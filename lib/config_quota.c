/* The key `quotas` of a channel: scope → an amount in a length of time, or a list of them. */
#include "config_reader.h"

static void add_quota(struct channel *channel, enum quota_scope scope, const struct yaml_node *node,
                      struct problems *problems)
{
    struct quota quota = {.scope = scope};
    if (!yaml_read_rate(node, &quota.most, &quota.span, problems))
        return;
    if (channel->quota_count == QUOTAS_MOST)
        yaml_problem(node, problems, "expected %d quotas at most", QUOTAS_MOST);
    else
        channel->quotas[channel->quota_count++] = quota;
}

void config_read_quotas(struct channel *channel, const struct yaml_node *map,
                        struct problems *problems)
{
    if (!yaml_expect(map, YAML_MAP, problems))
        return;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *value = map->values[i];
        size_t scope;
        if (!yaml_read_choice(map->keys[i], quota_scope_words, QUOTA_SCOPES, &scope, problems))
            continue;
        if (value->kind != YAML_LIST) {
            add_quota(channel, (enum quota_scope)scope, value, problems);
            continue;
        }
        for (size_t k = 0; k < value->count; k++)
            add_quota(channel, (enum quota_scope)scope, value->values[k], problems);
    }
}
