/* Notifications into words: the re-check, the address, the text or the JSON. */
#include "draft.h"

#include "duban/case_clock.h"
#include "duban/delivery.h"
#include "duban/irregularity_words.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define BODY_BYTES_MOST (64u << 10)

static void decide(struct draft *draft, const char *outcome)
{
    free(draft->outcome);
    draft->outcome = mem_text(outcome);
}

/* --- whether it is told now --- */

void draft_hold(struct draft *draft, wall_us until, const char *why)
{
    decide(draft, why);
    draft->hold_until = until;
    free(draft->body);
    draft->body = NULL;
}

static bool is_own(const struct draft *draft)
{
    return strcmp(draft->kind, "test") == 0 || strcmp(draft->kind, "selftest") == 0;
}

bool draft_is_irregular(const struct draft *draft)
{
    return irregularity_parse(draft->kind, NULL);
}

bool draft_may_wait(const struct draft *draft)
{
    return !is_own(draft);
}

/* An end, or that a warning is over, is told in spite of a silence. */
static bool is_warning(const struct draft *draft)
{
    return draft->rank > 0 &&
           (locale_event(draft->kind, LOCALE_EN) == NULL || strcmp(draft->kind, "reminder") == 0);
}

bool draft_waits(struct draft *draft, const struct config *config, wall_us now)
{
    if (draft->outcome || is_own(draft))
        return false;
    if (draft->silence && (is_warning(draft) || draft_is_irregular(draft))) {
        AUTO_FREE char *why = mem_format("held: silence %lld", (long long)draft->silence);
        draft_hold(draft, draft->silenced_until, why);
        return true;
    }
    draft->silence = 0; /* whatever holds it from here on, its end doesn't release it */
    wall_us next =
        hours_next(config_hours(config, draft->kind, draft->role), config->calendar, now);
    if (next > now) {
        AUTO_FREE char *why = mem_format("held: outside the hours of %s", draft->role);
        draft_hold(draft, next, why);
        return true;
    }
    return false;
}

/* --- where it goes --- */

/* The name and number of a person whom the case names; false for who is in the directory. */
static bool find_person(const char *role, const struct facts *facts, const char **name,
                        const char **phone)
{
    const struct {
        const char *role, *name, *phone;
    } persons[] = {
        {"applicant", facts->applicant_name, facts->applicant_phone},
        {"handler", facts->handler_name, facts->handler_phone},
        {"agent", facts->agent_name, facts->agent_phone},
    };
    for (size_t i = 0; i < COUNT_OF(persons); i++) {
        if (strcmp(persons[i].role, role) == 0) {
            *name = persons[i].name ? persons[i].name : "";
            *phone = persons[i].phone ? persons[i].phone : "";
            return true;
        }
    }
    return false;
}

static const char *address_of(const struct draft *draft, const struct facts *facts)
{
    const char *name, *phone;
    return facts && find_person(draft->role, facts, &name, &phone) ? phone : draft->address;
}

/* The address that the message will carry; false when there is none that can be used. */
static bool find_address(struct draft *draft, const struct channel *channel,
                         const struct facts *facts)
{
    const char *address = address_of(draft, facts);
    struct error error;
    if (!channel->type->check_address(address, &error)) {
        AUTO_FREE char *why = mem_format("unreachable: the %s's address for %s can't be used",
                                         draft->role, channel->name);
        decide(draft, why);
        return false;
    }
    char *copy = mem_text(address);
    free(draft->address);
    draft->address = copy;
    draft->endpoint = mem_text(channel_endpoint(channel, copy));
    return true;
}

/* --- what it says --- */

static void write_body(struct draft *draft, const struct config *config,
                       const struct channel *channel, const struct notice *notice)
{
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES_MOST);
    const struct wording wording = {
        .id = draft->public_id,
        .text = config_template(config, notice->kind, draft->role),
        .code = config_template_code(config, notice->kind, draft->role),
        .notice = notice,
        .locale = config->locale,
        .segments = strcmp(notice->kind, "digest") == 0 ? channel->digest_segments : 1,
    };
    struct error error;
    if (!channel->type->compose(channel, &wording, &body, &error) || body.overflowed) {
        AUTO_FREE char *why =
            mem_format("unsendable: %s", body.overflowed ? "longer than 64 KiB" : error.text);
        decide(draft, why);
        return;
    }
    free(draft->body);
    draft->body = buf_take(&body);
    draft->repeatable = delivery_is_repeatable(channel);
    draft->way = channel;
    decide(draft, "composed");
}

