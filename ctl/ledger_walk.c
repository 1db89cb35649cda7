/* Compares the ledger with its seals.
 *
 * Hashes are computed here, of what plain SELECTs tell: nothing rests on functions of the database,
 * which whoever rewrites the ledger could replace as well. */
#include "ledger_walk.h"

#include "duban/seal.h"

#include <string.h>

#define PAGE_ROWS  2000
#define SEALS_PAGE 50 /* of 80 kB at most, as the daemon makes them */

/* Form 1; as duban.event_digest. The last column: the level is taken back, but no event of the
 * ledger says so. */
static const char events_sql[] =
    "SELECT e.id, json_build_array(e.id, e.case_no, e.clock, e.kind, e.deadline_version, e.repeat,"
    " e.sequence, e.event_at AT TIME ZONE 'UTC', e.recorded_at AT TIME ZONE 'UTC', e.level, e.rank,"
    " e.due_at AT TIME ZONE 'UTC', e.window_code, e.department_code, e.item_code, e.told, e.detail,"
    " e.policy, e.episode, e.points, e.irregular)::text,"
    " EXISTS (SELECT FROM duban.withdrawal w WHERE w.event = e.id AND NOT EXISTS ("
    "SELECT FROM duban.event b WHERE b.id = w.withdrawn_by AND b.kind = 'level_withdrawn'"
    " AND b.case_no = e.case_no AND b.clock = e.clock AND b.recorded_at = w.at"
    " AND b.detail = w.author || ': ' || w.reason))"
    " FROM duban.event e WHERE e.id > $1 AND e.id <= $2 ORDER BY e.id LIMIT $3";
static const char seals_sql[] =
    "SELECT number, form, after_event, up_to, events, sealed_at, entries, hash"
    " FROM duban.seal WHERE number >= $1 ORDER BY number LIMIT $2";
static const char start_sql[] =
    "SELECT s.number, p.hash FROM duban.seal s LEFT JOIN duban.seal p ON p.number = s.number - 1"
    " WHERE s.up_to >= $1 ORDER BY s.up_to LIMIT 1";
/* Pages are read by their order, whatever is known of the tables. */
static const char session_sql[] = "SELECT set_config('enable_seqscan', 'off', false),"
                                  " set_config('enable_bitmapscan', 'off', false),"
                                  " set_config('enable_sort', 'off', false)";
static const char after_sql[] =
    "SELECT (SELECT count(*) FROM (SELECT FROM duban.event e WHERE e.id > $1 ORDER BY e.id LIMIT "
    "$2)"
    " n), coalesce(pg_sequence_last_value(pg_get_serial_sequence('duban.event', 'id')::regclass), "
    "0)";

/* --- asking --- */

static PGresult *ask(struct ledger_walk *walk, const char *sql, const int64_t *numbers,
                     size_t count, struct error *error)
{
    struct pg_params *params = pg_params_create();
    for (size_t i = 0; i < count; i++)
        pg_param_int(params, numbers[i]);
    PGresult *result = pg_block_query(walk->pg, sql, params, error);
    pg_params_destroy(params);
    return result;
}

static void find(struct ledger_walk *walk, const char *what, int64_t id, int64_t seal)
{
    if (walk->found++ >= FINDINGS_MOST)
        return;
    json_t *finding = json_pack("{s:s, s:I}", "what", what, "id", (json_int_t)id);
    if (seal > 0)
        json_object_set_new(finding, "seal", json_integer(seal));
    json_array_append_new(walk->findings, finding);
}

static bool prepare(struct ledger_walk *walk, struct error *error)
{
    PGresult *result = ask(walk, session_sql, NULL, 0, error);
    PQclear(result);
    return result != NULL;
}

/* --- the events of a seal --- */

/* Both the events and the entries come by id; `*next` is the entry that is next. */
static void look_at_event(struct ledger_walk *walk, const struct seal *seal, size_t *next,
                          const PGresult *page, int row)
{
    int64_t id = pg_int(page, row, 0);
    size_t count = seal_count(seal);
    for (; *next < count && seal_event(seal, *next) < id; ++*next)
        find(walk, "event_removed", seal_event(seal, *next), seal->number);
    if (*next == count || seal_event(seal, *next) != id) {
        find(walk, "event_inserted", id, seal->number);
        return;
    }
    if (!seal_matches(seal, *next, pg_text(page, row, 1), pg_length(page, row, 1)))
        find(walk, "event_changed", id, seal->number);
    if (pg_bool(page, row, 2))
        find(walk, "withdrawal_unfounded", id, seal->number);
    ++*next;
}

/* The first seal answers for everything before it, too: the sequence begins with 1. */
static bool walk_events(struct ledger_walk *walk, const struct seal *seal, struct error *error)
{
    size_t next = 0;
    int64_t range[] = {seal->number == 1 ? INT64_MIN : seal->after_event, seal->up_to, PAGE_ROWS};
    for (int rows = PAGE_ROWS; rows == PAGE_ROWS;) {
        PGresult *page = ask(walk, events_sql, range, 3, error);
        if (page == NULL)
            return false;
        rows = PQntuples(page);
        for (int row = 0; row < rows; row++)
            look_at_event(walk, seal, &next, page, row);
        if (rows > 0)
            range[0] = pg_int(page, rows - 1, 0);
        walk->events += rows;
        PQclear(page);
    }
    for (; next < seal_count(seal); next++)
        find(walk, "event_removed", seal_event(seal, next), seal->number);
    return true;
}

/* --- the chain --- */

