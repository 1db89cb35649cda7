/* The source contract in SQL and back. */
#include "duban/source.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <string.h>

struct type {
    const char *name;  /* as the contract calls it */
    const char *cast;  /* what the statements ask for */
    const char *found; /* the types that a view may have, as format_type says them */
};

static const struct type text = {"text", "text", " text character varying character name "};
static const struct type integer = {"integer", "bigint", " smallint integer bigint "};
static const struct type instant = {"timestamptz", "timestamptz", " timestamp with time zone "};
static const struct type json = {"jsonb", "text", " jsonb json "};

/* The contract, in the order in which rows are decoded. */
enum {
    CASE_NO,
    ITEM_CODE,
    ITEM_NAME,
    KIND,
    DEPARTMENT_CODE,
    WINDOW_CODE,
    HANDLER_NAME,
    HANDLER_PHONE,
    APPLICANT_NAME,
    APPLICANT_PHONE,
    LIMIT_VALUE,
    LIMIT_UNIT,
    STATUTORY_VALUE,
    STATUTORY_UNIT,
    PROMISED_DUE_AT,
    STAGE,
    STATUS,
    RECEIVED_AT,
    COMPLETED_AT = RECEIVED_AT + MILESTONES - 1,
    SUSPENSIONS,
    RESULT,
    PARENT_CASE_NO,
    UPDATED_AT,
    PROJECT_CLASS, /* optional from here on */
    AGENT_NAME,
    AGENT_PHONE,
    REOPENED_AT,
    EXTENSIONS,
    ATTRIBUTES,
    COLUMNS,
};

_Static_assert(COLUMNS <= SOURCE_COLUMNS_MOST, "struct source_columns is too small");

struct column {
    const char *name;
    const struct type *type;
};

static const struct column contract[COLUMNS] = {
    [CASE_NO] = {"case_no", &text},
    [ITEM_CODE] = {"item_code", &text},
    [ITEM_NAME] = {"item_name", &text},
    [KIND] = {"kind", &text},
    [DEPARTMENT_CODE] = {"department_code", &text},
    [WINDOW_CODE] = {"window_code", &text},
    [HANDLER_NAME] = {"handler_name", &text},
    [HANDLER_PHONE] = {"handler_phone", &text},
    [APPLICANT_NAME] = {"applicant_name", &text},
    [APPLICANT_PHONE] = {"applicant_phone", &text},
    [LIMIT_VALUE] = {"limit_value", &integer},
    [LIMIT_UNIT] = {"limit_unit", &text},
    [STATUTORY_VALUE] = {"statutory_value", &integer},
    [STATUTORY_UNIT] = {"statutory_unit", &text},
    [PROMISED_DUE_AT] = {"promised_due_at", &instant},
    [STAGE] = {"stage", &text},
    [STATUS] = {"status", &text},
    [RECEIVED_AT] = {"received_at", &instant},
    [RECEIVED_AT + MILESTONE_ACCEPTED] = {"accepted_at", &instant},
    [RECEIVED_AT + MILESTONE_PROCESSED] = {"processed_at", &instant},
    [RECEIVED_AT + MILESTONE_REVIEWED] = {"reviewed_at", &instant},
    [RECEIVED_AT + MILESTONE_APPROVED] = {"approved_at", &instant},
    [COMPLETED_AT] = {"completed_at", &instant},
    [SUSPENSIONS] = {"suspensions", &json},
    [RESULT] = {"result", &text},
    [PARENT_CASE_NO] = {"parent_case_no", &text},
    [UPDATED_AT] = {"updated_at", &instant},
    [PROJECT_CLASS] = {"project_class", &text},
    [AGENT_NAME] = {"agent_name", &text},
    [AGENT_PHONE] = {"agent_phone", &text},
    [REOPENED_AT] = {"reopened_at", &instant},
    [EXTENSIONS] = {"extensions", &json},
    [ATTRIBUTES] = {"attributes", &json},
};

static bool is_optional(size_t column)
{
    return column >= PROJECT_CLASS;
}

/* --- the check --- */

/* The relation's parts are quoted as add_relation does it. */
const char source_check_sql[] =
    "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
    " WHERE attrelid = (SELECT string_agg(quote_ident(part), '.' ORDER BY n)"
    " FROM unnest(string_to_array($1::text, '.')) WITH ORDINALITY AS p (part, n))::regclass"
    " AND attnum > 0 AND NOT attisdropped";

static const char *found_type(const PGresult *result, const char *name)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (strcmp(pg_text(result, row, 0), name) == 0)
            return pg_text(result, row, 1);
    return NULL;
}