/* --- digests --- */

bool draft_is_gathered(const struct draft *draft)
{
    return draft->way && draft->way->digest_us > 0 && draft->case_no[0] && !is_own(draft);
}

/* Keeps in a few words what a digest would say. */
static void note_line(struct draft *draft, const struct config *config, const struct notice *notice)
{
    AUTO_BUF line;
    buf_init(&line, 4096);
    summary_line(notice, config->locale, &line);
    const char *event = locale_event(draft->kind, config->locale);
    free(draft->line);
    free(draft->label);
    draft->line = buf_take(&line);
    draft->label = mem_text(event ? event : notice->level_label);
    draft->late = is_warning(draft) && notice_is_overdue(notice);
}

struct summary_entry draft_summary_entry(const struct draft *draft)
{
    return (struct summary_entry){
        .label = draft->label,
        .department = draft->department_name,
        .line = draft->line,
        .late = draft->late,
        .rank = is_warning(draft) ? draft->rank : 0,
        .due_at = draft->due_at,
    };
}

static char *list_notifications(struct draft *const *drafts, size_t count)
{
    AUTO_BUF list;
    buf_init(&list, 1u << 20);
    for (size_t i = 0; i < count; i++)
        buf_format(&list, "%c%lld", i ? ',' : '{', (long long)drafts[i]->notification);
    buf_text(&list, "}");
    return buf_take(&list);
}

/* The label of a level, whichever policy knows it. */
static const char *label_of(const struct config *config, const char *level)
{
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++)
            if (strcmp(config->policies[p].policy.levels[i].name, level) == 0)
                return config->policies[p].levels[i].label;
    return level;
}

/* Whether an event's detail is for people: of a case's other events it is a level or a part. */
static bool is_said(const struct draft *draft)
{
    return draft->case_no[0] == '\0' || strcmp(draft->kind, "level_withdrawn") == 0;
}

static struct notice notice_of(const struct draft *draft, const struct config *config)
{
    return (struct notice){
        .kind = draft->kind,
        .level = draft->level,
        .level_label = draft->level,
        .centre = config->centre,
        .clock = draft->clock,
        .clock_label = draft->clock,
        .window_name = draft->window_name,
        .department_name = draft->department_name,
        .recipient = draft->recipient,
        .recipient_name = draft->recipient_name,
        .role = draft->role,
        .zone = calendar_zone(config->calendar),
        .event_at = draft->event_at,
        .due_at = draft->due_at,
        .deadline_version = draft->deadline_version,
        .sequence = draft->sequence,
        .reminder = strcmp(draft->kind, "reminder") == 0 ? draft->repeat : 0,
        .detail = is_said(draft) ? draft->detail : "",
        .taken = draft->taken,
        .taken_label = label_of(config, draft->taken),
        .part = draft->part,
        .part_department = draft->part_department,
    };
}

void draft_become_digest(struct draft *const *drafts, size_t count, const struct summary *summary,
                         const struct config *config)
{
    struct draft *first = drafts[0];
    struct notice notice = notice_of(first, config);
    notice.kind = "digest";
    notice.clock = notice.clock_label = "";
    notice.window_name = notice.department_name = "";
    summary_fill(summary, &notice);
    for (size_t i = 0; i < count; i++) {
        free(drafts[i]->body);
        drafts[i]->body = NULL;
        drafts[i]->message = first->message;
        if (drafts[i]->late)
            notice.workdays_left = -1; /* so that it looks as pressing as its worst case */
    }
    write_body(first, config, first->way, &notice);
    first->carries = list_notifications(drafts, count);
    for (size_t i = 1; first->body == NULL && i < count; i++)
        decide(drafts[i], first->outcome);
}

/* "normal=120 yellow=12 red=5", as duban.intake_baseline_done writes it. */
static size_t read_counts(const struct config *config, char *detail,
                          struct notice_count counts[LEVELS_MOST])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(detail, " ", &rest); word && count < LEVELS_MOST;
         word = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(word, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        counts[count++] = (struct notice_count){
            .level = word, .label = label_of(config, word), .clocks = atoll(equals + 1)};
    }
    return count;
}

static const struct channel *channel_of(struct draft *draft, const struct config *config)
{
    const struct channel *channel = config_channel(config, draft->channel);
    if (channel == NULL)
        decide(draft, "cancelled: its channel is no longer configured");
    return channel;
}

