/* Readers of binary results, and of the failures that results may hold. */
#include "duban/pg.h"
#include "duban/pg_wire.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define EPOCH_2000_US (INT64_C(946684800) * US_PER_S)
#define JSONB_OID     3802

/* jsonb is sent as a version byte before the text. */
static int prefix_bytes(const PGresult *result, int row, int column)
{
    return PQftype(result, column) == JSONB_OID && PQgetlength(result, row, column) > 0;
}

const char *pg_text(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column) + prefix_bytes(result, row, column);
}

size_t pg_length(const PGresult *result, int row, int column)
{
    return (size_t)(PQgetlength(result, row, column) - prefix_bytes(result, row, column));
}

static int64_t integer(const char *bytes, int length)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (length) {
    case sizeof two:
        memcpy(&two, bytes, sizeof two);
        return (int16_t)be16toh(two);
    case sizeof four:
        memcpy(&four, bytes, sizeof four);
        return (int32_t)be32toh(four);
    default:
        assert(length == sizeof eight); /* else the column is no integer and no instant */
        memcpy(&eight, bytes, sizeof eight);
        return (int64_t)be64toh(eight);
    }
}

int64_t pg_int(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return 0;
    return integer(PQgetvalue(result, row, column), PQgetlength(result, row, column));
}

bool pg_bool(const PGresult *result, int row, int column)
{
    assert(PQgetisnull(result, row, column) || PQgetlength(result, row, column) == 1);
    return !PQgetisnull(result, row, column) && *PQgetvalue(result, row, column) != 0;
}

wall_us pg_instant(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return WALL_NONE;
    int64_t since_2000 = pg_int(result, row, column);
    if (since_2000 == INT64_MIN) /* -infinity */
        return WALL_NONE + 1;
    wall_us at;
    return __builtin_add_overflow(since_2000, EPOCH_2000_US, &at) ? INT64_MAX : at;
}

bool pg_result_failed(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

bool pg_result_is_farewell(const PGresult *result)
{
    if (PQresultStatus(result) != PGRES_FATAL_ERROR)
        return false;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == NULL || strcmp(severity, "ERROR") != 0;
}

void pg_failure_read(struct pg_failure *failure, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    *failure = (struct pg_failure){.maybe_done = false};
    if (sqlstate && message) {
        strncpy(failure->sqlstate, sqlstate, sizeof failure->sqlstate - 1);
        error_set(&failure->error, "%s (SQLSTATE %s)", message, failure->sqlstate);
    } else if (*PQresultErrorMessage(result)) {
        pg_error_line(&failure->error, PQresultErrorMessage(result));
    } else {
        error_set(&failure->error, "unexpected answer of PostgreSQL: %s",
                  PQresStatus(PQresultStatus(result)));
    }
}

void pg_error_line(struct error *error, const char *message)
{
    size_t used = 0;
    for (const char *c = message; *c && used + 1 < sizeof error->text; c++) {
        bool blank = *c == '\n' || *c == '\t' || *c == ' ';
        if (blank && (used == 0 || error->text[used - 1] == ' '))
            continue;
        error->text[used++] = blank ? ' ' : *c;
    }
    while (used > 0 && error->text[used - 1] == ' ')
        used--;
    error->text[used] = '\0';
}
