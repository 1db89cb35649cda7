/* Places to go on from: one that is taken is as it would have been written. */
#include "duban/cursor.h"
#include "duban/mem.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_text_n((const char *)data, size);
    struct cursor cursor;
    if (!cursor_read(&cursor, text, NULL))
        return 0;
    AUTO_BUF again;
    buf_init(&again, 1024);
    cursor_write(&again, &cursor);
    assert(strcmp(buf_string(&again), text) == 0);
    assert(cursor.severity >= 0 && *cursor.case_no && *cursor.clock);
    assert(utf8_is_valid(cursor.case_no, strlen(cursor.case_no)));
    return 0;
}
