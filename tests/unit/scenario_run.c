/* The life of a scenario's case, told in the words in which it is expected. */
#include "scenario.h"

#include "duban/buf.h"
#include "duban/case_clock.h"
#include "duban/history.h"
#include "duban/mem.h"

#include <string.h>

#define LINES_MOST 64
#define LINE_BYTES 1024

/* What happened, each event once with its due instant and once without. */
struct transcript {
    const struct scenario *scenario;
    size_t count;
    struct buf with_due[LINES_MOST], without[LINES_MOST];
    bool is_level[LINES_MOST];
};

/* --- whom it is told --- */

struct recipients {
    const struct scenario *scenario;
    const struct facts *facts;
    struct buf *out;
};

static bool is_person(const char *role)
{
    return strcmp(role, "applicant") == 0 || strcmp(role, "handler") == 0 ||
           strcmp(role, "agent") == 0;
}

/* Whom these roles mean is told by the ledger: only parts have a lead, only whole cases parts. */
static bool is_of_joint_case(const char *role)
{
    return strcmp(role, "lead") == 0 || strcmp(role, "part") == 0;
}

static bool joint_case_has(const struct facts *facts, const char *role)
{
    bool is_part = *facts->parent_case_no != '\0';
    if (strcmp(role, "lead") == 0)
        return is_part;
    return !is_part && strcmp(facts->kind, "joint") == 0;
}

/* "role code", once each. */
static void add_recipient(struct buf *out, const char *role, const char *code)
{
    AUTO_FREE char *item = mem_format("%s%s%s", role, *code ? " " : "", code);
    const char *found = strstr(buf_string(out), item);
    char next = found ? found[strlen(item)] : 'x';
    if (next == '\0' || next == ',')
        return;
    buf_format(out, "%s%s", out->length ? ", " : "", item);
}

static void tell_route(void *context, const struct config_route *route)
{
    const struct recipients *recipients = context;
    const struct scenario *scenario = recipients->scenario;
    const char *place = recipients->facts->window_code;
    bool found = false;
    if (*place == '\0')
        place = recipients->facts->department_code;
    if (is_of_joint_case(route->role) && !joint_case_has(recipients->facts, route->role))
        return;
    if (strcmp(route->role, "agent") == 0 && *recipients->facts->agent_name == '\0')
        return;
    if (is_person(route->role) || is_of_joint_case(route->role)) {
        add_recipient(recipients->out, route->role, "");
        return;
    }
    for (size_t i = 0; i < scenario->duty_count; i++) {
        const struct directory_duty *duty = &scenario->duties[i];
        if (strcmp(duty->code, place) != 0 || strcmp(duty->role, route->role) != 0)
            continue;
        add_recipient(recipients->out, route->role, duty->recipient);
        found = true;
    }
    if (!found)
        add_recipient(recipients->out, route->role, "?");
}

/* --- what happened --- */

static bool is_level(const struct history_event *event)
{
    const struct policy *policy = &event->policy->policy;
    for (size_t i = 0; i < policy->count; i++)
        if (strcmp(policy->levels[i].name, event->kind) == 0)
            return true;
    return false;
}

static void add_pair(struct buf *out, const char *key, const char *value)
{
    buf_format(out, "%s%s: %s", out->length ? ", " : "", key, value);
}

/* Whoever was warned is told that it is over; that is known to the ledger alone. */
static void add_told(struct buf *out, const struct scenario *scenario, const struct facts *past,
                     const struct history_event *event)
{
    AUTO_BUF names;
    buf_init(&names, LINE_BYTES);
    struct recipients recipients = {scenario, past, &names};
    if (strcmp(event->kind, "cleared") == 0)
        return;
    if (strcmp(event->told, TOLD_YES) != 0) {
        add_pair(out, "untold", event->told + strlen("no: "));
        return;
    }
    if (history_routes(scenario->config, event, tell_route, &recipients) == 0)
        return;
    AUTO_FREE char *list = mem_format("[%s]", buf_string(&names));
    add_pair(out, "tell", list);
}

static void write_event(struct buf *out, const struct scenario *scenario, const struct facts *past,
                        const struct history_event *event, bool due)
{
    const struct calendar *calendar = scenario->config->calendar;
    char at[LOCAL_TEXT_BYTES], noticed[LOCAL_TEXT_BYTES], text[LOCAL_TEXT_BYTES];
    buf_init(out, LINE_BYTES);
    add_pair(out, "at", local_text(calendar, event->at, at));
    if (strcmp(local_text(calendar, event->recorded_at, noticed), at) != 0)
        add_pair(out, "noticed", noticed);
    add_pair(out, "clock", event->clock->name);
    add_pair(out, "event", event->kind);
    if (due)
        add_pair(out, "due", local_text(calendar, event->due_at, text));
    add_told(out, scenario, past, event);
    if (event->points) {
        AUTO_FREE char *points = mem_format("%d", (int)event->points);
        add_pair(out, "points", points);
    }
}