/* What the export has up to this seal. */
static bool compare(struct ledger_walk *walk, const struct seal *seal, struct error *error)
{
    struct ledger_file *file = walk->against;
    char hex[DIGEST_HEX_BYTES] = "";
    while (file && file->number > 0 && file->number <= seal->number) {
        if (seal->hash_bytes == DIGEST_SHA256_BYTES)
            digest_hex(seal->hash, seal->hash_bytes, hex);
        if (file->number == seal->number && strcmp(file->hash, hex) != 0)
            find(walk, "seal_differs", seal->number, 0);
        if (file->number < seal->number && file->number >= walk->first)
            find(walk, "seal_lost", file->number, 0);
        if (!ledger_file_next(file, error))
            return false;
    }
    return true;
}

static bool walk_seal(struct ledger_walk *walk, const struct seal *seal, struct error *error)
{
    bool follows =
        seal->after_event == walk->up_to || (seal->number == walk->first && seal->number > 1);
    if (seal->number != walk->expected)
        find(walk, "seal_missing", walk->expected, 0);
    else if (!follows || !seal_holds(seal, walk->previous, walk->previous_bytes))
        find(walk, "seal_changed", seal->number, 0);
    walk->seals++;
    walk->expected = seal->number + 1;
    walk->up_to = seal->up_to;
    walk->previous_bytes = seal->hash_bytes == sizeof walk->previous ? seal->hash_bytes : 0;
    memcpy(walk->previous, seal->hash, walk->previous_bytes);
    return compare(walk, seal, error) && walk_events(walk, seal, error);
}

static struct seal seal_of(const PGresult *page, int row)
{
    return (struct seal){
        .number = pg_int(page, row, 0),
        .form = pg_int(page, row, 1),
        .after_event = pg_int(page, row, 2),
        .up_to = pg_int(page, row, 3),
        .events = pg_int(page, row, 4),
        .sealed_at = pg_instant(page, row, 5),
        .entries = (const unsigned char *)pg_text(page, row, 6),
        .entries_bytes = pg_length(page, row, 6),
        .hash = (const unsigned char *)pg_text(page, row, 7),
        .hash_bytes = pg_length(page, row, 7),
    };
}

static bool walk_seals(struct ledger_walk *walk, struct error *error)
{
    bool good = true;
    for (int rows = SEALS_PAGE; good && rows == SEALS_PAGE;) {
        const int64_t range[] = {walk->expected, SEALS_PAGE};
        PGresult *page = ask(walk, seals_sql, range, 2, error);
        if (page == NULL)
            return false;
        rows = PQntuples(page);
        for (int row = 0; good && row < rows; row++) {
            struct seal seal = seal_of(page, row);
            good = walk_seal(walk, &seal, error);
        }
        PQclear(page);
    }
    return good;
}

/* --- from the beginning to the end --- */

/* The seal that covers the event `from`, and the hash that it follows upon. */
static bool find_start(struct ledger_walk *walk, int64_t from, struct error *error)
{
    walk->first = walk->expected = 1;
    if (from <= 0)
        return true;
    PGresult *result = ask(walk, start_sql, &from, 1, error);
    if (result == NULL)
        return false;
    bool known = PQntuples(result) == 1;
    if (known) {
        walk->first = walk->expected = pg_int(result, 0, 0);
        size_t bytes = pg_length(result, 0, 1);
        walk->previous_bytes = bytes == sizeof walk->previous ? bytes : 0;
        memcpy(walk->previous, pg_text(result, 0, 1), walk->previous_bytes);
        if (walk->first > 1 && bytes == 0)
            find(walk, "seal_missing", walk->first - 1, 0);
    }
    PQclear(result);
    return known || error_set(error, "no seal covers event %lld, or a later one", (long long)from);
}

/* What comes after the last seal: events that wait for one, and such as no sequence gave an id. */
static bool walk_rest(struct ledger_walk *walk, struct error *error)
{
    const int64_t after[] = {walk->up_to, UNSEALED_MOST};
    PGresult *result = ask(walk, after_sql, after, 2, error);
    if (result == NULL)
        return false;
    walk->unsealed = pg_int(result, 0, 0);
    const int64_t beyond[] = {pg_int(result, 0, 1), INT64_MAX, PAGE_ROWS};
    PQclear(result);
    /* Asked for after the sequence: what it has given since doesn't count as foreign. */
    result = ask(walk, events_sql, beyond, 3, error);
    if (result == NULL)
        return false;
    PGresult *again = ask(walk, after_sql, after, 2, error);
    for (int row = 0; again && row < PQntuples(result); row++)
        if (pg_int(result, row, 0) > pg_int(again, 0, 1))
            find(walk, "event_inserted", pg_int(result, row, 0), 0);
    PQclear(result);
    PQclear(again);
    return again != NULL;
}

/* Seals that the export has and the ledger doesn't. */
static bool walk_lost(struct ledger_walk *walk, struct error *error)
{
    struct ledger_file *file = walk->against;
    while (file && file->number > 0) {
        if (file->number >= walk->first)
            find(walk, "seal_lost", file->number, 0);
        if (!ledger_file_next(file, error))
            return false;
    }
    return true;
}

bool ledger_walk(struct ledger_walk *walk, struct pg_block *pg, int64_t from,
                 struct ledger_file *against, struct error *error)
{
    *walk = (struct ledger_walk){.pg = pg, .against = against, .findings = json_array()};
    return prepare(walk, error) && find_start(walk, from, error) && walk_seals(walk, error) &&
           walk_lost(walk, error) && walk_rest(walk, error);
}

void ledger_walk_finish(struct ledger_walk *walk)
{
    json_decref(walk->findings);
    walk->findings = NULL;
}
