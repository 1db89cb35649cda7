/* Group robots of Feishu 飞书: a card whose header has the colour; timestamp and signature are
 * members of the body, put there for each attempt. */
#include "duban/channel_feishu.h"

#include "duban/mem.h"
#include "duban/robot.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* The request may have 20 KB. JSON at most doubles a byte of text (quotes, backslashes, line
 * ends), and the rest of the body has less than 2000. */
#define TEXT_BYTES_MOST 9000

#define ID_PREFIX     "ou_"
#define ID_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ID_BYTES_MOST 48

#define MINUTE_US (60 * US_PER_S)

#define AT(field) offsetof(struct robot_options, field)

static const struct setting settings[] = {
    {"url", SETTING_SECRET, AT(url), .help = "the robot's whole webhook URL"},
    {"secret", SETTING_SECRET, AT(secret), .optional = true,
     .help = "when the robot's security setting is a signature (签名校验)"},
    {"title", SETTING_TEXT, AT(title), "督办",
     .help = "begins every headline; a keyword (自定义关键词) of the robot belongs here"},
    {"mention", SETTING_OTHER, .optional = true,
     .help = "list of open ids (ou_…) of staff in the group, who are mentioned in warnings"},
};

static bool check_id(const char *entry, struct error *error)
{
    size_t prefix = strlen(ID_PREFIX), length = strlen(entry);
    bool fine = strncmp(entry, ID_PREFIX, prefix) == 0 && length > prefix &&
                length <= ID_BYTES_MOST &&
                entry[prefix + strspn(entry + prefix, ID_CHARACTERS)] == 0;
    return fine || error_set(error, "expected a member's open id, which begins with ou_");
}

static bool read_mentions(void *options, const struct yaml_node *map, struct problems *problems)
{
    return robot_read_mentions(options, map, check_id, problems);
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    return robot_check(options, node, problems);
}

/* --- the message --- */

static const char *const colours[] = {
    [ROBOT_GOOD] = "green",
    [ROBOT_WARNING] = "yellow",
    [ROBOT_ALARM] = "red",
};

static json_t *make_block(const char *tag, const char *content)
{
    return json_pack("{s:s, s:{s:s, s:s}}", "tag", "div", "text", "tag", tag, "content", content);
}

static json_t *make_mentions(const struct robot_options *robot)
{
    AUTO_BUF text;
    buf_init(&text, (size_t)2 * ROBOT_MENTIONS_MOST * ID_BYTES_MOST);
    for (size_t i = 0; i < robot->mention_count; i++)
        buf_format(&text, "<at id=%s></at>", robot->mentions[i]);
    return make_block("lark_md", buf_string(&text));
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    static const struct robot_dialect plain = {.line = "\n", .bytes_most = TEXT_BYTES_MOST};
    const struct robot_options *robot = channel->options;
    struct robot_words words;
    robot_words_init(&words, robot, wording, &plain);
    json_t *elements = json_array();
    json_array_append_new(elements, make_block("plain_text", words.text));
    if (robot_mentions(robot, wording))
        json_array_append_new(elements, make_mentions(robot));
    json_t *header = json_pack("{s:{s:s, s:s}, s:s}", "title", "tag", "plain_text", "content",
                               words.headline, "template", colours[words.tone]);
    robot_add_json(body, json_pack("{s:s, s:{s:o, s:o}}", "msg_type", "interactive", "card",
                                   "header", header, "elements", elements));
    robot_words_finish(&words);
    return true;
}

/* --- the request --- */

/* The body with the signature as its first members. What is signed is nothing, by a key that has
 * the time in it. */
static char *sign(const struct message *message, const char *secret, wall_us now)
{
    char signature[ROBOT_SIGNATURE_BYTES];
    int64_t now_s = now / US_PER_S;
    char *key = mem_format("%" PRId64 "\n%s", now_s, secret);
    robot_sign(key, "", signature);
    explicit_bzero(key, strlen(key));
    free(key);
    return mem_format("{\"timestamp\":\"%" PRId64 "\",\"sign\":\"%s\",%s", now_s, signature,
                      message->body + 1);
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct robot_options *robot = channel->options;
    if (message->body[0] != '{')
        return error_set(error, "the body is not a card");
    robot_post(request, mem_text(robot->url), message,
               robot->secret ? sign(message, robot->secret, now) : NULL);
    return true;
}

/* --- the reply --- */

static const struct robot_rule rules[] = {
    {11232, NULL, VERDICT_THROTTLED, MINUTE_US}, /* more than 5 a second, 100 a minute */
    {ROBOT_ANY, "frequency limited", VERDICT_THROTTLED, MINUTE_US},
    {19001, NULL, VERDICT_REJECTED, 0},  /* no such robot */
    {19007, NULL, VERDICT_REJECTED, 0},  /* the robot is stopped */
    {19021, NULL, VERDICT_REJECTED, 0},  /* signature, or the time is an hour off */
    {19022, NULL, VERDICT_REJECTED, 0},  /* our address is not allowed */
    {19024, NULL, VERDICT_REJECTED, 0},  /* keyword */
    {9499, NULL, VERDICT_PERMANENT, 0},  /* not the JSON that it expects, or too long */
    {11246, NULL, VERDICT_PERMANENT, 0}, /* not the card that it expects */
};

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    static const struct robot_reply provider = {"code", "msg", rules, COUNT_OF(rules)};
    static const struct robot_reply former = {"StatusCode", "StatusMessage", rules,
                                              COUNT_OF(rules)};
    bool has_code = strstr(reply->body, "\"code\"") != NULL;
    robot_judge(has_code ? &provider : &former, reply, outcome);
}

const struct channel_type channel_feishu = {
    .name = CHANNEL_FEISHU,
    .gathers = true,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct robot_options),
    .rate = {2, {{100, 60 * US_PER_S}, {5, US_PER_S}}},
    .read = read_mentions,
    .check = check,
    .compose = compose,
    .check_address = robot_check_address,
    .request = request,
    .verdict = verdict,
};
