/* What the group robots have in common: words, signatures, requests, settings. */
#include "duban/robot.h"

#include "duban/mask.h"
#include "duban/mem.h"
#include "duban/phone.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#define ELLIPSIS         "…"
#define TEXT_BYTES_MOST  ((size_t)256 * 1024) /* before it is cut */
#define LABEL_BYTES_MOST 90                   /* of what has happened, in the headline */
#define URL_BYTES_MOST   1600                 /* leaves room for what a signature adds */

/* --- the headline --- */

struct happening {
    const char *kind;
    enum robot_tone tone;
    bool mention;
    const char *words[LOCALES]; /* NULL: the level's label */
};

/* The last row is every level that was raised. */
static const struct happening happenings[] = {
    {"completed", ROBOT_GOOD, false, {"办结", "completed"}},
    {"cleared", ROBOT_GOOD, false, {"预警解除", "warning cleared"}},
    {"level_withdrawn", ROBOT_GOOD, false, {"摘牌", "level withdrawn"}},
    {"reopened", ROBOT_WARNING, true, {"重新办理", "reopened"}},
    {"tacit_approval", ROBOT_ALARM, true, {"超时默许建议", "tacit approval proposed"}},
    {"reminder", ROBOT_WARNING, true, {"催办", "reminder"}},
    {"test", ROBOT_GOOD, false, {"测试消息", "test message"}},
    {"baseline", ROBOT_WARNING, true, {"首次核查", "first check"}},
    {"calendar_ending", ROBOT_WARNING, true, {"工作日历即将用完", "calendar ending"}},
    {"beyond_calendar", ROBOT_ALARM, true, {"工作日历已用完", "beyond the calendar"}},
    {"digest", ROBOT_WARNING, true, {"督办汇总", "digest"}},
    {"alarm", ROBOT_ALARM, true, {"系统告警", "system alarm"}},
    {"alarm_over", ROBOT_GOOD, false, {"告警解除", "alarm over"}},
    {"selftest", ROBOT_GOOD, false, {"系统自检", "self-test"}},
    {NULL, ROBOT_WARNING, true, {NULL, NULL}},
};

static const struct happening *find_happening(const char *kind)
{
    const struct happening *happening = happenings;
    while (happening->kind && strcmp(happening->kind, kind) != 0)
        happening++;
    return happening;
}

static enum robot_tone tone_of(const struct happening *happening, const struct notice *notice)
{
    bool of_level =
        happening->kind == NULL || notice->reminder > 0 || strcmp(happening->kind, "digest") == 0;
    return of_level && notice_is_overdue(notice) ? ROBOT_ALARM : happening->tone;
}

const char *robot_label(const struct wording *wording)
{
    const char *words = find_happening(wording->notice->kind)->words[wording->locale];
    return words ? words : wording->notice->level_label;
}

/* --- the text --- */

/* The full-width twins of characters that are markup to one of the providers. */
static const char *twin_of(uint32_t character)
{
    static const struct {
        char plain;
        const char *twin;
    } twins[] = {{'<', "＜"}, {'>', "＞"}, {'[', "［"},  {']', "］"}, {'*', "＊"},
                 {'`', "｀"}, {'~', "～"}, {'\\', "＼"}, {'&', "＆"}, {'#', "＃"}};
    for (size_t i = 0; i < COUNT_OF(twins); i++)
        if (character == (unsigned char)twins[i].plain)
            return twins[i].twin;
    return NULL;
}

/* Appends the text as the dialect can carry it: valid, without control characters, and in markdown
 * without anything that takes effect: a name from another database makes no link and mentions
 * nobody. */
static void add_clean(struct buf *out, const char *text, const struct robot_dialect *dialect)
{
    AUTO_BUF valid;
    buf_init(&valid, TEXT_BYTES_MOST);
    utf8_add(&valid, text);
    for (const char *at = buf_string(&valid), *next = at; *at; at = next) {
        uint32_t character = utf8_read(&next);
        const char *twin = dialect->markdown ? twin_of(character) : NULL;
        if (twin)
            buf_text(out, twin);
        else if (character == '\n')
            buf_text(out, dialect->line);
        else if (character < ' ' || character == 0x7F)
            buf_char(out, ' ');
        else
            buf_add(out, at, (size_t)(next - at));
    }
}

/* The text in at most so many bytes; the caller owns it. */
static char *cut(const char *text, size_t bytes_most)
{
    if (strlen(text) <= bytes_most)
        return mem_text(text);
    size_t kept = utf8_cut(text, bytes_most - strlen(ELLIPSIS));
    return mem_format("%.*s" ELLIPSIS, (int)kept, text);
}

static char *make_headline(const struct robot_options *options, const struct wording *wording,
                           const struct robot_dialect *dialect)
{
    const struct robot_dialect one_line = {.markdown = dialect->markdown, .line = " "};
    AUTO_BUF label, headline;
    buf_init(&label, TEXT_BYTES_MOST);
    buf_init(&headline, TEXT_BYTES_MOST);
    add_clean(&label, robot_label(wording), &one_line);
    AUTO_FREE char *short_label = cut(buf_string(&label), LABEL_BYTES_MOST);
    add_clean(&headline, options->title, &one_line);
    buf_format(&headline, "%s%s", wording->locale == LOCALE_EN ? ": " : "：", short_label);
    return buf_take(&headline);
}

