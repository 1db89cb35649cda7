/* What enquiries at all providers have in common. */
#include "duban/enquiry.h"

#include "duban/mem.h"

#include <string.h>

#define MINUTE (60 * US_PER_S)

span_us enquiry_pause(int32_t number)
{
    static const span_us pauses[] = {5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 720 * MINUTE};
    return number >= 0 && (size_t)number < COUNT_OF(pauses) ? pauses[number] : -1;
}

void enquiry_read(const json_t *entries, enquiry_entry_reader read,
                  const struct enquiry_message *message, struct enquiry_answer *answer)
{
    size_t count = json_array_size(entries);
    *answer = (struct enquiry_answer){.result = ENQUIRY_NOTHING};
    if (count == 0)
        return;
    struct receipt_list *list = &answer->list;
    list->items = mem_zero(count, sizeof *list->items);
    for (size_t i = 0; i < count; i++) {
        struct receipt *receipt = &list->items[list->count];
        *receipt = (struct receipt){.reported_at = WALL_NONE};
        if (receipt_set_id(receipt->public_id, message->id) && *receipt->public_id &&
            read(json_array_get(entries, i), message, receipt))
            list->count++;
    }
    if (list->count > 0)
        answer->result = ENQUIRY_TOLD;
    else
        receipt_list_finish(list);
}

void enquiry_fail(const struct outcome *outcome, struct enquiry_answer *answer)
{
    *answer = (struct enquiry_answer){
        .result = outcome->verdict == VERDICT_REJECTED ? ENQUIRY_REFUSED : ENQUIRY_FAILED};
    memcpy(answer->detail, outcome->detail, sizeof answer->detail);
}
