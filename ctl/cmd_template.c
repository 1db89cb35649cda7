/* dubanctl template preview: what the configuration makes of a sample case, as each text channel
 * sends and bills it. */
#include "database.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/sms_body.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (16u << 20)
#define BODY_BYTES_MOST 65536

/* Which routes are shown; NULL for all. */
struct filter {
    const char *kind, *role, *channel;
};

/* --- the sample --- */

static wall_us at(const char *text)
{
    wall_us instant;
    return instant_parse(text, &instant, NULL) ? instant : WALL_NONE;
}

static struct facts sample_facts(bool completed)
{
    struct facts facts = {
        .case_no = "FC202611160083",
        .item_code = "36-0117-002",
        .item_name = "食品经营许可证核发",
        .kind = "promised",
        .department_code = "SCJG",
        .window_code = "SCJG-03",
        .handler_name = "李明",
        .handler_phone = "",
        .applicant_name = "张小三",
        .applicant_phone = "",
        .stage = completed ? "completed" : "review",
        .result = completed ? "准予许可" : "",
        .parent_case_no = "",
        .has_limit = true,
        .limit = {.value = 7, .unit = LIMIT_WORKDAY},
        .has_statutory = true,
        .statutory = {.value = 20, .unit = LIMIT_WORKDAY},
        .promised_due_at = WALL_NONE,
        .status = completed ? CASE_COMPLETED : CASE_OPEN,
    };
    for (int i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = at("2026-11-15T16:20:00+08:00");
    facts.at[MILESTONE_ACCEPTED] = at("2026-11-16T09:30:00+08:00");
    if (completed)
        facts.at[MILESTONE_COMPLETED] = at("2026-11-24T15:40:00+08:00");
    return facts;
}

/* Events that belong to no case. */
static bool is_general(const char *kind)
{
    static const char *const kinds[] = {"baseline", "calendar_ending", "beyond_calendar"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static bool is_withdrawal(const char *kind)
{
    return strcmp(kind, "level_withdrawn") == 0;
}

static bool takes_back(const char *kind)
{
    return is_withdrawal(kind) || strcmp(kind, "cleared") == 0;
}

/* The level of this name in any policy; NULL for events that are none. */
static const struct config_level *find_level(const struct config *config, const char *name,
                                             const struct level **level)
{
    for (size_t p = 0; p < config->policy_count; p++) {
        const struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++) {
            if (strcmp(policy->policy.levels[i].name, name) == 0) {
                *level = &policy->policy.levels[i];
                return &policy->levels[i];
            }
        }
    }
    return NULL;
}

/* `level_name`: the event's kind, or the level that a reminder repeats. */
static struct notice sample_notice(const struct config *config, const struct config_route *route,
                                   const char *level_name, const struct facts *facts)
{
    static const struct notice_count counts[] = {{"yellow", "黄牌", 12}, {"red", "红牌", 5}};
    const struct level *level = NULL;
    const struct config_level *words = find_level(config, level_name, &level);
    bool general = is_general(route->kind),
         late = level && level->unit != THRESHOLD_SHARE && level->amount >= 0;
    return (struct notice){
        .kind = route->kind,
        .level = level ? level->name : "normal",
        .level_label = words ? words->label : "正常",
        .centre = config->centre,
        .clock = "completion",
        .clock_label = "办结",
        .facts = general ? NULL : facts,
        .window_name = general ? "" : "市场监管局3号窗口",
        .department_name = general ? "" : "市场监督管理局",
        .recipient = "SCJG-03",
        .recipient_name = "市场监管局3号窗口",
        .role = route->role,
        .zone = calendar_zone(config->calendar),
        .event_at = at(late ? "2026-11-27T17:00:00+08:00" : "2026-11-20T09:00:00+08:00"),
        .due_at = general ? WALL_NONE : at("2026-11-25T17:00:00+08:00"),
        .workdays_left = late ? -2 : 3,
        .open_left = (late ? -14 : 21) * 3600 * US_PER_S,
        .deadline_version = 1,
        .reminder = strcmp(route->kind, "reminder") == 0,
        .sequence = 1,
        .detail = general                                 ? "cn(2026-12-31)"
                  : irregularity_parse(route->kind, NULL) ? "第2次要求补正（至多1次）"
                  : is_withdrawal(route->kind)            ? "王主任: 日期录错"
                                                          : "",
        .taken = takes_back(route->kind) ? "red" : "",
        .taken_label = takes_back(route->kind) ? "红牌" : "",
        .count = COUNT_OF(counts),
        .counts = counts,
    };
}

/* --- one route --- */

/* The parameters as an array of {"name", "value"}. */
static json_t *parameters(const struct sms_body *body)
{
    json_t *list = json_array();
    const char *name, *value;
    for (size_t i = 0; sms_body_parameter(body, i, &name, &value); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value", value));
    return list;
}

static json_t *described(const struct config_route *route, const char *text, const char *code,
                         json_t *params)
{
    struct sms_size size = sms_bill(route->channel, text);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:o}", "kind", route->kind, "role",
                     route->role, "channel", route->channel->name, "type",
                     route->channel->type->name, "text", text, "units", (json_int_t)size.units,
                     "segments", (json_int_t)size.segments, "code", code, "params", params);
}

/* The body is a short message's, or the text alone. */
static json_t *describe_body(const struct config_route *route, const struct buf *body)
{
    const struct message message = {.body = buf_string(body), .body_length = body->length};
    struct sms_body sms;
    if (!sms_body_read(&message, &sms, NULL))
        return described(route, message.body, "", json_array());
    json_t *json = described(route, sms.text, sms.code, parameters(&sms));
    sms_body_finish(&sms);
    return json;
}

static json_t *describe(const struct config *config, const struct config_route *route,
                        const char *level_name)
{
    struct facts facts = sample_facts(strcmp(route->kind, "completed") == 0);
    const struct notice notice = sample_notice(config, route, level_name, &facts);
    const struct wording wording = {
        .id = "preview",
        .text = config_template(config, route->kind, route->role),
        .code = config_template_code(config, route->kind, route->role),
        .notice = &notice,
        .locale = config->locale,
    };
    struct error error;
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES_MOST);
    if (route->channel->type->compose(route->channel, &wording, &body, &error))
        return describe_body(route, &body);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", route->kind, "role", route->role,
                     "channel", route->channel->name, "type", route->channel->type->name, "error",
                     error.text);
}

