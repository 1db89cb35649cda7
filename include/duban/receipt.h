/* Receipts 回执: a gateway's later word on what became of a message, as requests that the gateway
 * makes to duban. Each type of channel reads its provider's own form (channel_type.receipt); what
 * they share is here. No I/O. */
#ifndef DUBAN_RECEIPT_H
#define DUBAN_RECEIPT_H

#include "duban/channel.h"

#include <jansson.h>

#define RECEIPT_BODY_BYTES (1u << 20) /* of one request; providers send some kilobytes */
#define RECEIPTS_MOST      1000       /* in one request */
#define RECEIPT_ID_BYTES   80         /* as outcome.provider_id */

enum receipt_status {
    RECEIPT_DELIVERED, /* the phone has it */
    RECEIPT_FAILED,    /* it won't get it */
    RECEIPT_BUFFERED,  /* the operator goes on trying */
    RECEIPT_ACCEPTED,  /* the operator took it over from the gateway */
};

/* As the database has it. */
const char *receipt_status_word(enum receipt_status status);

struct receipt {
    enum receipt_status status;
    char public_id[RECEIPT_ID_BYTES];   /* our message's id, "" where the provider doesn't tell; */
    char provider_id[RECEIPT_ID_BYTES]; /* the provider's own, likewise: one of them is there */
    char code[RECEIPT_ID_BYTES];        /* the provider's or operator's; "" for none */
    char detail[200];                   /* words for people; numbers of phones are masked */
    wall_us reported_at;                /* as the provider says; WALL_NONE when it doesn't */
};

struct receipt_list {
    struct receipt *items;
    size_t count;
    size_t unreadable; /* entries left out … */
    struct error why;  /* … the first of them for this reason */
};

void receipt_list_finish(struct receipt_list *list);

struct receipt_request {
    const char *method;
    const char *query; /* as sent, without the ?; "" when there is none */
    const char *body;  /* NUL-terminated */
    size_t body_length;
};

struct receipt_answer {
    int status;
    const char *content_type, *body;
};

/* How a type of channel hears of its messages. */
struct receipt_format {
    const char *method; /* the one that is allowed */
    /* The request's receipts, at least one; the caller's to receipt_list_finish(). False when
     * nothing in it can be read. */
    bool (*read)(const struct receipt_request *request, struct receipt_list *list,
                 struct error *error);
    struct receipt_answer taken; /* what the provider wants to hear once they are stored, … */
    struct receipt_answer later; /* … and when they couldn't be, so that it repeats them */
};

/* --- for the types of channels --- */

/* Reads one entry; the receipt is zeroed, without an instant. False: it is left out. */
typedef bool (*receipt_entry_reader)(const json_t *entry, struct receipt *receipt,
                                     struct error *error);

/* Reads a body that is a JSON array of entries, or one entry. */
bool receipt_read_json(const struct receipt_request *request, receipt_entry_reader read,
                       struct receipt_list *list, struct error *error) MUST_USE;

/* Initialises `out` with the first parameter of that name in the query, decoded; empty when it is
 * missing. */
void receipt_parameter(const struct receipt_request *request, const char *name, struct buf *out);

/* Copies an id or code: printable ASCII without spaces. False when it is something else, or too
 * long; then it is "". */
bool receipt_set_id(char id[RECEIPT_ID_BYTES], const char *text);

/* Sets the words for people: their first line, fit to show. */
void receipt_set_detail(struct receipt *receipt, const char *words);

/* An instant as Chinese providers write it, in their time: "2026-06-01 09:00:00" or
 * "20260601090000"; WALL_NONE for anything else. */
wall_us receipt_china_time(const char *text);

#endif
