/* The figures of a simulation, sorted for people. */
#include "simulation_parts.h"

#include "duban/mem.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)

/* --- kinds --- */

/* The place of a level among all of the configuration; 0 for what is no level. */
static int severity_of(const struct config *config, const char *kind)
{
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++)
            if (strcmp(config->policies[p].policy.levels[i].name, kind) == 0)
                return config->policies[p].levels[i].severity;
    return 0;
}

static int by_clock(const void *left, const void *right)
{
    const struct simulation_kind *a = left, *b = right;
    if (a->clock != b->clock)
        return a->clock < b->clock ? -1 : 1;
    if (a->severity != b->severity) /* what is no level comes last */
        return a->severity == 0 ? 1 : b->severity == 0 ? -1 : a->severity - b->severity;
    return strcmp(a->kind, b->kind);
}

static void gather_kinds(struct simulation *simulation)
{
    struct simulation_result *result = &simulation->result;
    const struct config *config = simulation->config;
    size_t most = config->clock_count * simulation->kinds.count + 1;
    result->kinds = mem_zero(most, sizeof *result->kinds);
    for (uint64_t clock = 0; clock < config->clock_count; clock++)
        for (uint64_t kind = 0; kind < simulation->kinds.count; kind++) {
            uint64_t key = 1 + (clock << 32 | kind << 1);
            int64_t recorded = tally_of(&simulation->kind_counts, key);
            if (recorded == 0)
                continue;
            result->kinds[result->kind_count++] = (struct simulation_kind){
                .clock = &config->clocks[clock],
                .kind = simulation->kinds.texts[kind],
                .severity = severity_of(config, simulation->kinds.texts[kind]),
                .recorded = recorded,
                .told = tally_of(&simulation->kind_counts, key + 1)};
        }
    qsort(result->kinds, result->kind_count, sizeof *result->kinds, by_clock);
}

/* Names of levels, the mildest first; those of the self-test aren't the centre's. */
static void gather_levels(struct simulation *simulation)
{
    const struct config *config = simulation->config;
    struct simulation_result *result = &simulation->result;
    result->levels = mem_zero(config->policy_count * LEVELS_MOST + 1, sizeof *result->levels);
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++) {
            const char *name = config->policies[p].policy.levels[i].name;
            int severity = config->policies[p].levels[i].severity;
            if (severity > 0 && strcmp(name, SELFTEST) != 0)
                result->levels[severity - 1] = name;
        }
    size_t kept = 0;
    for (size_t i = 0; i < config->policy_count * LEVELS_MOST; i++)
        if (result->levels[i])
            result->levels[kept++] = result->levels[i];
    result->level_count = kept;
}

static void gather_clocks(struct simulation *simulation)
{
    const struct config *config = simulation->config;
    struct simulation_result *result = &simulation->result;
    result->clocks = mem_zero(config->clock_count + 1, sizeof *result->clocks);
    for (size_t i = 0; i < config->clock_count; i++)
        if (!config->clocks[i].match.selftest)
            result->clocks[result->clock_count++] = (struct simulation_clock){
                .clock = &config->clocks[i], .ends = simulation->clock_ends[i]};
}

/* --- places --- */

static int by_raised(const void *left, const void *right)
{
    const struct simulation_place *a = left, *b = right;
    if (a->raised != b->raised)
        return a->raised < b->raised ? 1 : -1;
    return strcmp(a->code, b->code);
}

/* `which`: 1 for departments, 2 for windows, as in simulation.place_counts. */
static struct simulation_place *gather_places(struct simulation *simulation, uint64_t which,
                                              const struct names *names,
                                              const struct simulation_ends *ends, int64_t *numbers)
{
    const struct simulation_result *result = &simulation->result;
    struct simulation_place *places = mem_zero(names->count + 1, sizeof *places);
    for (size_t i = 0; i < names->count; i++) {
        size_t entry = names_find(&simulation->codes, names->texts[i]);
        struct simulation_place *place = &places[i];
        *place = (struct simulation_place){.code = names->texts[i],
                                           .name = "",
                                           .ends = ends[i],
                                           .levels = numbers + i * result->level_count};
        if (entry != NO_NAME)
            place->name = simulation->directory->entries[entry].name;
        for (size_t k = 0; k < result->level_count; k++) {
            size_t level = names_find(&simulation->kinds, result->levels[k]);
            if (level == NO_NAME)
                continue;
            int64_t count = tally_of(&simulation->place_counts, which + (i << 17 | level << 1));
            numbers[i * result->level_count + k] = count;
            place->raised += count;
        }
    }
    qsort(places, names->count, sizeof *places, by_raised);
    return places;
}

