/* Receipts as parameters of the functions that keep them: duban.receipt_write and
 * duban.web_receipt. */
#ifndef DUBAN_RECEIPT_ROW_H
#define DUBAN_RECEIPT_ROW_H

#include "duban/pg.h"
#include "duban/receipt.h"

struct receipt_row {
    const char *channel;
    const struct receipt *receipt;
};

/* Adds seven arrays that run in parallel: channel, our id, the provider's id, status, code, detail
 * and when it was reported. */
void receipt_rows_add(const struct receipt_row *rows, size_t count, struct pg_params *params);

#endif
