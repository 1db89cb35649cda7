/* Irregularities in words: a table of texts with placeholders {KEY} or {KEY:KIND}, KEY being one of
 * the detail's JSON. */
#include "duban/irregularity_words.h"

#include "duban/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct text {
    const char *kind, *how; /* `how` of the detail; NULL: any */
    const char *texts[LOCALES];
};

/* The first row that fits counts. */
static const struct text texts[] = {
    {"second_supplement",
     NULL,
     {"第{count}次要求{reason}（至多{most}次）",
      "papers asked for {count} times, at most {most} allowed"}},
    {"suspension_too_long",
     NULL,
     {"{reason}停表自{from:date}起，超过{longest:limit}",
      "suspension ({reason}) since {from:date} is longer than {longest:limit}"}},
    {"late_suspension",
     NULL,
     {"到期前{within:limit}内才停表（{reason}，{from:time}）",
      "suspended ({reason}) at {from:time}, within the last {within:limit} before due"}},
    {"deadline_changed",
     "moved",
     {"{level:level}后到期由{old:due}改为{new:due}",
      "due moved from {old:due} to {new:due} after {level:level}"}},
    {"deadline_changed",
     NULL,
     {"{level:level}后改了受理时间或时限", "start or limit changed after {level:level}"}},
    {"extension_refused",
     "no_approver",
     {"延期{more:limit}没有批准人，不计入",
      "extension of {more:limit} without an approver isn't counted"}},
    {"extension_refused",
     "no_reason",
     {"延期{more:limit}没有理由，不计入",
      "extension of {more:limit} without a reason isn't counted"}},
    {"extension_refused",
     "other_unit",
     {"延期{more:limit}与时限单位不同，不计入",
      "extension of {more:limit} in another unit than the limit isn't counted"}},
    {"extension_refused",
     NULL,
     {"延期{more:limit}超出允许，超出部分不计入",
      "extension of {more:limit} is more than allowed; the rest isn't counted"}},
    {"due_differs",
     NULL,
     {"审批系统记{theirs:day}到期，督办算得{ours:day}",
      "due on {theirs:day} by the approval system, on {ours:day} by our count"}},
    {"stages_out_of_order",
     "before",
     {"{later:stage}时间早于{earlier:stage}", "{later:stage} lies before {earlier:stage}"}},
    {"stages_out_of_order",
     NULL,
     {"{earlier:stage}与{later:stage}时间相同",
      "{earlier:stage} and {later:stage} at the same time"}},
    {"completed_before_accepted",
     NULL,
     {"办结（{completed:time}）早于受理（{accepted:time}）",
      "completed ({completed:time}) before it was accepted ({accepted:time})"}},
    {"completed_without_processing",
     NULL,
     {"已办结，却无承办、审核、批准记录", "completed without processing, review or approval"}},
    {"accepted_late",
     "late",
     {"收件后超过{after:limit}才受理（{accepted:date}）",
      "accepted ({accepted:date}) more than {after:limit} after reception"}},
    {"accepted_late",
     NULL,
     {"收件后超过{after:limit}未受理，也未告知补正",
      "neither accepted nor papers asked for {after:limit} after reception"}},
    {"returned_without_notice",
     NULL,
     {"退件未说明理由，也未一次性告知", "returned with neither a reason nor a notice"}},
    {"vanished_case",
     NULL,
     {"尚未办结，已从审批系统消失", "has left the approval system while it was open"}},
    {"vanished_after_level",
     NULL,
     {"{level:level}后从审批系统消失", "has left the approval system after {level:level}"}},
    {"reopened_after_level",
     NULL,
     {"{level:level}后办结，又重新打开", "ended after {level:level}, and was opened again"}},
    {"two_windows",
     NULL,
     {"两头受理：另在{window}（{case}）", "also received at {window} (case {case})"}},
    {"last_hour_window",
     NULL,
     {"{month:month}办结{completed}件，{last_hour}件在到期前{within:limit}内",
      "{last_hour} of {completed} cases of {month:month} completed within the last {within:limit} "
      "before due"}},
};

struct speech {
    const struct config *config;
    const json_t *detail;
    wall_us today;
    enum locale locale;
    const struct zone *zone; /* NULL: UTC */
    struct buf *out;
};

/* --- values --- */

typedef void say(const struct speech *speech, const json_t *value);

static const char *text_of(const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : "";
}

static void say_plain(const struct speech *speech, const json_t *value)
{
    if (json_is_integer(value))
        buf_format(speech->out, "%lld", (long long)json_integer_value(value));
    else
        buf_text(speech->out, text_of(value));
}

