/* The section `selftest`: it brings a clock, a policy and a route of its own, which no other case
 * has anything to do with. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct config_selftest, field)

static const struct setting selftest_table[] = {
    {"recipient", SETTING_TEXT, AT(recipient),
     .help = "code of the directory's entry of kind `window` that the test is sent to"},
    {"channel", SETTING_OTHER, .help = "one of `channels`, on which that entry has a contact"},
    {"interval", SETTING_SPAN, AT(interval_us), "1h", .least = 60 * US_PER_S,
     .most = 7 * US_PER_DAY, .help = "from one test to the next"},
    {"within", SETTING_SPAN, AT(within_us), "10m", .least = US_PER_S, .most = US_PER_DAY,
     .help = "how long the whole way may take; shorter than `interval`"},
};

#define RECIPIENT_BYTES_MOST 64 /* as the directory's codes; it stands in the case's number */

static void read_channel(struct config_reader *reader, const struct yaml_node *section)
{
    const struct yaml_node *node = yaml_get(section, "channel");
    size_t index;
    if (node == NULL)
        yaml_problem(section, reader->problems, "'channel' is missing: one of 'channels'");
    else if (config_pick(reader, node, "channels", &index))
        reader->config->selftest.channel = &reader->config->channels[index];
}

static void check(struct config_reader *reader, const struct yaml_node *section)
{
    const struct config_selftest *selftest = &reader->config->selftest;
    size_t length = selftest->recipient ? strlen(selftest->recipient) : 1;
    if (length == 0 || length > RECIPIENT_BYTES_MOST)
        yaml_problem(yaml_get(section, "recipient"), reader->problems,
                     "recipient has %zu bytes; expected the code of a window, 1 to %d", length,
                     RECIPIENT_BYTES_MOST);
    if (selftest->interval_us && selftest->within_us >= selftest->interval_us)
        yaml_problem(section, reader->problems, "within is not shorter than interval");
}

static const struct config_policy *add_policy(struct config *config)
{
    struct config_policy *added = &config->policies[config->policy_count++];
    struct policy *policy = &added->policy;
    snprintf(policy->name, sizeof policy->name, SELFTEST);
    policy->count = 1;
    policy->levels[0] = (struct level){.name = SELFTEST, .unit = THRESHOLD_WORKDAY};
    added->levels[0].label = config->locale == LOCALE_ZH_CN ? "自检" : SELFTEST;
    added->levels[0].colour = "grey";
    return added;
}

static void add_clock(struct config *config, const struct config_policy *policy)
{
    struct config_clock *clock = &config->clocks[config->clock_count++];
    *clock = (struct config_clock){
        .name = SELFTEST,
        .label = policy->levels[0].label,
        .from = {.kind = POINT_MILESTONE, .milestone = MILESTONE_ACCEPTED},
        .until_count = 1,
        .until = {{.kind = POINT_MILESTONE, .milestone = MILESTONE_COMPLETED}},
        .match = {.selftest = true},
        .terms = {.rule = {.calendar = config->calendar, .policy = &policy->policy},
                  .policy = policy},
    };
    config_clock_set_versions(clock);
}

static void add_route(struct config *config, const struct yaml_node *node)
{
    config->routes = mem_grow(config->routes, config->route_count + 1, sizeof *config->routes);
    config->routes[config->route_count++] = (struct config_route){
        .kind = SELFTEST, .role = "window", .channel = config->selftest.channel, .node = node};
}

void config_read_selftest(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = config_section(reader, "selftest", true);
    if (section == NULL)
        return;
    settings_read(section, NULL, selftest_table, COUNT_OF(selftest_table), &config->selftest,
                  reader->problems);
    read_channel(reader, section);
    check(reader, section);
    if (config->policies && config->clocks)
        add_clock(config, add_policy(config));
    if (config->selftest.channel)
        add_route(config, yaml_get(section, "channel"));
}

void config_document_selftest(struct buf *out)
{
    buf_text(out, "\n### `selftest`\n\n");
    settings_document(selftest_table, COUNT_OF(selftest_table), out);
}
