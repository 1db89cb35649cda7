/* Receipts as arrays that run in parallel. */
#include "duban/receipt_row.h"

void receipt_rows_add(const struct receipt_row *rows, size_t count, struct pg_params *params)
{
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (size_t i = 0; i < count; i++)                                                             \
        add(params, value);                                                                        \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, rows[i].channel);
    ARRAY(PG_TEXT, pg_array_text, rows[i].receipt->public_id);
    ARRAY(PG_TEXT, pg_array_text, rows[i].receipt->provider_id);
    ARRAY(PG_TEXT, pg_array_text, receipt_status_word(rows[i].receipt->status));
    ARRAY(PG_TEXT, pg_array_text, rows[i].receipt->code);
    ARRAY(PG_TEXT, pg_array_text, rows[i].receipt->detail);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, rows[i].receipt->reported_at);
#undef ARRAY
}