/* --- messages --- */

static int by_messages(const void *left, const void *right)
{
    const struct simulation_recipient *a = left, *b = right;
    if (a->messages != b->messages)
        return a->messages < b->messages ? 1 : -1;
    if (a->worst != b->worst)
        return a->worst < b->worst ? 1 : -1;
    int order = strcmp(a->role, b->role);
    if (order == 0)
        order = strcmp(a->code, b->code);
    return order ? order : (a->worst_day > b->worst_day) - (a->worst_day < b->worst_day);
}

static struct simulation_recipient recipient_of(const struct simulation *simulation,
                                                uint32_t recipient)
{
    size_t entries = simulation->directory->count;
    if (recipient >= entries)
        return (struct simulation_recipient){
            .code = "",
            .name = "",
            .role = person_role_words[simulation->person_roles[recipient - entries]]};
    const struct directory_entry *entry = &simulation->directory->entries[recipient];
    return (struct simulation_recipient){
        .code = entry->code, .name = entry->name, .role = entry_kind_words[entry->kind]};
}

/* Days of one recipient over all channels, from the keys, which are sorted by recipient, then
 * channel. */
static void count_days(struct simulation *simulation, const struct tally_slot *slots, size_t count,
                       int64_t *days, struct simulation_recipient *found)
{
    for (size_t i = 0; i < count; i++)
        days[simulation_sent_day(slots[i].key)] += slots[i].count;
    for (size_t i = 0; i < count; i++) {
        size_t day = simulation_sent_day(slots[i].key);
        day_number number = simulation->first_day + (day_number)day;
        if (days[day] == 0)
            continue;
        found->days++;
        if (days[day] > found->worst || (days[day] == found->worst && number < found->worst_day)) {
            found->worst = days[day];
            found->worst_day = number;
        }
        days[day] = 0;
    }
}

static void add_to_role(struct simulation_result *result, const struct simulation_recipient *of)
{
    size_t i = 0;
    while (i < result->role_count && strcmp(result->roles[i].role, of->role) != 0)
        i++;
    struct simulation_role *role = &result->roles[i];
    if (i == result->role_count)
        result->roles[result->role_count++] = (struct simulation_role){.role = of->role};
    role->recipients++;
    role->messages += of->messages;
    role->days += of->days;
    if (of->worst > role->worst)
        role->worst = of->worst;
}

static int by_role_messages(const void *left, const void *right)
{
    const struct simulation_role *a = left, *b = right;
    if (a->messages != b->messages)
        return a->messages < b->messages ? 1 : -1;
    return strcmp(a->role, b->role);
}

static size_t count_recipients(const struct tally_slot *slots, size_t count)
{
    size_t recipients = 0;
    for (size_t i = 0; i < count; i++)
        recipients += i == 0 || simulation_sent_recipient(slots[i].key) !=
                                    simulation_sent_recipient(slots[i - 1].key);
    return recipients;
}

/* `numbers` has room for the channels of each recipient. */
static void gather_recipients(struct simulation *simulation, const struct tally_slot *slots,
                              size_t count, int64_t *numbers)
{
    struct simulation_result *result = &simulation->result;
    size_t channels = simulation->config->channel_count;
    AUTO_FREE int64_t *days = mem_zero(simulation->day_count, sizeof *days);
    result->recipients = mem_zero(count_recipients(slots, count) + 1, sizeof *result->recipients);
    result->roles = mem_zero(ENTRY_KINDS + PERSON_ROLES, sizeof *result->roles);
    for (size_t begin = 0, end; begin < count; begin = end) {
        uint32_t recipient = simulation_sent_recipient(slots[begin].key);
        struct simulation_recipient found = recipient_of(simulation, recipient);
        found.by_channel = numbers;
        for (end = begin; end < count && simulation_sent_recipient(slots[end].key) == recipient;
             end++) {
            numbers[simulation_sent_channel(slots[end].key)] += slots[end].count;
            found.messages += slots[end].count;
        }
        count_days(simulation, slots + begin, end - begin, days, &found);
        add_to_role(result, &found);
        result->recipients[result->recipient_count++] = found;
        numbers += channels;
    }
    qsort(result->recipients, result->recipient_count, sizeof *result->recipients, by_messages);
    qsort(result->roles, result->role_count, sizeof *result->roles, by_role_messages);
}