static bool check_column(const struct column *column, const char *type, const char *relation,
                         struct problems *problems)
{
    AUTO_FREE char *word = mem_format(" %s ", type);
    if (strstr(column->type->found, word))
        return true;
    problems_add(problems, relation, 0, 0, "column %s has type %s, expected %s", column->name, type,
                 column->type->name);
    return false;
}

bool source_check(const PGresult *result, const char *relation, struct source_columns *columns,
                  struct problems *problems)
{
    struct source_columns found = {{false}};
    bool fine = true;
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *type = found_type(result, contract[i].name);
        found.has[i] = type != NULL;
        if (type) {
            fine &= check_column(&contract[i], type, relation, problems);
        } else if (!is_optional(i)) {
            fine = false;
            problems_add(problems, relation, 0, 0, "column %s (%s) is missing", contract[i].name,
                         contract[i].type->name);
        }
    }
    if (fine)
        *columns = found;
    return fine;
}

char *source_lacks(const struct source_columns *columns)
{
    AUTO_BUF names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!columns->has[i])
            buf_format(&names, "%s%s", names.length ? ", " : "", contract[i].name);
    }
    return buf_take(&names);
}

/* --- the statements --- */

/* "a.b" → "a"."b"; a quote inside a part is doubled. */
static void add_relation(struct buf *sql, const char *relation)
{
    buf_char(sql, '"');
    for (const char *c = relation; *c; c++) {
        if (*c == '.')
            buf_text(sql, "\".\"");
        else if (*c == '"')
            buf_text(sql, "\"\"");
        else
            buf_char(sql, *c);
    }
    buf_char(sql, '"');
}

/* The row that answers for a case of the self-test: accepted an hour before its instant, with a
 * limit of an hour. It is made from the number alone and never changes, so that it needs nothing
 * of the approval system but its database; the self-test ends its clock itself. */
#define SELFTEST_ROW                                                                               \
    "SELECT n AS case_no, '" SELFTEST_ITEM "' AS item_code, '" SELFTEST_ITEM "' AS item_name,"     \
    " 'promised' AS kind, NULL AS department_code, part[2] AS window_code,"                        \
    " NULL AS handler_name, NULL AS handler_phone, NULL AS applicant_name,"                        \
    " NULL AS applicant_phone, 1 AS limit_value, 'hour' AS limit_unit, NULL AS statutory_value,"   \
    " NULL AS statutory_unit, NULL AS promised_due_at, 'processing' AS stage, 'open' AS status,"   \
    " at - interval '1 hour' AS received_at, at - interval '1 hour' AS accepted_at,"               \
    " NULL AS processed_at, NULL AS reviewed_at, NULL AS approved_at, NULL AS completed_at,"       \
    " NULL AS suspensions, NULL AS result, NULL AS parent_case_no, at AS updated_at,"              \
    " NULL AS project_class, NULL AS agent_name, NULL AS agent_phone, NULL AS reopened_at,"        \
    " NULL AS extensions, NULL AS attributes"                                                      \
    " FROM unnest($1::text[]) AS n"                                                                \
    " CROSS JOIN LATERAL regexp_match(n, '^duban-selftest-([0-9]{1,10})-(.+)$') AS part"           \
    " CROSS JOIN LATERAL to_timestamp(part[1]::double precision) AS at"                            \
    " WHERE part IS NOT NULL"

static char *statement(const char *what, const char *relation, const char *rest)
{
    AUTO_BUF sql;
    buf_init(&sql, 16384);
    buf_format(&sql, "SELECT %s FROM ", what);
    add_relation(&sql, relation);
    buf_format(&sql, " %s", rest);
    return buf_take(&sql);
}

/* Every column of the contract, in its order: a column that the view lacks is null. */
static void add_columns(struct buf *list, const struct source_columns *columns)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *name = contract[i].name, *cast = contract[i].type->cast;
        buf_text(list, i ? ", " : "");
        if (columns->has[i])
            buf_format(list, "%s::%s", name, cast);
        else
            buf_format(list, "NULL::%s AS %s", cast, name);
    }
}

