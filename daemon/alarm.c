/* Announcements: an alarm, or its end, on its way to everybody.
 *
 * A try sends one copy to each address of each channel. When one of them has arrived it is done;
 * else all are tried again. Nothing of it touches the database.
 */
#include "alarm.h"

#include "duban/alarm.h"
#include "duban/backoff.h"
#include "duban/http.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <string.h>
#include <unistd.h>

#define TRIES_S         600.
#define PAUSE_FIRST_US  (2 * US_PER_S)
#define PAUSE_MOST_US   (120 * US_PER_S)
#define BODY_BYTES_MOST ((size_t)64 << 10)

struct announcement {
    LIST_ENTRY(announcement) entry;
    struct alarm_teller *teller;
    char *subject, *detail;
    wall_us since, at;
    bool over;
    alarm_done done;
    void *owner;
    ev_timer timer; /* until the next try */
    double begun;
    int32_t tries;
    struct shared_config *config; /* of the try under way */
    struct copy *copies;          /* its requests that wait for their replies */
    size_t waiting, arrived;
};

struct copy {
    struct copy *next;
    struct announcement *announcement;
    const struct channel *channel;
    char id[ALARM_ID_BYTES];
    char *address, *body;
};

static const char *kind_of(const struct announcement *announcement)
{
    return announcement->over ? "alarm_over" : "alarm";
}

static void forget_copies(struct announcement *announcement)
{
    for (struct copy *copy = announcement->copies, *next; copy; copy = next) {
        next = copy->next;
        free(copy->address);
        free(copy->body);
        free(copy);
    }
    announcement->copies = NULL;
    shared_config_drop(announcement->config);
    announcement->config = NULL;
}

static void destroy(struct announcement *announcement)
{
    LIST_REMOVE(announcement, entry);
    ev_timer_stop(announcement->teller->context->loop, &announcement->timer);
    forget_copies(announcement);
    free(announcement->subject);
    free(announcement->detail);
    free(announcement);
}

/* --- the end of a try --- */

static uint64_t next_random(struct alarm_teller *teller)
{
    teller->random = teller->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return teller->random;
}

static void finish(struct announcement *announcement, bool told)
{
    AUTO_FREE char *subject = mem_text(announcement->subject);
    AUTO_FREE char *detail = mem_text(announcement->detail);
    const struct alarm_words words = {subject, detail, announcement->since, announcement->over};
    alarm_done done = announcement->done;
    void *owner = announcement->owner;
    log_line(told ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "alarm",
             told ? "told" : "could not be told; all tries have failed",
             log_text("kind", kind_of(announcement)), log_text("subject", subject));
    destroy(announcement);
    done(owner, &words, told);
}

static void end_try(struct announcement *announcement)
{
    struct ev_loop *loop = announcement->teller->context->loop;
    forget_copies(announcement);
    if (announcement->arrived > 0) {
        finish(announcement, true);
        return;
    }
    span_us pause = backoff_span(PAUSE_FIRST_US, PAUSE_MOST_US, announcement->tries, BACKOFF_EQUAL,
                                 next_random(announcement->teller));
    double pause_s = (double)pause / 1e6;
    if (steady_s() + pause_s - announcement->begun > TRIES_S) {
        finish(announcement, false);
        return;
    }
    ev_timer_set(&announcement->timer, pause_s, 0.);
    ev_timer_start(loop, &announcement->timer);
}

/* --- copies --- */

static void log_failure(const struct copy *copy, const char *verdict, int status, const char *why)
{
    log_line(LOG_LEVEL_WARNING, "alarm", "not told", log_text("id", copy->id),
             log_text("subject", copy->announcement->subject),
             log_text("channel", copy->channel->name),
             log_int("attempt", copy->announcement->tries), log_text("verdict", verdict),
             log_int("status", status), log_text("detail", why));
}

static void on_reply(void *owner, const struct http_reply *reply)
{
    struct copy *copy = owner;
    struct announcement *announcement = copy->announcement;
    struct outcome outcome = {0};
    copy->channel->type->verdict(copy->channel, reply, &outcome);
    if (outcome.verdict == VERDICT_DELIVERED || outcome.verdict == VERDICT_ACCEPTED)
        announcement->arrived++;
    else
        log_failure(copy, verdict_word(outcome.verdict), reply->status, outcome.detail);
    if (--announcement->waiting == 0)
        end_try(announcement);
}