/* An irregularity is a fact of the ledger: it is told whatever has become of the case since. */
static void compose_irregular(struct draft *draft, const struct config *config,
                              const struct channel *channel, const struct facts *facts)
{
    AUTO_BUF words;
    buf_init(&words, BODY_BYTES_MOST);
    irregularity_words(config, draft->kind, draft->detail, draft->event_at, config->locale, &words);
    struct notice notice = notice_of(draft, config);
    notice.facts = facts;
    notice.level_label = locale_event(draft->kind, config->locale);
    notice.clock = notice.clock_label = "";
    notice.due_at = WALL_NONE;
    notice.detail = buf_string(&words);
    notice.finding = draft->detail;
    write_body(draft, config, channel, &notice);
    if (draft_is_gathered(draft))
        note_line(draft, config, &notice);
}

void draft_compose_gone(struct draft *draft, const struct config *config)
{
    const struct channel *channel = channel_of(draft, config);
    struct facts facts;
    facts_bare(&facts, draft->case_no);
    if (channel && find_address(draft, channel, &facts))
        compose_irregular(draft, config, channel, &facts);
}

void draft_compose(struct draft *draft, const struct config *config)
{
    const struct channel *channel = channel_of(draft, config);
    if (channel == NULL || !find_address(draft, channel, NULL))
        return;
    if (draft_is_irregular(draft)) {
        compose_irregular(draft, config, channel, NULL);
        return;
    }
    struct notice notice = notice_of(draft, config);
    AUTO_FREE char *detail = mem_text(draft->detail);
    struct notice_count counts[LEVELS_MOST];
    if (strcmp(draft->kind, "baseline") == 0) {
        notice.count = read_counts(config, detail, counts);
        notice.counts = counts;
    }
    write_body(draft, config, channel, &notice);
}

/* That a level is cleared since its case no longer has the clock: nothing more can be computed. */
static bool is_dropped(const struct draft *draft, const struct config_clock *clock_config)
{
    return (draft->hash == 0 || clock_config == NULL) && strcmp(draft->kind, "cleared") == 0;
}

static bool compose_dropped(struct draft *draft, const struct config *config,
                            const struct channel *channel, const struct facts *facts)
{
    if (!find_address(draft, channel, facts))
        return true;
    const struct config_clock *clock_config = config_clock_named(config, draft->clock);
    struct notice notice = notice_of(draft, config);
    notice.facts = facts;
    notice.clock_label = clock_config ? clock_config->label : draft->clock;
    write_body(draft, config, channel, &notice);
    if (draft_is_gathered(draft))
        note_line(draft, config, &notice);
    return true;
}

bool draft_compose_case(struct draft *draft, const struct config *config, const struct facts *facts,
                        wall_us now)
{
    const struct channel *channel = channel_of(draft, config);
    const struct config_clock *clock_config = config_clock_named(config, draft->clock);
    if (channel == NULL)
        return true;
    if (draft_is_irregular(draft)) {
        if (find_address(draft, channel, facts))
            compose_irregular(draft, config, channel, facts);
        return true;
    }
    if (is_dropped(draft, clock_config))
        return compose_dropped(draft, config, channel, facts);
    if (clock_config == NULL) {
        decide(draft, "cancelled: its clock is no longer configured");
        return true;
    }
    struct case_clock clock;
    if (!case_clock_replay(clock_config, facts, now, &clock, NULL) || clock.hash != draft->hash)
        return false;
    /* The escalator is about to say that another level holds, and this one is stale. */
    if (clock.condition == CLOCK_RUNNING && is_warning(draft) &&
        clock.state.rank != policy_rank(clock.rule.policy, draft->level))
        return true;
    if (!find_address(draft, channel, facts))
        return true;
    struct notice notice = notice_of(draft, config);
    notice.facts = facts;
    const char *phone;
    find_person(draft->role, facts, &notice.recipient_name, &phone);
    notice.level_label = label_of(config, draft->level);
    notice.clock_label = clock_config->label;
    notice.zone = calendar_zone(clock.rule.calendar);
    notice.due_at = clock.state.due_at;
    notice.workdays_left = clock.state.workdays_left;
    notice.open_left = clock.state.open_left;
    write_body(draft, config, channel, &notice);
    if (draft_is_gathered(draft))
        note_line(draft, config, &notice);
    return true;
}
