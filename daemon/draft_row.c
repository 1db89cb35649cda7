/* Drafts from the rows of duban.composer_take, and their end. */
#include "draft.h"

#include "duban/mem.h"

static char *column(const PGresult *result, int row, int number)
{
    return mem_text(pg_text(result, row, number));
}

void draft_read(struct draft *draft, const PGresult *result, int row)
{
    *draft = (struct draft){
        .release_at = pg_instant(result, row, 1),
        .notification = pg_int(result, row, 2),
        .message = pg_int(result, row, 3),
        .public_id = column(result, row, 4),
        .role = column(result, row, 5),
        .channel = column(result, row, 6),
        .address = column(result, row, 7),
        .recipient = column(result, row, 8),
        .recipient_name = column(result, row, 9),
        .kind = column(result, row, 10),
        .case_no = column(result, row, 11),
        .clock = column(result, row, 12),
        .deadline_version = (int32_t)pg_int(result, row, 13),
        .sequence = pg_int(result, row, 14),
        .event_at = pg_instant(result, row, 15),
        .level = column(result, row, 16),
        .rank = (size_t)pg_int(result, row, 17),
        .due_at = pg_instant(result, row, 18),
        .detail = column(result, row, 19),
        .window_name = column(result, row, 20),
        .department_name = column(result, row, 21),
        .outcome = PQgetisnull(result, row, 22) ? NULL : column(result, row, 22),
        .hash = pg_int(result, row, 23),
        .repeat = (int32_t)pg_int(result, row, 24),
        .silence = PQgetisnull(result, row, 25) ? 0 : pg_int(result, row, 25),
        .silenced_until = pg_instant(result, row, 26),
        .taken = column(result, row, 27),
        .part = column(result, row, 28),
        .part_department = column(result, row, 29),
        .hold_until = WALL_NONE,
    };
}

void draft_finish(struct draft *draft)
{
    char *const texts[] = {draft->public_id,      draft->role,      draft->channel,
                           draft->address,        draft->recipient, draft->recipient_name,
                           draft->kind,           draft->case_no,   draft->clock,
                           draft->level,          draft->detail,    draft->window_name,
                           draft->outcome,        draft->endpoint,  draft->department_name,
                           draft->body,           draft->carries,   draft->label,
                           draft->line,           draft->taken,     draft->part,
                           draft->part_department};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(texts[i]);
}
