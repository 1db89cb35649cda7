/* Masking of names and numbers for logs, boards and everybody whom they don't concern. */
#ifndef DUBAN_MASK_H
#define DUBAN_MASK_H

#include "duban/buf.h"
#include "duban/facts.h"

/* The first character and at most two stars: 张三 → 张*, 张小三 → 张**, a company likewise, so that
 * a long name doesn't betray itself by its length. */
void mask_name(struct buf *out, const char *name);

/* 13800138000 → 138****8000; of a number of less than 11 digits only the last two are kept, of
 * less than 5 none. */
void mask_phone(struct buf *out, const char *phone);

/* A contact's address, so that it can be told from others, but not used: of a URL only the host
 * stays (the rest often is a key), of a mail address the domain, of a number its ends. */
void mask_address(struct buf *out, const char *address);

/* Free text, as a gateway's complaint: every mobile number (with or without 86) and every
 * identity number in it is masked, and of every mail address what stands before the @. Case
 * numbers, which contain letters or are longer, stay. */
void mask_text(struct buf *out, const char *text);

/* Takes the names and numbers of people out of a case's facts. */
void mask_persons(struct facts *facts);

#endif