/* The template on the notice without its persons. */
static char *make_text(const struct wording *wording, const struct robot_dialect *dialect,
                       size_t bytes_most)
{
    struct notice notice = *wording->notice;
    AUTO_FREE struct facts *facts = mem_zero(1, sizeof *facts);
    if (notice.facts) {
        *facts = *notice.facts;
        mask_persons(facts);
        notice.detail = ""; /* of a withdrawal: who did it */
        if (role_is_person(notice.role))
            notice.recipient_name = "";
        notice.facts = facts;
    }
    AUTO_BUF rendered, clean;
    buf_init(&rendered, TEXT_BYTES_MOST);
    buf_init(&clean, 3 * TEXT_BYTES_MOST);
    template_render(wording->text, &notice, wording->locale, 0, &rendered);
    add_clean(&clean, buf_string(&rendered), dialect);
    return cut(buf_string(&clean), bytes_most);
}

void robot_words_init(struct robot_words *words, const struct robot_options *options,
                      const struct wording *wording, const struct robot_dialect *dialect)
{
    const struct happening *happening = find_happening(wording->notice->kind);
    char *headline = make_headline(options, wording, dialect);
    *words = (struct robot_words){
        .tone = tone_of(happening, wording->notice),
        .headline = headline,
        .text = make_text(wording, dialect, dialect->bytes_most - strlen(headline)),
    };
}

void robot_words_finish(struct robot_words *words)
{
    free(words->headline);
    free(words->text);
    *words = (struct robot_words){0};
}

bool robot_mentions(const struct robot_options *options, const struct wording *wording)
{
    return options->mention_count > 0 && find_happening(wording->notice->kind)->mention;
}

static int append(const char *bytes, size_t length, void *out)
{
    return buf_add(out, bytes, length) ? 0 : -1;
}

void robot_add_json(struct buf *body, json_t *json)
{
    json_dump_callback(json, append, body, JSON_COMPACT);
    json_decref(json);
}

/* --- settings --- */

bool robot_check_phone(const char *entry, struct error *error)
{
    char phone[PHONE_BYTES];
    if (!phone_read(entry, phone, error))
        return false;
    return strcmp(entry, phone) == 0 ||
           error_set(error, "expected a mobile number of a member in plain digits: %s", phone);
}

bool robot_read_mentions(struct robot_options *options, const struct yaml_node *map,
                         bool (*check)(const char *entry, struct error *error),
                         struct problems *problems)
{
    const struct yaml_node *list = yaml_get(map, "mention");
    size_t before = problems->total;
    if (list == NULL)
        return true;
    if (!yaml_expect(list, YAML_LIST, problems))
        return false;
    if (list->count > ROBOT_MENTIONS_MOST)
        yaml_problem(list, problems, "mentions %zu; expected %d at most", list->count,
                     ROBOT_MENTIONS_MOST);
    for (size_t i = 0; i < list->count && problems->total == before; i++) {
        struct error error;
        const char *entry;
        if (!yaml_read_text(list->values[i], &entry, problems))
            break;
        if (check(entry, &error))
            options->mentions[options->mention_count++] = entry;
        else
            yaml_problem(list->values[i], problems, "mention: %s", error.text);
    }
    return problems->total == before;
}

bool robot_check(const struct robot_options *options, const struct yaml_node *node,
                 struct problems *problems)
{
    size_t before = problems->total;
    size_t title = strlen(options->title);
    struct error error;
    if (!url_check(options->url, &error))
        yaml_problem(node, problems, "url: %s", error.text);
    else if (strlen(options->url) > URL_BYTES_MOST)
        yaml_problem(node, problems, "url: longer than %d bytes", URL_BYTES_MOST);
    if (title == 0 || title > ROBOT_TITLE_BYTES)
        yaml_problem(node, problems, "title: has %zu bytes; expected 1 to %d", title,
                     ROBOT_TITLE_BYTES);
    if (yaml_get(node, "include_applicant"))
        yaml_problem(node, problems, "include_applicant: a robot is told no personal data");
    return problems->total == before;
}

bool robot_check_address(const char *address, struct error *error)
{
    return strcmp(address, "on") == 0 ||
           error_set(error, "expected the word on: the robot's own URL is a secret of its channel");
}

/* --- requests --- */

const char *robot_sign(const char *key, const char *text, char signature[ROBOT_SIGNATURE_BYTES])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, strlen(text),
              digest, NULL))
        abort(); /* only out of memory */
    EVP_EncodeBlock((unsigned char *)signature, digest, sizeof digest);
    return signature;
}

void robot_post(struct http_request *request, char *url, const struct message *message,
                char *made_body)
{
    *request = (struct http_request){
        .method = "POST",
        .body = made_body ? made_body : message->body,
        .body_length = made_body ? strlen(made_body) : message->body_length,
        .made_body = made_body,
        .fresh_connection = true,
    };
    request->url = url;
    http_request_header(request, "Content-Type", "application/json; charset=utf-8");
}