static void on_event(void *context, const struct facts *past, const struct history_event *event)
{
    struct transcript *transcript = context;
    if (transcript->count == LINES_MOST)
        return;
    size_t i = transcript->count++;
    write_event(&transcript->with_due[i], transcript->scenario, past, event, true);
    write_event(&transcript->without[i], transcript->scenario, past, event, false);
    transcript->is_level[i] = is_level(event);
}

/* --- what was expected --- */

static const char *const event_keys[] = {"at",  "noticed", "clock",  "event",
                                         "due", "tell",    "untold", "points"};

static void add_node(struct buf *out, const char *key, const struct yaml_node *node)
{
    AUTO_BUF list;
    buf_init(&list, LINE_BYTES);
    if (node->kind == YAML_SCALAR) {
        add_pair(out, key, node->text);
        return;
    }
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        if (node->values[i]->kind == YAML_SCALAR)
            buf_format(&list, "%s%s", i ? ", " : "", node->values[i]->text);
    AUTO_FREE char *whole = mem_format("[%s]", buf_string(&list));
    add_pair(out, key, whole);
}

static void compare_event(const struct transcript *transcript, size_t i,
                          const struct yaml_node *expected, struct problems *problems)
{
    AUTO_BUF wanted;
    buf_init(&wanted, LINE_BYTES);
    for (size_t k = 0; k < COUNT_OF(event_keys); k++) {
        const struct yaml_node *node = yaml_get(expected, event_keys[k]);
        if (node)
            add_node(&wanted, event_keys[k], node);
    }
    if (i >= transcript->count) {
        yaml_problem(expected, problems, "this didn't happen: {%s}", buf_string(&wanted));
        return;
    }
    bool due = yaml_get(expected, "due") != NULL;
    const struct buf *found = due ? &transcript->with_due[i] : &transcript->without[i];
    if (strcmp(buf_string(&wanted), buf_string(found)) != 0)
        yaml_problem(expected, problems, "expected {%s}, found {%s}", buf_string(&wanted),
                     buf_string(&transcript->with_due[i]));
    else if (!due && transcript->is_level[i])
        yaml_problem(expected, problems, "'due' is missing: found {%s}",
                     buf_string(&transcript->with_due[i]));
}

static void compare_events(const struct transcript *transcript, struct problems *problems)
{
    const struct yaml_node *expect = transcript->scenario->expect;
    for (size_t i = 0; i < expect->count; i++) {
        const struct yaml_node *expected = expect->values[i];
        if (yaml_expect(expected, YAML_MAP, problems) &&
            yaml_check_keys(expected, event_keys, COUNT_OF(event_keys), problems))
            compare_event(transcript, i, expected, problems);
    }
    for (size_t i = expect->count; i < transcript->count; i++)
        yaml_problem(expect, problems, "this happened too: {%s}",
                     buf_string(&transcript->with_due[i]));
}

/* --- how things stand at an instant --- */

struct stand {
    const struct scenario *scenario;
    struct facts past;
    struct case_clock clock; /* the one that is asked about */
    wall_us at;
};

static void state_of(const struct stand *stand, struct buf *out)
{
    const struct case_clock *clock = &stand->clock;
    buf_text(out, clock->condition == CLOCK_STOPPED ? clock->ending
                                                    : clock_condition_word(clock->condition));
}

static void level_of(const struct stand *stand, struct buf *out)
{
    buf_text(out, case_clock_level(&stand->clock, stand->clock.state.rank));
}

static void start_of(const struct stand *stand, struct buf *out)
{
    char text[LOCAL_TEXT_BYTES];
    buf_text(out, local_text(stand->scenario->config->calendar, stand->clock.started_at, text));
}

static void due_of(const struct stand *stand, struct buf *out)
{
    char text[LOCAL_TEXT_BYTES];
    buf_text(out, local_text(stand->scenario->config->calendar, stand->clock.state.due_at, text));
}

static void left_of(const struct stand *stand, struct buf *out)
{
    buf_format(out, "%d", (int)stand->clock.state.workdays_left);
}

static void limit_of(const struct stand *stand, struct buf *out)
{
    struct limit limit = stand->clock.limit.whole;
    buf_format(out, "%d %s%s", (int)limit.value, limit_unit_word(limit.unit),
               limit.value == 1 ? "" : "s");
}

static void extensions_of(const struct stand *stand, struct buf *out)
{
    buf_char(out, '[');
    for (size_t i = 0; i < stand->past.extension_count; i++)
        buf_format(out, "%s%s", i ? ", " : "",
                   extension_verdict_word(stand->clock.limit.verdicts[i]));
    buf_char(out, ']');
}

static void policy_of(const struct stand *stand, struct buf *out)
{
    buf_text(out, stand->clock.terms->policy->policy.name);
}

