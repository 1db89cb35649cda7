/* Passwords, in a thread of their own. */
#include "hasher.h"

#include "duban/mem.h"
#include "duban/password.h"
#include "duban/secret.h"

#include <stddef.h>

struct hasher_job {
    STAILQ_ENTRY(hasher_job) link;
    char *password, *hash;
    bool fits;
    void (*done)(void *context, bool fits);
    void *context;
};

static void job_destroy(struct hasher_job *job)
{
    secret_destroy(job->password);
    free(job->hash);
    free(job);
}

static struct hasher_job *take(struct hasher *hasher, struct hasher_jobs *list)
{
    pthread_mutex_lock(&hasher->mutex);
    while (list == &hasher->waiting && STAILQ_EMPTY(list) && !hasher->stopping)
        pthread_cond_wait(&hasher->more, &hasher->mutex);
    struct hasher_job *job = hasher->stopping ? NULL : STAILQ_FIRST(list);
    if (job)
        STAILQ_REMOVE_HEAD(list, link);
    pthread_mutex_unlock(&hasher->mutex);
    return job;
}

static void *work(void *context)
{
    struct hasher *hasher = context;
    for (struct hasher_job *job; (job = take(hasher, &hasher->waiting)) != NULL;) {
        job->fits = password_fits(job->password, job->hash);
        pthread_mutex_lock(&hasher->mutex);
        STAILQ_INSERT_TAIL(&hasher->done, job, link);
        pthread_mutex_unlock(&hasher->mutex);
        ev_async_send(hasher->loop, &hasher->finished);
    }
    return NULL;
}

static void on_finished(struct ev_loop *loop, struct ev_async *async, int events)
{
    (void)loop, (void)events;
    struct hasher *hasher =
        (struct hasher *)(void *)((char *)async - offsetof(struct hasher, finished));
    for (struct hasher_job *job; (job = take(hasher, &hasher->done)) != NULL;) {
        pthread_mutex_lock(&hasher->mutex);
        hasher->count--;
        pthread_mutex_unlock(&hasher->mutex);
        job->done(job->context, job->fits);
        job_destroy(job);
    }
}

void hasher_init(struct hasher *hasher, struct ev_loop *loop)
{
    *hasher = (struct hasher){.loop = loop};
    STAILQ_INIT(&hasher->waiting);
    STAILQ_INIT(&hasher->done);
    pthread_mutex_init(&hasher->mutex, NULL);
    pthread_cond_init(&hasher->more, NULL);
    ev_async_init(&hasher->finished, on_finished);
    ev_async_start(loop, &hasher->finished);
    if (pthread_create(&hasher->thread, NULL, work, hasher) != 0)
        abort();
}

void hasher_finish(struct hasher *hasher)
{
    pthread_mutex_lock(&hasher->mutex);
    hasher->stopping = true;
    pthread_cond_signal(&hasher->more);
    pthread_mutex_unlock(&hasher->mutex);
    pthread_join(hasher->thread, NULL);
    ev_async_stop(hasher->loop, &hasher->finished);
    STAILQ_CONCAT(&hasher->waiting, &hasher->done);
    for (struct hasher_job *job; (job = STAILQ_FIRST(&hasher->waiting)) != NULL;) {
        STAILQ_REMOVE_HEAD(&hasher->waiting, link);
        job_destroy(job);
    }
    pthread_cond_destroy(&hasher->more);
    pthread_mutex_destroy(&hasher->mutex);
}

bool hasher_check(struct hasher *hasher, const char *password, const char *hash,
                  void (*done)(void *context, bool fits), void *context)
{
    pthread_mutex_lock(&hasher->mutex);
    bool room = hasher->count < HASHER_WAITING_MOST;
    if (room) {
        struct hasher_job *job = mem_zero(1, sizeof *job);
        *job = (struct hasher_job){.password = mem_text(password),
                                   .hash = mem_text(hash),
                                   .done = done,
                                   .context = context};
        hasher->count++;
        STAILQ_INSERT_TAIL(&hasher->waiting, job, link);
        pthread_cond_signal(&hasher->more);
    }
    pthread_mutex_unlock(&hasher->mutex);
    return room;
}
