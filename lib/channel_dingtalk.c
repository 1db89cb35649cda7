/* Group robots of DingTalk 钉钉: markdown; timestamp and signature in the URL. */
#include "duban/channel_dingtalk.h"

#include "duban/mem.h"
#include "duban/robot.h"
#include "duban/url.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* The request may have 20000 bytes. JSON at most doubles a byte of text (quotes, backslashes,
 * line ends), and the rest of the body has less than 2000. */
#define TEXT_BYTES_MOST 9000

/* A robot that sends more than 20 a minute is blocked for ten minutes. */
#define BLOCKED_US (600 * US_PER_S)

#define AT(field) offsetof(struct robot_options, field)

static const struct setting settings[] = {
    {"url", SETTING_SECRET, AT(url), .help = "the robot's whole webhook URL with its access_token"},
    {"secret", SETTING_SECRET, AT(secret), .optional = true,
     .help = "SEC…, when the robot's security setting is a signature (加签)"},
    {"title", SETTING_TEXT, AT(title), "督办",
     .help = "begins every headline; a keyword (自定义关键词) of the robot belongs here"},
    {"mention", SETTING_OTHER, .optional = true,
     .help = "list of mobile numbers of staff in the group, who are mentioned in warnings"},
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

static const char *const colours[] = {
    [ROBOT_GOOD] = "#2E8B57",
    [ROBOT_WARNING] = "#E6A23C",
    [ROBOT_ALARM] = "#D93026",
};

/* A member is mentioned when the text has "@number" and the list has the number. */
static json_t *mention(const struct robot_options *robot, struct buf *text)
{
    json_t *mobiles = json_array();
    for (size_t i = 0; i < robot->mention_count; i++) {
        buf_format(text, "%s@%s", i ? " " : "\n\n", robot->mentions[i]);
        json_array_append_new(mobiles, json_string(robot->mentions[i]));
    }
    return json_pack("{s:o, s:b}", "atMobiles", mobiles, "isAtAll", false);
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    static const struct robot_dialect dialect = {
        .markdown = true, .line = "\n\n", .bytes_most = TEXT_BYTES_MOST};
    const struct robot_options *robot = channel->options;
    struct robot_words words;
    robot_words_init(&words, robot, wording, &dialect);
    AUTO_BUF text;
    buf_init(&text, (size_t)2 * TEXT_BYTES_MOST);
    buf_format(&text, "#### <font color=\"%s\">%s</font>\n\n%s", colours[words.tone],
               words.headline, words.text);
    json_t *at = robot_mentions(robot, wording) ? mention(robot, &text) : NULL;
    robot_add_json(body, json_pack("{s:s, s:{s:s, s:s}, s:o*}", "msgtype", "markdown", "markdown",
                                   "title", words.headline, "text", buf_string(&text), "at", at));
    robot_words_finish(&words);
    return true;
}

/* --- the request --- */

static void add_signature(struct buf *url, const char *secret, wall_us now)
{
    char signature[ROBOT_SIGNATURE_BYTES];
    int64_t now_ms = now / US_PER_MS;
    char *text = mem_format("%" PRId64 "\n%s", now_ms, secret);
    buf_format(url, "%ctimestamp=%" PRId64 "&sign=", strchr(url->data, '?') ? '&' : '?', now_ms);
    url_encode(url, robot_sign(secret, text, signature));
    explicit_bzero(text, strlen(text));
    free(text);
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct robot_options *robot = channel->options;
    struct buf url;
    buf_init(&url, HTTP_URL_BYTES - 1); /* robot_check() has left room for the signature */
    buf_text(&url, robot->url);
    if (robot->secret)
        add_signature(&url, robot->secret, now);
    (void)error;
    robot_post(request, buf_take(&url), message, NULL);
    return true;
}

/* --- the reply --- */

static const struct robot_rule rules[] = {
    {130101, NULL, VERDICT_THROTTLED, BLOCKED_US}, /* more than 20 a minute */
    {410100, NULL, VERDICT_THROTTLED, BLOCKED_US},
    {310000, NULL, VERDICT_REJECTED, 0},  /* signature, timestamp, keyword or address */
    {300001, NULL, VERDICT_REJECTED, 0},  /* no such token */
    {400013, NULL, VERDICT_REJECTED, 0},  /* the group is dissolved */
    {400101, NULL, VERDICT_REJECTED, 0},  /* no such token */
    {400102, NULL, VERDICT_REJECTED, 0},  /* the robot is stopped */
    {400106, NULL, VERDICT_REJECTED, 0},  /* no such robot */
    {40035, NULL, VERDICT_PERMANENT, 0},  /* not the JSON that it expects */
    {43004, NULL, VERDICT_PERMANENT, 0},  /* content type */
    {400105, NULL, VERDICT_PERMANENT, 0}, /* msgtype */
    {430101, NULL, VERDICT_PERMANENT, 0}, /* unsafe link */
    {430102, NULL, VERDICT_PERMANENT, 0}, /* unfit text */
    {430104, NULL, VERDICT_PERMANENT, 0}, /* unfit content */
    {460101, NULL, VERDICT_PERMANENT, 0}, /* too long */
};

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    static const struct robot_reply provider = {"errcode", "errmsg", rules, COUNT_OF(rules)};
    robot_judge(&provider, reply, outcome);
}

const struct channel_type channel_dingtalk = {
    .name = CHANNEL_DINGTALK,
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