static bool compose(struct copy *copy, struct error *error)
{
    const struct announcement *announcement = copy->announcement;
    const struct config *config = announcement->config->config;
    const char *kind = kind_of(announcement);
    const struct notice notice = {
        .kind = kind,
        .level = "normal",
        .level_label = "normal",
        .centre = config->centre,
        .clock = announcement->subject,
        .clock_label = announcement->subject,
        .window_name = "",
        .department_name = "",
        .recipient = "",
        .recipient_name = "",
        .role = "admin",
        .zone = calendar_zone(config->calendar),
        .event_at = announcement->at,
        .due_at = WALL_NONE,
        .detail = announcement->detail,
    };
    const struct wording wording = {
        .id = copy->id,
        .text = config_template(config, kind, notice.role),
        .code = config_template_code(config, kind, notice.role),
        .notice = &notice,
        .locale = config->locale,
    };
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES_MOST);
    if (!copy->channel->type->compose(copy->channel, &wording, &body, error))
        return false;
    if (body.overflowed)
        return error_set(error, "longer than %zu bytes", BODY_BYTES_MOST);
    copy->body = buf_take(&body);
    return true;
}

static bool send_copy(struct copy *copy, struct error *error)
{
    struct context *context = copy->announcement->teller->context;
    struct http_request request = {0};
    if (!copy->channel->type->check_address(copy->address, error) || !compose(copy, error))
        return false;
    const struct message message = {.id = copy->id,
                                    .address = copy->address,
                                    .body = copy->body,
                                    .body_length = strlen(copy->body),
                                    .attempt = copy->announcement->tries};
    if (!copy->channel->type->request(copy->channel, &message, context_now(context), &request,
                                      error))
        return false;
    http_send(context->http, &request, copy->channel->timeout_us, on_reply, copy);
    http_request_finish(&request);
    return true;
}

static void add_copy(struct announcement *announcement, const struct channel *channel,
                     const char *address)
{
    struct copy *copy = mem_zero(1, sizeof *copy);
    struct error error;
    *copy = (struct copy){.next = announcement->copies,
                          .announcement = announcement,
                          .channel = channel,
                          .address = mem_text(address)};
    announcement->copies = copy;
    alarm_id(announcement->config->config->centre, announcement->subject, announcement->since,
             announcement->over, address, copy->id);
    if (send_copy(copy, &error))
        announcement->waiting++;
    else
        log_failure(copy, verdict_word(VERDICT_PERMANENT), 0, error.text);
}

static void try_all(struct announcement *announcement)
{
    struct alarm_teller *teller = announcement->teller;
    announcement->config = context_config(teller->context);
    announcement->tries++;
    const struct config_alarms *alarms = &announcement->config->config->alarms;
    for (size_t i = 0; i < alarms->count; i++) {
        const struct config_alarm_channel *way = &alarms->channels[i];
        const char *address;
        for (size_t k = 0; (address = alarm_contacts_address(teller->contacts, way, k)); k++)
            add_copy(announcement, way->channel, address);
    }
    if (alarms->count == 0) { /* the configuration no longer has any */
        finish(announcement, false);
        return;
    }
    if (announcement->copies == NULL)
        log_line(LOG_LEVEL_ERROR, "alarm", "no administrator has a contact on the alarms' channels",
                 log_text("subject", announcement->subject));
    if (announcement->waiting == 0)
        end_try(announcement);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    try_all((struct announcement *)(void *)((char *)timer - offsetof(struct announcement, timer)));
}

/* --- the teller --- */

void alarm_tell(struct alarm_teller *teller, const struct alarm_words *words, alarm_done done,
                void *owner)
{
    struct ev_loop *loop = teller->context->loop;
    struct announcement *announcement = mem_zero(1, sizeof *announcement);
    *announcement = (struct announcement){
        .teller = teller,
        .subject = mem_text(words->subject),
        .detail = mem_text(words->detail),
        .since = words->since,
        .at = words->over ? context_now(teller->context) : words->since,
        .over = words->over,
        .done = done,
        .owner = owner,
        .begun = steady_s(),
    };
    LIST_INSERT_HEAD(&teller->announcements, announcement, entry);
    log_line(words->over ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "alarm",
             words->over ? "over" : "raised", log_text("subject", words->subject),
             log_text("detail", words->detail));
    ev_timer_init(&announcement->timer, on_timer, 0., 0.);
    ev_timer_start(loop, &announcement->timer);
}

bool alarm_is_being_told(const struct alarm_teller *teller, const char *subject)
{
    const struct announcement *announcement = LIST_FIRST(&teller->announcements);
    while (announcement && strcmp(announcement->subject, subject) != 0)
        announcement = LIST_NEXT(announcement, entry);
    return announcement != NULL;
}

void alarm_teller_init(struct alarm_teller *teller, struct context *context,
                       const struct alarm_contacts *contacts)
{
    *teller = (struct alarm_teller){.context = context,
                                    .contacts = contacts,
                                    .random = (uint64_t)steady_us() ^ (uint64_t)getpid()};
    LIST_INIT(&teller->announcements);
}

void alarm_teller_finish(struct alarm_teller *teller)
{
    struct announcement *announcement = LIST_FIRST(&teller->announcements), *next;
    for (; announcement; announcement = next) {
        next = LIST_NEXT(announcement, entry);
        destroy(announcement);
    }
}
