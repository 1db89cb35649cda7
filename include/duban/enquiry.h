/* Enquiries 查询: asking a provider what became of a message whose try ended as unknown. An answer
 * is a receipt that was asked for; that nothing is found proves nothing. Types of channels whose
 * provider can be asked have a table (channel_type.enquiry). No I/O. */
#ifndef DUBAN_ENQUIRY_H
#define DUBAN_ENQUIRY_H

#include "duban/receipt.h"

struct enquiry_message {
    const char *id;      /* ours: what the provider was given and gives back */
    const char *address; /* as struct message */
    wall_us since;       /* the try was made after this (what is older is an earlier try's) … */
    wall_us until;       /* … and before this */
    int32_t number;      /* how many enquiries of this message there were: from 0 */
};

enum enquiry_result {
    ENQUIRY_TOLD,    /* there are receipts */
    ENQUIRY_NOTHING, /* the provider knows nothing of the message, or not yet */
    ENQUIRY_FAILED,  /* no answer this time */
    ENQUIRY_REFUSED, /* our own configuration is wrong (key, permission) */
};

struct enquiry_answer {
    enum enquiry_result result;
    struct receipt_list list; /* told: of this very message. The caller's to finish */
    char detail[200];         /* failed, refused: why, for people; no secrets, no phone number */
};

/* How a type of channel asks. */
struct enquiry_format {
    /* The request, the caller's to http_request_finish(). False when this message can't be asked
     * for. */
    bool (*request)(const struct channel *channel, const struct enquiry_message *message,
                    wall_us now, struct http_request *request, struct error *error);
    /* `message` is the one that was asked for. Sets the whole answer. */
    void (*read)(const struct channel *channel, const struct http_reply *reply,
                 const struct enquiry_message *message, struct enquiry_answer *answer);
};

/* How long after enquiry `number` that settled nothing the next one is; -1: there is none. */
span_us enquiry_pause(int32_t number);

/* --- for the types of channels --- */

/* Reads one entry into a zeroed receipt that has the message's id. False: it is another message's
 * or another try's, or tells nothing. */
typedef bool (*enquiry_entry_reader)(const json_t *entry, const struct enquiry_message *message,
                                     struct receipt *receipt);

/* Sets the answer from a JSON array of entries; nothing when `entries` is none. */
void enquiry_read(const json_t *entries, enquiry_entry_reader read,
                  const struct enquiry_message *message, struct enquiry_answer *answer);

/* Sets the answer from an exchange that brought none, as its outcome tells. */
void enquiry_fail(const struct outcome *outcome, struct enquiry_answer *answer);

#endif
