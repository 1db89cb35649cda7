/* The keys `quotas` (scope → an amount in a length of time, or a list) and `rate` (one, or a list)
 * of a channel. */
#include "config_reader.h"

#include <string.h>

#define QUOTA_MOST    1000000
#define QUOTA_SPAN_US (31 * US_PER_DAY)

static void add_quota(struct channel *channel, enum quota_scope scope, const struct yaml_node *node,
                      struct problems *problems)
{
    struct quota quota = {.scope = scope};
    if (!yaml_read_rate(node, QUOTA_MOST, US_PER_S, QUOTA_SPAN_US, &quota.most, &quota.span,
                        problems))
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

bool config_read_rate(struct channel *channel, const struct yaml_node *map,
                      struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "rate");
    channel->rate = channel->type->rate;
    if (node == NULL)
        return true;
    channel->rate = (struct rate_limits){.count = 0};
    if (node->kind == YAML_SCALAR && strcmp(node->text, "none") == 0)
        return true;
    bool is_list = node->kind == YAML_LIST;
    size_t count = is_list ? node->count : 1;
    if (count == 0 || count > RATE_LIMITS_MOST) {
        yaml_problem(node, problems, "expected 1 to %d rates, or none", RATE_LIMITS_MOST);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct rate_limit *limit = &channel->rate.limits[i];
        if (!yaml_read_rate(is_list ? node->values[i] : node, RATE_COUNT_MOST, 100 * US_PER_MS,
                            US_PER_DAY, &limit->count, &limit->span, problems))
            return false;
    }
    channel->rate.count = count;
    return true;
}