/* --- telling --- */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void add_one(struct buf *text, const struct context *context, const json_t *one)
{
    buf_format(text, "%s · %s → %s (%s)\n", text_of(one, "kind"), text_of(one, "role"),
               text_of(one, "channel"), text_of(one, "type"));
    if (text_of(one, "error")) {
        buf_format(text, in_words(context, "  无法发送：%s\n\n", "  can't be sent: %s\n\n"),
                   text_of(one, "error"));
        return;
    }
    buf_format(text, "  %s\n  ", text_of(one, "text"));
    buf_format(text, in_words(context, "%lld 字，计 %lld 条\n", "%lld units, billed as %lld\n"),
               (long long)json_integer_value(json_object_get(one, "units")),
               (long long)json_integer_value(json_object_get(one, "segments")));
    if (*text_of(one, "code"))
        buf_format(text, in_words(context, "  模板 %s\n", "  template %s\n"), text_of(one, "code"));
    const json_t *params = json_object_get(one, "params");
    for (size_t i = 0; i < json_array_size(params); i++)
        buf_format(text, "    {%zu} %s = %s\n", i + 1, text_of(json_array_get(params, i), "name"),
                   text_of(json_array_get(params, i), "value"));
    buf_char(text, '\n');
}

static int tell(const struct context *context, const json_t *previews)
{
    if (context->json)
        return tell_json(previews);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    for (size_t i = 0; i < json_array_size(previews); i++)
        add_one(&text, context, json_array_get(previews, i));
    return tell_text(&text);
}

static bool fits(const char *wanted, const char *name)
{
    return wanted == NULL || strcmp(wanted, name) == 0;
}

/* `level_name` NULL: the events themselves. */
static void add_previews(json_t *previews, const struct config *config,
                         const struct config_route *routes, size_t count, const char *level_name,
                         const struct filter *filter)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_route *route = &routes[i];
        if (route->channel->type->billing && fits(filter->kind, route->kind) &&
            fits(filter->role, route->role) && fits(filter->channel, route->channel->name))
            json_array_append_new(previews,
                                  describe(config, route, level_name ? level_name : route->kind));
    }
}

static int preview(const struct context *context, const struct filter *filter)
{
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    json_t *previews = json_array();
    add_previews(previews, config, config->routes, config->route_count, NULL, filter);
    for (size_t i = 0; i < config->reminder_count; i++) {
        const struct config_reminder *reminder = &config->reminders[i];
        add_previews(previews, config, reminder->routes, reminder->route_count, reminder->kind,
                     filter);
    }
    int status = EXIT_FAILED;
    if (json_array_size(previews))
        status = tell(context, previews);
    else
        fputs(in_words(context, "没有这样的短信路由\n",
                       "no route to a channel of short messages fits\n"),
              stderr);
    json_decref(previews);
    config_destroy(config);
    return status;
}

static int run(struct context *context, int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS, {"channel", required_argument, NULL, 'c'}, {0}};
    struct filter filter = {0};
    bool fine = true;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c')
            filter.channel = optarg;
        else
            fine &= common_option(context, option, optarg);
    }
    if (fine && optind < argc && argc <= optind + 3 && strcmp(argv[optind], "preview") == 0) {
        filter.kind = optind + 1 < argc ? argv[optind + 1] : NULL;
        filter.role = optind + 2 < argc ? argv[optind + 2] : NULL;
        return preview(context, &filter);
    }
    fprintf(stderr, "%s dubanctl template preview [KIND] [ROLE] [--channel NAME]\n",
            in_words(context, "用法：", "usage:"));
    return EXIT_USAGE;
}

const struct command template_command = {
    .name = "template",
    .usage = "预览短信：正文、字数、条数、模板参数 / preview short messages, their length and "
             "parameters",
    .run = run,
};
