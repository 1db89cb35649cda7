/* Templates: whatever is written, it is compiled or refused with a problem, never rendered half. */
#include "duban/mem.h"
#include "duban/template.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct notice notice = {.role = "window", .due_at = WALL_NONE, .detail = ""};
    AUTO_FREE char *text = mem_text_n((const char *)data, size);
    struct problems problems = {0};
    struct template *template = template_create_text(text, "fuzz", &problems);
    assert((template == NULL) == (problems.total != 0));
    problems_finish(&problems);
    if (template == NULL)
        return 0;
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    /* {time} needs a zone, which this notice lacks. */
    if (strstr(text, "{time}") == NULL)
        template_render(template, &notice, LOCALE_ZH_CN, 60, &out);
    template_destroy(template);
    return 0;
}