/* `numbers` has room for the channels of each day. */
static void gather_days(struct simulation *simulation, const struct tally_slot *slots, size_t count,
                        int64_t *numbers)
{
    struct simulation_result *result = &simulation->result;
    size_t channels = simulation->config->channel_count;
    result->day_count = simulation->day_count;
    result->days = mem_zero(result->day_count + 1, sizeof *result->days);
    for (size_t i = 0; i < result->day_count; i++)
        result->days[i] = (struct simulation_day){.day = simulation->first_day + (day_number)i,
                                                  .notifications = simulation->day_notifications[i],
                                                  .by_channel = numbers + i * channels};
    for (size_t i = 0; i < count; i++) {
        size_t day = simulation_sent_day(slots[i].key);
        numbers[day * channels + simulation_sent_channel(slots[i].key)] += slots[i].count;
        result->days[day].messages += slots[i].count;
    }
}

static void gather_minute(struct simulation *simulation, int64_t *numbers)
{
    struct simulation_minute *busiest = &simulation->result.busiest;
    size_t channels = simulation->config->channel_count, minutes = simulation->minute_count;
    *busiest = (struct simulation_minute){.at = WALL_NONE, .by_channel = numbers};
    for (size_t minute = 0; minute < minutes; minute++) {
        int64_t messages = 0;
        for (size_t i = 0; i < channels; i++)
            messages += simulation->minutes[i * minutes + minute];
        if (messages <= busiest->messages)
            continue;
        busiest->messages = messages;
        busiest->at = simulation->from + (wall_us)minute * MINUTE_US;
        for (size_t i = 0; i < channels; i++)
            numbers[i] = simulation->minutes[i * minutes + minute];
    }
}

void simulation_gather(struct simulation *simulation)
{
    struct simulation_result *result = &simulation->result;
    const struct config *config = simulation->config;
    size_t sent, channels = config->channel_count;
    size_t departments = simulation->departments.count, windows = simulation->windows.count;
    AUTO_FREE struct tally_slot *slots = tally_sorted(&simulation->sent, &sent);
    const struct config_clock *clock = config_clock_named(config, "completion");
    result->cases = simulation->cases;
    result->events = simulation->event_count;
    result->main_clock = clock ? clock : &config->clocks[0];
    gather_levels(simulation);
    gather_kinds(simulation);
    gather_clocks(simulation);
    size_t places = (departments + windows) * result->level_count;
    size_t rows = count_recipients(slots, sent) + simulation->day_count + 1;
    int64_t *numbers = mem_zero(places + rows * channels + 1, sizeof *numbers);
    simulation->result_numbers = numbers;
    result->department_count = departments;
    result->departments = gather_places(simulation, 1, &simulation->departments,
                                        simulation->department_ends, numbers);
    numbers += departments * result->level_count;
    result->window_count = windows;
    result->windows =
        gather_places(simulation, 2, &simulation->windows, simulation->window_ends, numbers);
    numbers += windows * result->level_count;
    gather_minute(simulation, numbers);
    numbers += channels;
    gather_days(simulation, slots, sent, numbers);
    numbers += simulation->day_count * channels;
    gather_recipients(simulation, slots, sent, numbers);
    result->channel_count = channels;
    result->channels = simulation->channels;
}

void simulation_finish_result(struct simulation *simulation)
{
    struct simulation_result *result = &simulation->result;
    void *const blocks[] = {result->levels,      result->kinds,   result->clocks,
                            result->departments, result->windows, result->days,
                            result->recipients,  result->roles,   simulation->result_numbers};
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
}
