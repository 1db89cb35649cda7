/* What has become of a test message so far, and in words. */
#ifndef CTL_TEST_PROGRESS_H
#define CTL_TEST_PROGRESS_H

#include "command.h"

#include "duban/buf.h"
#include "duban/config.h"

#include <jansson.h>

enum test_end {
    TEST_WAITS,
    TEST_ACCEPTED, /* by the gateway; its receipt is still to come */
    TEST_ARRIVED,
    TEST_FAILED,
};

/* How far one notification of duban.test_send_progress is. `receipts`: its channel gives them. */
enum test_end test_end_of(const json_t *notification, bool receipts);

/* What it waits for, as a person should know: no daemon, a hold, a breaker, the next try. */
void add_waiting_for(struct buf *out, const struct context *context, const struct config *config,
                     const json_t *progress, const json_t *notification);

/* What has been told of one notification already. */
struct test_told {
    size_t attempts, receipts;
    bool outcome;
};

/* Appends a line for each attempt, verdict and receipt that hasn't been told yet. */
void add_news(struct buf *out, const struct context *context, const struct config *config,
              const json_t *notification, struct test_told *told);

/* The address of a notification, masked. */
void add_address(struct buf *out, const json_t *notification);

#endif
