/* Addresses of e-mail. */
#ifndef DUBAN_MAIL_ADDRESS_H
#define DUBAN_MAIL_ADDRESS_H

#include "duban/error.h"

#define MAIL_ADDRESS_BYTES 255 /* with its NUL (RFC 5321, 4.5.3.1.3) */

/* Whether it is one address as people write it: name@host in ASCII, without a name to show,
 * quotes, comments or spaces. So it can stand in any command and header as it is. The error
 * doesn't quote it. */
bool mail_address_check(const char *address, struct error *error) MUST_USE;

/* The part behind the @ of an address that has been checked. */
const char *mail_address_host(const char *address);

/* Whether it is the name of a host: labels of letters, digits and hyphens, with dots. */
bool mail_host_check(const char *host, struct error *error) MUST_USE;

#endif
