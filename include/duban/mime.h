/* The parts of an e-mail message, as RFC 5322 and MIME (RFC 2045 to 2047) want them: lines of
 * ASCII, at most 76 characters, that end in CRLF. Whatever a text holds, it stays what it is: it
 * can't end its line and begin another header, nor pass for a header's syntax. */
#ifndef DUBAN_MIME_H
#define DUBAN_MIME_H

#include "duban/buf.h"
#include "duban/instant.h"

#define MIME_LINE_MOST 76

/* Appends a header of free text, as "Subject". Control characters become spaces, what isn't UTF-8
 * becomes U+FFFD; other than short plain ASCII goes into encoded-words, split at characters. The
 * name has at most 20 characters. */
void mime_header(struct buf *out, const char *name, const char *text);

/* Appends a header of one address, as "From", with the name to show; NULL or "": none. The address
 * has been checked (mail_address.h). */
void mime_mailbox(struct buf *out, const char *header, const char *name, const char *address);

/* Appends "Date: Mon, 01 Jun 2026 01:00:00 +0000". */
void mime_date(struct buf *out, wall_us at);

/* Appends a text in base64, line by line. Its own lines end in CRLF inside, as MIME's texts do. */
void mime_base64(struct buf *out, const char *text);

#endif
