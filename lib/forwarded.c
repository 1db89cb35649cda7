/* The address that a proxy has seen. */
#include "duban/forwarded.h"

#include "duban/mem.h"

#include <string.h>

bool forwarded_read(const char *header, char address[ADDRESS_TEXT_BYTES])
{
    const char *last = header ? strrchr(header, ',') : NULL;
    struct network one;
    if (header == NULL)
        return false;
    last = last ? last + 1 : header;
    last += strspn(last, " ");
    AUTO_FREE char *text = mem_text_n(last, strcspn(last, " "));
    if (strchr(text, '/') || !network_parse(text, &one, NULL))
        return false;
    address_text(&one.address, address);
    return true;
}