/* The gravest level of all the case's clocks that run or stand still, and where it comes from. */
static void worst_of(const struct stand *stand, struct buf *out)
{
    const struct config *config = stand->scenario->config;
    int worst = 0;
    AUTO_BUF found;
    buf_init(&found, LINE_BYTES);
    buf_text(&found, "normal");
    for (size_t i = 0; i < config->clock_count; i++) {
        struct case_clock clock;
        if (!case_clock_replay(&config->clocks[i], &stand->past, stand->at, &clock, NULL) ||
            (clock.condition != CLOCK_RUNNING && clock.condition != CLOCK_SUSPENDED))
            continue;
        int severity = case_clock_severity(&clock, clock.state.rank);
        if (severity <= worst)
            continue;
        worst = severity;
        buf_clear(&found);
        buf_format(&found, "%s of %s", case_clock_level(&clock, clock.state.rank),
                   config->clocks[i].name);
    }
    buf_text(out, buf_string(&found));
}

static const struct question {
    const char *key;
    void (*answer)(const struct stand *, struct buf *); /* NULL: it is part of the question */
    bool of_clock;                                      /* asks about `clock` */
} questions[] = {
    {"at", NULL, false},         {"clock", NULL, false},
    {"state", state_of, true},   {"level", level_of, true},
    {"policy", policy_of, true}, {"start", start_of, true},
    {"due", due_of, true},       {"left", left_of, true},
    {"limit", limit_of, true},   {"extensions", extensions_of, true},
    {"worst", worst_of, false},
};

static void compare_answer(const struct stand *stand, const struct question *question,
                           const struct yaml_node *node, struct problems *problems)
{
    AUTO_BUF wanted, found;
    buf_init(&wanted, LINE_BYTES);
    buf_init(&found, LINE_BYTES);
    add_node(&wanted, question->key, node);
    buf_format(&found, "%s: ", question->key);
    question->answer(stand, &found);
    if (strcmp(buf_string(&wanted), buf_string(&found)) != 0)
        yaml_problem(node, problems, "expected %s, found %s", buf_string(&wanted),
                     buf_string(&found));
}

/* The clock that is asked about; false after a problem. */
static bool find_clock(struct stand *stand, const struct yaml_node *map, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(map, "clock");
    struct error error;
    if (node == NULL || node->kind != YAML_SCALAR) {
        yaml_problem(map, problems, "'clock' is missing: one of the configuration's clocks");
        return false;
    }
    const struct config_clock *clock = config_clock_named(stand->scenario->config, node->text);
    if (clock == NULL)
        yaml_problem(node, problems, "there is no clock '%s'", node->text);
    else if (!case_clock_replay(clock, &stand->past, stand->at, &stand->clock, &error))
        yaml_problem(node, problems, "%s", error.text);
    else
        return true;
    return false;
}

static void compare_stand(const struct scenario *scenario, const struct yaml_node *map,
                          struct problems *problems)
{
    const char *keys[COUNT_OF(questions)];
    struct stand stand = {.scenario = scenario};
    const struct yaml_node *at = yaml_get(map, "at");
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        keys[i] = questions[i].key;
    if (!yaml_check_keys(map, keys, COUNT_OF(keys), problems))
        return;
    if (at == NULL)
        yaml_problem(map, problems, "'at' is missing: when");
    if (at == NULL || !local_read(scenario->config->calendar, at, &stand.at, problems))
        return;
    history_facts_at(&scenario->facts, stand.at, &stand.past);
    bool known = false, tried = false;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        const struct yaml_node *node = yaml_get(map, keys[i]);
        if (node == NULL || questions[i].answer == NULL)
            continue;
        if (questions[i].of_clock && !tried)
            known = find_clock(&stand, map, problems);
        tried |= questions[i].of_clock;
        if (known || !questions[i].of_clock)
            compare_answer(&stand, &questions[i], node, problems);
    }
}

/* --- all of it --- */

static void compare_error(const struct scenario *scenario, bool fine, const struct error *error,
                          struct problems *problems)
{
    const struct yaml_node *root = yaml_root(scenario->document);
    const struct yaml_node *fails = yaml_get(root, "fails");
    if (!fine && fails == NULL)
        yaml_problem(root, problems, "it can't be computed: %s", error->text);
    else if (fine && fails)
        yaml_problem(fails, problems, "it can be computed");
    else if (fails && strstr(error->text, scenario->fails) == NULL)
        yaml_problem(fails, problems, "the reason is: %s", error->text);
}

void scenario_run(const struct scenario *scenario, struct problems *problems)
{
    struct transcript *transcript = mem_zero(1, sizeof *transcript);
    struct error error = {""};
    transcript->scenario = scenario;
    bool fine = history_replay(scenario->config, &scenario->facts, 0, INT64_MAX, on_event,
                               transcript, &error);
    compare_error(scenario, fine, &error, problems);
    compare_events(transcript, problems);
    for (size_t i = 0; scenario->stands && i < scenario->stands->count; i++)
        if (yaml_expect(scenario->stands->values[i], YAML_MAP, problems))
            compare_stand(scenario, scenario->stands->values[i], problems);
    for (size_t i = 0; i < transcript->count; i++) {
        buf_finish(&transcript->with_due[i]);
        buf_finish(&transcript->without[i]);
    }
    free(transcript);
}
