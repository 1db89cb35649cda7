/* Scenario files: YAML → facts and expectations. */
#include "scenario.h"

#include "duban/directory_file.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

/* --- local times --- */

const char *local_text(const struct calendar *calendar, wall_us at, char text[LOCAL_TEXT_BYTES])
{
    char whole[INSTANT_TEXT_BYTES];
    wall_us second = at - at % US_PER_S;
    instant_text(second + calendar_offset_s(calendar, at) * US_PER_S, whole);
    bool exact = strcmp(whole + 16, ":00Z") == 0;
    snprintf(text, LOCAL_TEXT_BYTES, "%.10s %.*s", whole, exact ? 5 : 8, whole + 11);
    return text;
}

bool local_read(const struct calendar *calendar, const struct yaml_node *node, wall_us *at,
                struct problems *problems)
{
    const char *text;
    wall_us utc;
    if (!yaml_read_text(node, &text, problems))
        return false;
    AUTO_FREE char *whole = mem_format("%s%sZ", text, strlen(text) == 16 ? ":00" : "");
    if (!instant_parse(whole, &utc, NULL)) {
        yaml_problem(node, problems, "'%s' is no time; expected one as 2026-03-04 09:00", text);
        return false;
    }
    *at = utc - calendar_offset_s(calendar, utc) * US_PER_S;
    return true;
}

/* --- the case --- */

struct reader {
    const struct calendar *calendar;
    struct facts *facts;
    struct problems *problems;
};

static bool limit_read(const struct yaml_node *node, struct limit *limit, struct problems *problems)
{
    const char *text;
    struct error error;
    if (!yaml_read_text(node, &text, problems))
        return false;
    if (!limit_parse(text, limit, &error))
        yaml_problem(node, problems, "%s", error.text);
    return true;
}

/* A text into an array of the facts. */
static void text_into(const struct yaml_node *node, char *into, size_t size,
                      struct problems *problems)
{
    const char *text;
    if (node == NULL || !yaml_read_text(node, &text, problems))
        return;
    if (strlen(text) >= size)
        yaml_problem(node, problems, "'%s' is too long; expected %zu bytes at most", text,
                     size - 1);
    snprintf(into, size, "%s", text);
}

static void read_suspension(const struct reader *reader, const struct yaml_node *map)
{
    static const char *const keys[] = {"reason", "from", "to"};
    struct suspension *next = &reader->facts->suspensions[reader->facts->suspension_count++];
    *next = (struct suspension){.from = WALL_NONE, .to = WALL_NONE};
    yaml_check_keys(map, keys, COUNT_OF(keys), reader->problems);
    text_into(yaml_get(map, "reason"), next->reason, sizeof next->reason, reader->problems);
    const struct yaml_node *from = yaml_get(map, "from"), *to = yaml_get(map, "to");
    if (from == NULL)
        yaml_problem(map, reader->problems, "'from' is missing: when it began");
    else
        (void)local_read(reader->calendar, from, &next->from, reader->problems);
    if (to)
        (void)local_read(reader->calendar, to, &next->to, reader->problems);
}

static void read_extension(const struct reader *reader, const struct yaml_node *map)
{
    static const char *const keys[] = {"more", "approver", "reason", "at", "clock"};
    struct extension *next = &reader->facts->extensions[reader->facts->extension_count++];
    *next = (struct extension){.at = WALL_NONE};
    yaml_check_keys(map, keys, COUNT_OF(keys), reader->problems);
    const struct yaml_node *more = yaml_get(map, "more"), *at = yaml_get(map, "at");
    if (more == NULL)
        yaml_problem(map, reader->problems, "'more' is missing: by how much, as 10 workdays");
    else
        (void)limit_read(more, &next->more, reader->problems);
    if (at)
        (void)local_read(reader->calendar, at, &next->at, reader->problems);
    text_into(yaml_get(map, "approver"), next->approver, sizeof next->approver, reader->problems);
    text_into(yaml_get(map, "reason"), next->reason, sizeof next->reason, reader->problems);
    text_into(yaml_get(map, "clock"), next->clock, sizeof next->clock, reader->problems);
}

static void read_list(const struct reader *reader, const struct yaml_node *list, size_t most,
                      void (*read)(const struct reader *, const struct yaml_node *))
{
    if (list == NULL || !yaml_expect(list, YAML_LIST, reader->problems))
        return;
    for (size_t i = 0; i < list->count && i < most; i++)
        if (yaml_expect(list->values[i], YAML_MAP, reader->problems))
            read(reader, list->values[i]);
}

