/* Group robots of WeCom 企业微信: markdown, or plain text where somebody is mentioned. Requests
 * aren't signed: the key in the URL is the secret. */
#include "duban/channel_wecom.h"

#include "duban/mem.h"
#include "duban/robot.h"

#include <jansson.h>
#include <string.h>

/* Of the content alone, in bytes. The markup around it has less than 100. */
#define MARKDOWN_BYTES_MOST (4096 - 100)
#define TEXT_BYTES_MOST     (2048 - 10)

#define MINUTE_US (60 * US_PER_S)

#define AT(field) offsetof(struct robot_options, field)

static const struct setting settings[] = {
    {"url", SETTING_SECRET, AT(url), .help = "the robot's whole webhook URL with its key"},
    {"title", SETTING_TEXT, AT(title), "督办", .help = "begins every headline"},
    {"mention", SETTING_OTHER, .optional = true,
     .help = "list of mobile numbers of staff in the group, who are mentioned in warnings; these "
             "are then plain text, without colour"},
};

static bool read_mentions(void *options, const struct yaml_node *map, struct problems *problems)
{
    return robot_read_mentions(options, map, robot_check_phone, problems);
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    return robot_check(options, node, problems);
}

/* --- the message --- */

/* The three colours that there are: green, grey, orange red. */
static const char *const colours[] = {
    [ROBOT_GOOD] = "info",
    [ROBOT_WARNING] = "warning",
    [ROBOT_ALARM] = "warning",
};

static json_t *make_markdown(const struct robot_words *words)
{
    AUTO_FREE char *content = mem_format("**<font color=\"%s\">%s</font>**\n%s",
                                         colours[words->tone], words->headline, words->text);
    return json_pack("{s:s, s:{s:s}}", "msgtype", "markdown", "markdown", "content", content);
}

/* Only messages of this kind mention members by their numbers. */
static json_t *make_text(const struct robot_words *words, const struct robot_options *robot)
{
    AUTO_FREE char *content = mem_format("%s\n%s", words->headline, words->text);
    json_t *mobiles = json_array();
    for (size_t i = 0; i < robot->mention_count; i++)
        json_array_append_new(mobiles, json_string(robot->mentions[i]));
    return json_pack("{s:s, s:{s:s, s:o}}", "msgtype", "text", "text", "content", content,
                     "mentioned_mobile_list", mobiles);
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    static const struct robot_dialect markdown = {
        .markdown = true, .line = "\n", .bytes_most = MARKDOWN_BYTES_MOST};
    static const struct robot_dialect plain = {.line = "\n", .bytes_most = TEXT_BYTES_MOST};
    const struct robot_options *robot = channel->options;
    bool mention = robot_mentions(robot, wording);
    struct robot_words words;
    robot_words_init(&words, robot, wording, mention ? &plain : &markdown);
    robot_add_json(body, mention ? make_text(&words, robot) : make_markdown(&words));
    robot_words_finish(&words);
    return true;
}

/* --- the request and the reply --- */

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    (void)now, (void)error;
    const struct robot_options *robot = channel->options;
    robot_post(request, mem_text(robot->url), message, NULL);
    return true;
}

static const struct robot_rule rules[] = {
    {ROBOT_ANY, "exceed max length", VERDICT_PERMANENT, 0}, /* comes as 40058, and as 93000 */
    {45009, NULL, VERDICT_THROTTLED, MINUTE_US},            /* more than 20 a minute */
    {45033, NULL, VERDICT_THROTTLED, MINUTE_US},            /* too many at a time */
    {93000, NULL, VERDICT_REJECTED, 0},  /* wrong URL, or the robot was removed */
    {93004, NULL, VERDICT_REJECTED, 0},  /* the robot is stopped */
    {93008, NULL, VERDICT_REJECTED, 0},  /* the robot isn't in the group */
    {60020, NULL, VERDICT_REJECTED, 0},  /* our address is not allowed */
    {40008, NULL, VERDICT_PERMANENT, 0}, /* msgtype */
    {40058, NULL, VERDICT_PERMANENT, 0}, /* a parameter, as the content's length */
    {44004, NULL, VERDICT_PERMANENT, 0}, /* no content */
    {45002, NULL, VERDICT_PERMANENT, 0}, /* too long */
    {47001, NULL, VERDICT_PERMANENT, 0}, /* not the JSON that it expects */
};

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    static const struct robot_reply provider = {"errcode", "errmsg", rules, COUNT_OF(rules)};
    robot_judge(&provider, reply, outcome);
}

const struct channel_type channel_wecom = {
    .name = CHANNEL_WECOM,
    .gathers = true,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct robot_options),
    .rate = {1, {{20, 60 * US_PER_S}}},
    .read = read_mentions,
    .check = check,
    .compose = compose,
    .check_address = robot_check_address,
    .request = request,
    .verdict = verdict,
};
