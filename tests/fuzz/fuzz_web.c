/* What guests of the board send: queries and forms, paths, cookies, places to go on from, acts.
 * What is taken can be kept and shown. */
#include "duban/act.h"
#include "duban/cookie.h"
#include "duban/cursor.h"
#include "duban/form.h"
#include "duban/mem.h"
#include "duban/path.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_text_n((const char *)data, size);
    AUTO_FORM form;
    struct path path;
    struct cursor cursor;
    struct act act;
    char cookie[80];
    if (form_read(&form, text, size, NULL))
        for (size_t i = 0; i < form.count; i++)
            assert(utf8_is_valid(form.fields[i].value, strlen(form.fields[i].value)));
    if (path_read(&path, text, NULL))
        for (size_t i = 0; i < path.count; i++)
            assert(*path.parts[i] && strcmp(path.parts[i], "..") != 0 &&
                   utf8_is_valid(path.parts[i], strlen(path.parts[i])));
    if (cookie_read(text, "duban_session", cookie, sizeof cookie))
        assert(strchr(cookie, ';') == NULL);
    if (cursor_read(&cursor, text, NULL))
        assert(cursor.severity >= 0 && cursor.case_no[0] && cursor.clock[0]);
    if (act_read(&act, text, size, NULL))
        assert(utf8_is_valid(act.note, strlen(act.note)) &&
               utf8_is_valid(act.reason, strlen(act.reason)));
    return 0;
}
