/* Passwords are looked at in a thread of their own, one after another, so that the loop goes on. */
#ifndef WEB_HASHER_H
#define WEB_HASHER_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#define HASHER_WAITING_MOST 16

struct hasher_job;
STAILQ_HEAD(hasher_jobs, hasher_job);

struct hasher {
    struct ev_loop *loop;
    struct ev_async finished;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t more;
    bool stopping;
    unsigned count; /* of both lists */
    struct hasher_jobs waiting, done;
};

void hasher_init(struct hasher *hasher, struct ev_loop *loop);
/* Jobs that wait are dropped without a callback. */
void hasher_finish(struct hasher *hasher);

/* Whether the password fits the hash: `done` is called from the loop. False when too many wait. */
bool hasher_check(struct hasher *hasher, const char *password, const char *hash,
                  void (*done)(void *context, bool fits), void *context);

#endif