static void read_attributes(const struct reader *reader, const struct yaml_node *map)
{
    struct facts *facts = reader->facts;
    if (map == NULL || !yaml_expect(map, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < map->count && i < ATTRIBUTES_MOST; i++) {
        struct attribute *next = &facts->attributes[facts->attribute_count++];
        text_into(map->keys[i], next->name, sizeof next->name, reader->problems);
        text_into(map->values[i], next->value, sizeof next->value, reader->problems);
    }
}

/* Everything that may be said of a case. */
static const struct {
    const char *key;
    size_t text;          /* offset of a text, or */
    int milestone;        /* a milestone, or */
    enum case_status end; /* the status with which it ended then */
} entries[] = {
    {"number", offsetof(struct facts, case_no), -1, CASE_OPEN},
    {"item", offsetof(struct facts, item_code), -1, CASE_OPEN},
    {"kind", offsetof(struct facts, kind), -1, CASE_OPEN},
    {"class", offsetof(struct facts, project_class), -1, CASE_OPEN},
    {"department", offsetof(struct facts, department_code), -1, CASE_OPEN},
    {"window", offsetof(struct facts, window_code), -1, CASE_OPEN},
    {"parent", offsetof(struct facts, parent_case_no), -1, CASE_OPEN},
    {"handler", offsetof(struct facts, handler_name), -1, CASE_OPEN},
    {"applicant", offsetof(struct facts, applicant_name), -1, CASE_OPEN},
    {"agent", offsetof(struct facts, agent_name), -1, CASE_OPEN},
    {"received", 0, MILESTONE_RECEIVED, CASE_OPEN},
    {"accepted", 0, MILESTONE_ACCEPTED, CASE_OPEN},
    {"processed", 0, MILESTONE_PROCESSED, CASE_OPEN},
    {"reviewed", 0, MILESTONE_REVIEWED, CASE_OPEN},
    {"approved", 0, MILESTONE_APPROVED, CASE_OPEN},
    {"completed", 0, MILESTONE_COMPLETED, CASE_COMPLETED},
    {"returned", 0, MILESTONE_COMPLETED, CASE_RETURNED},
    {"withdrawn", 0, MILESTONE_COMPLETED, CASE_WITHDRAWN},
    {"limit", 0, -1, CASE_OPEN},
    {"statutory", 0, -1, CASE_OPEN},
    {"reopened", 0, -1, CASE_OPEN},
    {"suspensions", 0, -1, CASE_OPEN},
    {"extensions", 0, -1, CASE_OPEN},
    {"attributes", 0, -1, CASE_OPEN},
};

static const struct facts plain_case = {
    .case_no = "A1",
    .item_code = "SC-01",
    .item_name = "",
    .kind = "promised",
    .department_code = "SC",
    .window_code = "SC-W1",
    .handler_name = "",
    .handler_phone = "",
    .applicant_name = "",
    .applicant_phone = "",
    .stage = "accepted",
    .result = "",
    .parent_case_no = "",
    .project_class = "",
    .agent_name = "",
    .agent_phone = "",
    .status = CASE_OPEN,
    .promised_due_at = WALL_NONE,
    .reopened_at = WALL_NONE,
};

static void read_entry(const struct reader *reader, size_t i, const struct yaml_node *node)
{
    struct facts *facts = reader->facts;
    if (node == NULL)
        return;
    if (entries[i].milestone >= 0) {
        wall_us *at = &facts->at[entries[i].milestone];
        if (entries[i].end != CASE_OPEN && facts->status != CASE_OPEN)
            yaml_problem(node, reader->problems, "the case has another end already");
        if (local_read(reader->calendar, node, at, reader->problems) && *at > facts->updated_at)
            facts->updated_at = *at;
        if (entries[i].end != CASE_OPEN)
            facts->status = entries[i].end;
    } else if (entries[i].text || strcmp(entries[i].key, "number") == 0) {
        const char **text = (const char **)(void *)((char *)facts + entries[i].text);
        (void)yaml_read_text(node, text, reader->problems);
    }
}

/* Status, stage and last change follow from the rest. */
static void conclude(const struct reader *reader, const struct yaml_node *map)
{
    struct facts *facts = reader->facts;
    struct error error;
    size_t count = facts->suspension_count;
    if (facts->status == CASE_OPEN && count && facts->suspensions[count - 1].to == WALL_NONE)
        facts->status = CASE_SUSPENDED;
    if (facts->at[MILESTONE_ACCEPTED] == WALL_NONE)
        facts->stage = "received";
    wall_us end = INT64_MAX - 1;
    if (!facts_check(facts, end, 0, &error))
        yaml_problem(map, reader->problems, "no such case is taken in: %s", error.text);
}

static void read_case(const struct reader *reader, const struct yaml_node *map)
{
    const char *keys[COUNT_OF(entries)];
    struct facts *facts = reader->facts;
    *facts = plain_case;
    for (size_t i = 0; i < MILESTONES; i++)
        facts->at[i] = WALL_NONE;
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        keys[i] = entries[i].key;
        read_entry(reader, i, yaml_get(map, entries[i].key));
    }
    yaml_check_keys(map, keys, COUNT_OF(keys), reader->problems);
    const struct yaml_node *limit = yaml_get(map, "limit"), *law = yaml_get(map, "statutory");
    const struct yaml_node *reopened = yaml_get(map, "reopened");
    facts->has_limit = limit && limit_read(limit, &facts->limit, reader->problems);
    facts->has_statutory = law && limit_read(law, &facts->statutory, reader->problems);
    if (reopened)
        (void)local_read(reader->calendar, reopened, &facts->reopened_at, reader->problems);
    read_list(reader, yaml_get(map, "suspensions"), SUSPENSIONS_MOST, read_suspension);
    read_list(reader, yaml_get(map, "extensions"), EXTENSIONS_MOST, read_extension);
    read_attributes(reader, yaml_get(map, "attributes"));
    conclude(reader, map);
}

