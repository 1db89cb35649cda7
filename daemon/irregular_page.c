/* Findings and cases of a page, as arrays. */
#include "irregular_page.h"

#include "shared_config.h"

#include "duban/mem.h"
#include "duban/reception.h"

#include <string.h>

#define RULES_BYTES_MOST 1024

static void *next_item(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 16;
    return mem_grow(items, *capacity, size);
}

void irregular_page_clear(struct irregular_page *page)
{
    for (size_t i = 0; i < page->finding_count; i++)
        free(page->findings[i].detail);
    page->finding_count = page->case_count = 0;
}

void irregular_page_finish(struct irregular_page *page)
{
    irregular_page_clear(page);
    free(page->findings);
    free(page->cases);
    *page = (struct irregular_page){0};
}

/* --- findings --- */

/* Where findings of one case go. */
struct collector {
    struct irregular_page *page;
    const struct facts *facts;
    wall_us due_at;
};

static void collect(void *context, const struct irregularity *found)
{
    const struct collector *collector = context;
    struct irregular_page *page = collector->page;
    page->findings = next_item(page->findings, page->finding_count, &page->finding_capacity,
                               sizeof *page->findings);
    page->findings[page->finding_count++] = (struct page_finding){
        .case_no = collector->facts->case_no,
        .kind = irregularity_word(found->kind),
        .window_code = collector->facts->window_code,
        .department_code = collector->facts->department_code,
        .item_code = collector->facts->item_code,
        .number = found->number,
        .at = found->at,
        .due_at = collector->due_at,
        .by_end = found->by_end,
        .detail = mem_text(found->detail),
    };
}

static const struct case_clock *completion_of(const struct config *config,
                                              const struct case_clock *clocks)
{
    return &clocks[config_clock_named(config, "completion") - config->clocks];
}

/* --- cases --- */

/* The local month of an instant, counted. */
static int64_t month_of(const struct config *config, wall_us at)
{
    struct civil day = civil_from_day(zone_day(calendar_zone(config->calendar), at));
    return day.year * INT64_C(12) + day.month;
}

/* An instant case is done in its last hour as a matter of course. */
static void set_completion(const struct config *config, const struct facts *facts,
                           const struct case_clock *completion, struct page_case *entry)
{
    if (!config->irregularities.on[IRREGULAR_LAST_HOUR_WINDOW] ||
        completion->condition != CLOCK_STOPPED || strcmp(completion->ending, "completed") != 0 ||
        strcmp(facts->kind, "instant") == 0)
        return;
    entry->month = month_of(config, completion->stopped_at);
    entry->ended_at = completion->stopped_at;
    entry->last_hour = irregularity_is_last_hour(config, completion);
}

static void set_reception(const struct config *config, const char *secret,
                          const struct facts *facts, wall_us now, struct page_case *entry)
{
    struct reception reception;
    if (!config->irregularities.on[IRREGULAR_TWO_WINDOWS] ||
        !reception_of(config, facts, secret, now, &reception))
        return;
    entry->key = reception.key;
    entry->received_at = reception.received_at;
    entry->ended_at = reception.ended_at;
}

static void add_case(struct irregular_page *page, const struct page_case *entry)
{
    page->cases =
        next_item(page->cases, page->case_count, &page->case_capacity, sizeof *page->cases);
    page->cases[page->case_count++] = *entry;
}

void irregular_page_add(struct irregular_page *page, const struct config *config,
                        const char *secret, const struct facts *facts,
                        const struct case_clock *clocks, wall_us now)
{
    if (!config->irregularities.any || strcmp(facts->item_code, SELFTEST_ITEM) == 0)
        return;
    const struct case_clock *completion = completion_of(config, clocks);
    struct collector collector = {
        .page = page,
        .facts = facts,
        .due_at = completion->condition == CLOCK_ABSENT ? WALL_NONE : completion->state.due_at};
    irregularity_find(config, facts, clocks, now, collect, &collector);
    struct page_case entry = {
        .case_no = facts->case_no,
        .window_code = facts->window_code,
        .department_code = facts->department_code,
        .item_code = facts->item_code,
        .received_at = WALL_NONE,
        .ended_at = WALL_NONE,
    };
    set_completion(config, facts, completion, &entry);
    set_reception(config, secret, facts, now, &entry);
    if (entry.received_at != WALL_NONE || entry.month)
        add_case(page, &entry);
}