static void add_date(const struct speech *speech, const json_t *value, span_us before)
{
    wall_us at;
    if (speech->zone && instant_parse(text_of(value), &at, NULL))
        locale_date(speech->out, at - before, speech->today, speech->zone, speech->locale);
    else
        buf_text(speech->out, text_of(value));
}

static void say_date(const struct speech *speech, const json_t *value)
{
    add_date(speech, value, 0);
}

/* What is due at midnight is due on the day that ends. */
static void say_due(const struct speech *speech, const json_t *value)
{
    add_date(speech, value, 1);
}

static void say_time(const struct speech *speech, const json_t *value)
{
    wall_us at;
    if (speech->zone && instant_parse(text_of(value), &at, NULL))
        locale_deadline(speech->out, at, speech->today, speech->zone, speech->locale);
    else
        buf_text(speech->out, text_of(value));
}

/* A day without a time: "2026-06-09". */
static void say_day(const struct speech *speech, const json_t *value)
{
    day_number day;
    if (speech->zone && day_parse(text_of(value), &day, NULL))
        locale_date(speech->out, zone_first(speech->zone, day, 0), speech->today, speech->zone,
                    speech->locale);
    else
        buf_text(speech->out, text_of(value));
}

/* "2026-06" */
static void say_month(const struct speech *speech, const json_t *value)
{
    int year, month;
    if (speech->locale == LOCALE_ZH_CN && sscanf(text_of(value), "%4d-%2d", &year, &month) == 2)
        buf_format(speech->out, "%d年%d月", year, month);
    else
        buf_text(speech->out, text_of(value));
}

static void say_limit(const struct speech *speech, const json_t *value)
{
    struct limit limit = {.value = (int32_t)json_integer_value(json_object_get(value, "value"))};
    if (limit_unit_parse(text_of(json_object_get(value, "unit")), &limit.unit, NULL))
        locale_limit(speech->out, limit, speech->locale);
}

static void say_stage(const struct speech *speech, const json_t *value)
{
    buf_text(speech->out, locale_stage(text_of(value), speech->locale));
}

static void say_level(const struct speech *speech, const json_t *value)
{
    for (size_t p = 0; speech->config && p < speech->config->policy_count; p++) {
        const struct config_policy *policy = &speech->config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++) {
            if (strcmp(policy->policy.levels[i].name, text_of(value)) == 0) {
                buf_text(speech->out, policy->levels[i].label);
                return;
            }
        }
    }
    buf_text(speech->out, text_of(value));
}

static const struct {
    const char *name;
    say *say;
} kinds[] = {
    {"", say_plain},      {"date", say_date},   {"due", say_due},
    {"time", say_time},   {"day", say_day},     {"month", say_month},
    {"limit", say_limit}, {"stage", say_stage}, {"level", say_level},
};

/* --- texts --- */

/* "KEY" or "KEY:KIND". */
static void say_placeholder(const struct speech *speech, const char *name, size_t length)
{
    char key[32];
    snprintf(key, sizeof key, "%.*s", (int)length, name);
    char *kind = strchr(key, ':');
    if (kind)
        *kind++ = '\0';
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, kind ? kind : "") == 0)
            kinds[i].say(speech, json_object_get(speech->detail, key));
}

static void say_text(const struct speech *speech, const char *text)
{
    for (const char *brace; (brace = strchr(text, '{')) != NULL;) {
        size_t length = strcspn(brace + 1, "}");
        buf_add(speech->out, text, (size_t)(brace - text));
        say_placeholder(speech, brace + 1, length);
        text = brace + length + 2;
    }
    buf_text(speech->out, text);
}

static const struct text *find(const char *kind, const char *how)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(texts[i].kind, kind) == 0 &&
            (texts[i].how == NULL || strcmp(texts[i].how, how) == 0))
            return &texts[i];
    return NULL;
}

void irregularity_words(const struct config *config, const char *kind, const char *detail,
                        wall_us today, enum locale locale, struct buf *out)
{
    json_t *object = json_loads(detail, JSON_REJECT_DUPLICATES, NULL);
    const struct text *text = find(kind, text_of(json_object_get(object, "how")));
    const struct speech speech = {
        .config = config,
        .detail = object,
        .today = today,
        .locale = locale,
        .zone = config ? calendar_zone(config->calendar) : NULL,
        .out = out,
    };
    if (object && text)
        say_text(&speech, text->texts[locale]);
    else
        buf_text(out, detail);
    json_decref(object);
}
