/* Bodies of acts: what is taken can be kept in the ledger and shown. */
#include "duban/act.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_text(const char *text, size_t room)
{
    size_t length = strnlen(text, room);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n')
            return 0;
    return length < room && utf8_is_valid(text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct act act;
    if (act_read(&act, (const char *)data, size, NULL))
        assert(is_text(act.clock, sizeof act.clock) && is_text(act.note, sizeof act.note) &&
               is_text(act.reason, sizeof act.reason));
    return 0;
}
