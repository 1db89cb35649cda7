/* An export of the ledger's seals, as `dubanctl ledger export` prints it, read line by line. */
#ifndef CTL_LEDGER_FILE_H
#define CTL_LEDGER_FILE_H

#include "duban/digest.h"
#include "duban/error.h"

#include <stdint.h>
#include <stdio.h>

struct ledger_file {
    const char *path; /* the caller's */
    FILE *stream;
    long long line;
    int64_t number;              /* of the seal that was read last; 0: there are no more */
    char hash[DIGEST_HEX_BYTES]; /* … as the file has it */
};

/* Opens it and reads its first seal: a file without any is refused. */
bool ledger_file_open(struct ledger_file *file, const char *path, struct error *error) MUST_USE;

/* The next seal, in text or JSON; numbers only grow. */
bool ledger_file_next(struct ledger_file *file, struct error *error) MUST_USE;

void ledger_file_close(struct ledger_file *file);

#endif
