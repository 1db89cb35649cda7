/* How wide a text is on a terminal: East Asian Wide and Fullwidth characters (UAX #11) take two
 * columns, combining ones none. */
#include "columns.h"

#include "duban/mem.h"
#include "duban/utf8.h"

struct range {
    uint32_t first, last;
};

static const struct range wide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},
    {0xA960, 0xA97C}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6B},
    {0xFF01, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

static const struct range combining[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static bool is_in(uint32_t character, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

size_t columns_of(const char *text)
{
    size_t columns = 0;
    for (uint32_t character; (character = utf8_read(&text)) != 0;) {
        if (is_in(character, wide, COUNT_OF(wide)))
            columns += 2;
        else if (!is_in(character, combining, COUNT_OF(combining)))
            columns++;
    }
    return columns;
}

void add_padded(struct buf *out, const char *text, size_t columns)
{
    size_t taken = columns_of(text);
    buf_text(out, text);
    do
        buf_char(out, ' ');
    while (++taken < columns);
}