void source_sql_init(struct source_sql *sql, const char *relation,
                     const struct source_columns *columns)
{
    AUTO_BUF list;
    buf_init(&list, 4096);
    add_columns(&list, columns);
    const char *all = buf_string(&list);
    AUTO_FREE char *numbered = mem_format(
        "WHERE case_no = ANY ($1::text[]) UNION ALL SELECT %s FROM (" SELFTEST_ROW ") AS selftest",
        all);
    *sql = (struct source_sql){
        .page = statement(all, relation,
                          "WHERE (updated_at, case_no) > ($1::timestamptz, $2::text)"
                          " ORDER BY updated_at, case_no LIMIT $3::bigint"),
        .first_page = statement(all, relation,
                                "WHERE status IN ('open', 'suspended')"
                                " AND (updated_at, case_no) > ($1::timestamptz, $2::text)"
                                " ORDER BY updated_at, case_no LIMIT $3::bigint"),
        .cases = statement(all, relation, numbered),
        .open_after = statement(all, relation,
                                "WHERE status IN ('open', 'suspended') AND case_no > $1::text"
                                " ORDER BY case_no LIMIT $2::bigint"),
        .touching = statement(all, relation,
                              "WHERE least(received_at, accepted_at) < $2::timestamptz IS NOT FALSE"
                              " AND (status IN ('open', 'suspended')"
                              " OR coalesce(completed_at, updated_at) >= $1::timestamptz)"),
        .high_mark = statement("max(updated_at)", relation, ""),
    };
}

void source_sql_finish(struct source_sql *sql)
{
    free(sql->page);
    free(sql->first_page);
    free(sql->cases);
    free(sql->open_after);
    free(sql->touching);
    free(sql->high_mark);
    *sql = (struct source_sql){0};
}

/* --- the rows --- */

/* A pair of columns: both null is no limit. */
static bool read_limit(const PGresult *result, int row, int column, bool *has, struct limit *limit,
                       struct error *error)
{
    *has = !PQgetisnull(result, row, column);
    if (!*has)
        return true;
    int64_t value = pg_int(result, row, column);
    if (value < 0 || value > LIMIT_VALUE_MOST)
        return error_set(error, "%s is %lld; expected 0 to %d", contract[column].name,
                         (long long)value, LIMIT_VALUE_MOST);
    limit->value = (int32_t)value;
    if (!limit_unit_parse(pg_text(result, row, column + 1), &limit->unit, error))
        return error_prefix(error, "%s", contract[column + 1].name);
    return true;
}

static void read_texts(const PGresult *result, int row, struct facts *facts)
{
    facts->case_no = pg_text(result, row, CASE_NO);
    facts->item_code = pg_text(result, row, ITEM_CODE);
    facts->item_name = pg_text(result, row, ITEM_NAME);
    facts->kind = pg_text(result, row, KIND);
    facts->department_code = pg_text(result, row, DEPARTMENT_CODE);
    facts->window_code = pg_text(result, row, WINDOW_CODE);
    facts->handler_name = pg_text(result, row, HANDLER_NAME);
    facts->handler_phone = pg_text(result, row, HANDLER_PHONE);
    facts->applicant_name = pg_text(result, row, APPLICANT_NAME);
    facts->applicant_phone = pg_text(result, row, APPLICANT_PHONE);
    facts->stage = pg_text(result, row, STAGE);
    facts->result = pg_text(result, row, RESULT);
    facts->parent_case_no = pg_text(result, row, PARENT_CASE_NO);
    facts->project_class = pg_text(result, row, PROJECT_CLASS);
    facts->agent_name = pg_text(result, row, AGENT_NAME);
    facts->agent_phone = pg_text(result, row, AGENT_PHONE);
}

static void read_instants(const PGresult *result, int row, struct facts *facts)
{
    for (int i = 0; i < MILESTONES; i++)
        facts->at[i] = pg_instant(result, row, RECEIVED_AT + i);
    facts->promised_due_at = pg_instant(result, row, PROMISED_DUE_AT);
    facts->updated_at = pg_instant(result, row, UPDATED_AT);
    facts->reopened_at = pg_instant(result, row, REOPENED_AT);
}

static bool read_lists(const PGresult *result, int row, struct facts *facts, struct error *error)
{
    return suspensions_parse(pg_text(result, row, SUSPENSIONS), pg_length(result, row, SUSPENSIONS),
                             facts->suspensions, &facts->suspension_count, error) &&
           extensions_parse(pg_text(result, row, EXTENSIONS), pg_length(result, row, EXTENSIONS),
                            facts->extensions, &facts->extension_count, error) &&
           attributes_parse(pg_text(result, row, ATTRIBUTES), pg_length(result, row, ATTRIBUTES),
                            facts->attributes, &facts->attribute_count, error);
}

bool source_row(const PGresult *result, int row, struct facts *facts, struct error *error)
{
    *facts = (struct facts){0};
    read_texts(result, row, facts);
    read_instants(result, row, facts);
    return case_status_parse(pg_text(result, row, STATUS), &facts->status, error) &&
           read_lists(result, row, facts, error) &&
           read_limit(result, row, LIMIT_VALUE, &facts->has_limit, &facts->limit, error) &&
           read_limit(result, row, STATUTORY_VALUE, &facts->has_statutory, &facts->statutory,
                      error);
}