/* --- parameters --- */

void irregular_page_add_findings(const struct irregular_page *page, struct pg_params *params)
{
    const struct page_finding *found, *end = page->findings + page->finding_count;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (found = page->findings; found < end; found++)                                             \
        add(params, value);                                                                        \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, found->case_no);
    ARRAY(PG_TEXT, pg_array_text, found->kind);
    ARRAY(PG_INT8, pg_array_int, found->number);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, found->at);
    ARRAY(PG_TEXT, pg_array_text, found->detail);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, found->due_at);
    ARRAY(PG_TEXT, pg_array_text, found->window_code);
    ARRAY(PG_TEXT, pg_array_text, found->department_code);
    ARRAY(PG_TEXT, pg_array_text, found->item_code);
    ARRAY(PG_BOOL, pg_array_bool, found->by_end);
#undef ARRAY
}

static void add_cases(const struct irregular_page *page, struct pg_params *params)
{
    const struct page_case *entry, *end = page->cases + page->case_count;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (entry = page->cases; entry < end; entry++)                                                \
        add(params, value);                                                                        \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, entry->case_no);
    ARRAY(PG_TEXT, pg_array_text, entry->window_code);
    ARRAY(PG_TEXT, pg_array_text, entry->department_code);
    ARRAY(PG_TEXT, pg_array_text, entry->item_code);
    ARRAY(PG_INT8, pg_array_int, entry->key);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, entry->received_at);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, entry->ended_at);
    ARRAY(PG_INT8, pg_array_int, entry->month);
    ARRAY(PG_BOOL, pg_array_bool, entry->last_hour);
#undef ARRAY
}

/* The rules that the database applies, as a JSON object. */
static void add_rules(const struct irregularity_rules *rules, struct pg_params *params)
{
    AUTO_BUF text;
    buf_init(&text, RULES_BYTES_MOST);
    buf_text(&text, "{\"\": 0"); /* so that a comma may stand before each */
    if (rules->on[IRREGULAR_DEADLINE_CHANGED])
        buf_format(&text, ", \"changed_from\": %d", rules->changed_from);
    if (rules->on[IRREGULAR_REOPENED_AFTER_LEVEL])
        buf_format(&text, ", \"reopened_from\": %d", rules->reopened_from);
    if (rules->on[IRREGULAR_TWO_WINDOWS])
        buf_format(&text, ", \"within_us\": %lld", (long long)rules->reception_within_us);
    if (rules->on[IRREGULAR_LAST_HOUR_WINDOW])
        buf_format(&text,
                   ", \"cases\": %lld, \"share\": %lld, \"last_hour\": "
                   "{\"value\": %d, \"unit\": \"%s\"}",
                   (long long)rules->habit_cases, (long long)rules->habit_share,
                   rules->last_hour.value, limit_unit_word(rules->last_hour.unit));
    buf_text(&text, "}");
    pg_param_text(params, buf_string(&text));
}

void irregular_page_add_rest(const struct irregular_page *page, const struct config *config,
                             wall_us now, struct pg_params *params)
{
    add_cases(page, params);
    add_rules(&config->irregularities, params);
    config_add_routes(config, params);
    config_add_day(config, now, params);
}

bool irregular_told(const PGresult *result)
{
    return PQnfields(result) > 2 && pg_int(result, 0, 2) > 0;
}

/* --- what has left the source --- */

void irregular_send_vanished(const struct config *config, wall_us now, struct pg_params *params,
                             struct pg *pg, pg_done done, void *context)
{
    const struct irregularity_rules *rules = &config->irregularities;
    bool after_level = rules->on[IRREGULAR_VANISHED_AFTER_LEVEL];
    if (!rules->on[IRREGULAR_VANISHED] && !after_level) {
        pg_query(pg, "SELECT duban.intake_vanished($1, $2)", params, done, context);
        return;
    }
    pg_param_bool(params, rules->on[IRREGULAR_VANISHED]);
    pg_param_int(params, after_level ? rules->vanished_from : 0);
    config_add_routes(config, params);
    config_add_day(config, now, params);
    pg_query(
        pg,
        "SELECT w.gone, 0, i.told FROM duban.irregularity_vanished($1, $2, $3, nullif($4, 0), $5,"
        " $6, $7, $8, $9::date) i"
        " CROSS JOIN LATERAL duban.intake_vanished(i.now, $2) AS w(gone)",
        params, done, context);
}