/* --- the file --- */

static const char *const top_keys[] = {"title", "source", "configuration", "directory",
                                       "case",  "expect", "stands",        "fails"};

static const struct yaml_node *demand(const struct yaml_node *root, const char *key,
                                      const char *what, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(root, key);
    if (node == NULL)
        yaml_problem(root, problems, "'%s' is missing: %s", key, what);
    return node;
}

static void read_directory(struct scenario *scenario, const struct yaml_node *node,
                           struct problems *problems)
{
    const char *name = "etc/directory.yaml";
    if (node && !yaml_read_text(node, &name, problems))
        return;
    AUTO_FREE char *path = mem_format("%s/%s", SOURCE_DIR, name);
    scenario->directory = directory_load_file(path, &(struct address_check){0}, problems);
    if (scenario->directory)
        scenario->duties = directory_duties(scenario->directory, &scenario->duty_count);
}

static void read_root(struct scenario *scenario, const struct yaml_node *root,
                      struct problems *problems)
{
    yaml_check_keys(root, top_keys, COUNT_OF(top_keys), problems);
    const struct yaml_node *title = demand(root, "title", "what is shown", problems);
    const struct yaml_node *source = demand(root, "source", "the law or the practice", problems);
    const struct yaml_node *rules =
        demand(root, "configuration", "a file, or some sections of one", problems);
    const struct yaml_node *facts = demand(root, "case", "its facts", problems);
    const struct yaml_node *fails = yaml_get(root, "fails");
    const char *cited;
    scenario->expect = demand(root, "expect", "a list of events", problems);
    scenario->stands = yaml_get(root, "stands");
    if (title)
        (void)yaml_read_text(title, &scenario->title, problems);
    if (source)
        (void)yaml_read_text(source, &cited, problems);
    if (fails)
        (void)yaml_read_text(fails, &scenario->fails, problems);
    if (scenario->expect)
        (void)yaml_expect(scenario->expect, YAML_LIST, problems);
    if (scenario->stands)
        (void)yaml_expect(scenario->stands, YAML_LIST, problems);
    read_directory(scenario, yaml_get(root, "directory"), problems);
    scenario->config = rules ? scenario_config(rules, problems) : NULL;
    if (scenario->config && facts) {
        const struct reader reader = {scenario->config->calendar, &scenario->facts, problems};
        read_case(&reader, facts);
    }
}

struct scenario *scenario_load(const char *path, struct problems *problems)
{
    size_t before = problems->total;
    struct scenario *scenario = mem_zero(1, sizeof *scenario);
    scenario->path = path;
    scenario->document = yaml_load_file(path, problems);
    if (scenario->document && yaml_expect(yaml_root(scenario->document), YAML_MAP, problems))
        read_root(scenario, yaml_root(scenario->document), problems);
    if (problems->total == before)
        return scenario;
    scenario_destroy(scenario);
    return NULL;
}

void scenario_destroy(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    config_destroy(scenario->config);
    free(scenario->duties);
    directory_destroy(scenario->directory);
    yaml_destroy(scenario->document);
    free(scenario);
}
