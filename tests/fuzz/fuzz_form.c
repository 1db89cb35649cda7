/* Queries and posted forms: each field that is taken can be kept and shown, and is found again. */
#include "duban/form.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FORM form;
    if (!form_read(&form, (const char *)data, size, NULL))
        return 0;
    assert(form.count <= FORM_FIELDS_MOST);
    for (size_t i = 0; i < form.count; i++) {
        const struct form_field *field = &form.fields[i];
        const char *value = form_value(&form, field->name);
        assert(utf8_is_valid(field->name, strlen(field->name)));
        assert(utf8_is_valid(field->value, strlen(field->value)));
        assert(*field->value ? value == field->value : value == NULL);
    }
    return 0;
}
