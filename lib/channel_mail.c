/* E-mail through a mail server (SMTP).
 *
 * After an unclear end a client of SMTP tries again (RFC 5321, 4.5.3.2.6 and 6.1), and all tries
 * carry the same Message-ID, by which a receiver knows a repeat. So mail is repeatable. */
#include "duban/channel_mail.h"

#include "duban/mail_address.h"
#include "duban/mem.h"
#include "duban/mime.h"
#include "duban/outcome.h"
#include "duban/robot.h"
#include "duban/utf8.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#define TEXT_BYTES_MOST    ((size_t)256 * 1024)
#define MESSAGE_BYTES_MOST (2 * TEXT_BYTES_MOST)
#define PREFIX_BYTES_MOST  60
#define NAME_BYTES_MOST    120 /* of the sender */
#define ITEM_BYTES_MOST    90  /* of names in the subject */

#define AT(field) offsetof(struct mail_options, field)

static const char *const tls_words[] = {"starttls", "none", NULL};

static const struct setting settings[] = {
    {"url", SETTING_TEXT, AT(url),
     .help = "the mail server: smtp://HOST:587, or smtps://HOST:465 for TLS from the start"},
    {"tls", SETTING_TEXT, AT(tls), "starttls", .choices = tls_words,
     .help = "of smtp://: STARTTLS, without which nothing is sent; none only on this machine "
             "itself (127.0.0.1, [::1], localhost)"},
    {"username", SETTING_TEXT, AT(username), .optional = true,
     .help = "to log in with; left out when the server asks for no login"},
    {"password", SETTING_SECRET, AT(password), .optional = true, .help = "its password"},
    {"from", SETTING_TEXT, AT(from), .help = "address of the sender"},
    {"from_name", SETTING_TEXT, AT(from_name), .optional = true,
     .help = "name of the sender, as the name of the centre"},
    {"reply_to", SETTING_TEXT, AT(reply_to), .optional = true,
     .help = "address for replies, when it isn't the sender's"},
    {"subject", SETTING_TEXT, AT(subject), "督办", .help = "begins every subject; may be empty"},
    {"helo", SETTING_TEXT, AT(helo), .optional = true,
     .help = "name of this machine in the greeting, for servers that check it; by default its own"},
};

/* --- settings --- */

/* Bytes of the host that begins here, with the brackets of an IPv6 address; 0: there is none. */
static size_t host_length(const char *host)
{
    if (host[0] != '[')
        return strcspn(host, ":/?#@");
    size_t inside = strspn(host + 1, "0123456789abcdefABCDEF:.");
    return inside && host[1 + inside] == ']' ? inside + 2 : 0;
}

/* The host of the URL, which may only be followed by a port. */
static bool read_host(const char *url, char host[MAIL_ADDRESS_BYTES], struct error *error)
{
    const char *from = strstr(url, "://") + 3;
    size_t length = host_length(from);
    if (length == 0 || length >= MAIL_ADDRESS_BYTES)
        return error_set(error, "url: names no host");
    const char *rest = from + length;
    size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
    if (*rest && (digits == 0 || digits > 5 || rest[1 + digits]))
        return error_set(error, "url: expected nothing but a port behind the host");
    memcpy(host, from, length);
    host[length] = '\0';
    return host[0] == '[' || mail_host_check(host, error) || error_prefix(error, "url");
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

static bool is_smtps(const char *url)
{
    return strncasecmp(url, "smtps://", 8) == 0;
}

static bool in_clear(const struct mail_options *mail)
{
    return strcmp(mail->tls, tls_words[1]) == 0;
}

static bool check_server(const struct mail_options *mail, struct error *error)
{
    char host[MAIL_ADDRESS_BYTES];
    if (!is_smtps(mail->url) && strncasecmp(mail->url, "smtp://", 7) != 0)
        return error_set(error, "url: begins with neither smtp:// nor smtps://");
    if (!read_host(mail->url, host, error))
        return false;
    if (in_clear(mail) && is_smtps(mail->url))
        return error_set(error, "tls: smtps:// is TLS from the start; expected no 'tls: none'");
    if (in_clear(mail) && !is_loopback(host))
        return error_set(error, "tls: 'none' would send everything readable to another machine; "
                                "expected starttls");
    return true;
}

static bool check_address_of(const char *key, const char *address, struct error *error)
{
    return address == NULL || mail_address_check(address, error) || error_prefix(error, "%s", key);
}

static bool check_words(const struct mail_options *mail, struct error *error)
{
    if (strlen(mail->subject) > PREFIX_BYTES_MOST)
        return error_set(error, "subject: longer than %d bytes", PREFIX_BYTES_MOST);
    if (mail->from_name && strlen(mail->from_name) > NAME_BYTES_MOST)
        return error_set(error, "from_name: longer than %d bytes", NAME_BYTES_MOST);
    if (mail->helo && !mail_host_check(mail->helo, error))
        return error_prefix(error, "helo");
    if ((mail->username != NULL) != (mail->password != NULL))
        return error_set(error, "username and password are only useful together");
    return true;
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct mail_options *mail = options;
    struct error error;
    size_t before = problems->total;
    if (!check_server(mail, &error))
        yaml_problem(node, problems, "%s", error.text);
    if (!check_address_of("from", mail->from, &error))
        yaml_problem(node, problems, "%s", error.text);
    if (!check_address_of("reply_to", mail->reply_to, &error))
        yaml_problem(node, problems, "%s", error.text);
    if (!check_words(mail, &error))
        yaml_problem(node, problems, "%s", error.text);
    return problems->total == before;
}

/* --- what is stored: {"subject": "…", "text": "…"} --- */

static void add_name(struct buf *out, const char *name)
{
    size_t length = utf8_cut(name, ITEM_BYTES_MOST);
    buf_add(out, name, length);
    if (name[length])
        buf_text(out, "…");
}

/* "督办：红牌 食品经营许可证核发（FC202611160083）" */
static void add_subject(struct buf *out, const struct mail_options *mail,
                        const struct wording *wording)
{
    bool english = wording->locale == LOCALE_EN;
    const struct facts *facts = wording->notice->facts;
    if (*mail->subject)
        buf_format(out, "%s%s", mail->subject, english ? ": " : "：");
    add_name(out, robot_label(wording));
    if (facts == NULL)
        return;
    buf_char(out, ' ');
    add_name(out, facts->item_name);
    buf_text(out, english ? " (" : "（");
    add_name(out, facts->case_no);
    buf_text(out, english ? ")" : "）");
}

static json_t *json_text(const struct buf *text)
{
    AUTO_BUF valid;
    buf_init(&valid, 3 * TEXT_BYTES_MOST);
    utf8_add(&valid, buf_string(text));
    return json_string(buf_string(&valid));
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    AUTO_BUF subject, text;
    buf_init(&subject, TEXT_BYTES_MOST);
    buf_init(&text, TEXT_BYTES_MOST);
    add_subject(&subject, channel->options, wording);
    template_render(wording->text, wording->notice, wording->locale, 0, &text);
    robot_add_json(
        body, json_pack("{s:o, s:o}", "subject", json_text(&subject), "text", json_text(&text)));
    return true;
}

/* --- what is sent --- */

static void write_message(struct buf *out, const struct mail_options *mail,
                          const struct message *message, wall_us now, const char *subject,
                          const char *text)
{
    mime_date(out, now);
    mime_mailbox(out, "From", mail->from_name, mail->from);
    mime_mailbox(out, "To", NULL, message->address);
    if (mail->reply_to)
        mime_mailbox(out, "Reply-To", NULL, mail->reply_to);
    mime_header(out, "Subject", subject);
    buf_format(out, "Message-ID: <%s@%s>\r\n", message->id, mail_address_host(mail->from));
    buf_text(out, "Auto-Submitted: auto-generated\r\n" /* so that no holiday notice answers it */
                  "MIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=UTF-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n"
                  "\r\n");
    mime_base64(out, text);
}

/* libcurl takes the name in the greeting from the URL's path. */
static char *make_url(const struct mail_options *mail)
{
    return mem_format("%s/%s", mail->url, mail->helo ? mail->helo : "");
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct mail_options *mail = channel->options;
    if (!mail_address_check(message->address, error))
        return false;
    json_t *root = json_loadb(message->body, message->body_length, 0, NULL);
    const char *subject = json_string_value(json_object_get(root, "subject"));
    const char *text = json_string_value(json_object_get(root, "text"));
    bool fine = (subject && text) || error_set(error, "the stored body is no mail");
    if (fine) {
        struct buf made;
        buf_init(&made, MESSAGE_BYTES_MOST);
        write_message(&made, mail, message, now, subject, text);
        size_t length = made.length;
        *request = (struct http_request){.method = "SMTP",
                                         .url = make_url(mail),
                                         .body_length = length,
                                         .made_body = buf_take(&made),
                                         .fresh_connection = true,
                                         .mail_from = mail->from,
                                         .mail_to = message->address,
                                         .username = mail->username,
                                         .password = mail->password,
                                         .mail_in_clear = in_clear(mail)};
        request->body = request->made_body;
    }
    json_decref(root);
    return fine;
}

/* --- the reply --- */

/* What a refusal means at each step: for now (4yz), for good (5yz). Before a receiver has been
 * named, it is us that the server doesn't want. */
static const struct {
    const char *name;
    enum verdict for_now, for_good;
} steps[SMTP_STEPS] = {
    [SMTP_GREETING] = {"greeting", VERDICT_TEMPORARY, VERDICT_REJECTED},
    [SMTP_TLS] = {"TLS", VERDICT_TEMPORARY, VERDICT_REJECTED},
    [SMTP_LOGIN] = {"login", VERDICT_TEMPORARY, VERDICT_REJECTED},
    [SMTP_SENDER] = {"sender", VERDICT_TEMPORARY, VERDICT_REJECTED},
    [SMTP_RECIPIENT] = {"recipient", VERDICT_TEMPORARY, VERDICT_PERMANENT},
    [SMTP_CONTENT] = {"message", VERDICT_TEMPORARY, VERDICT_PERMANENT},
    [SMTP_END] = {"message", VERDICT_TEMPORARY, VERDICT_PERMANENT},
};

/* Whatever it answers, this is about our login (RFC 4954), or that we may not send to others: a
 * server that knows us would. */
static bool is_about_us(const struct http_reply *reply)
{
    switch (reply->status) {
    case 530:
    case 534:
    case 535:
    case 538:
        return true;
    default:
        return reply->step == SMTP_RECIPIENT && strcasestr(reply->body, "relay");
    }
}

static enum verdict judge(const struct http_reply *reply)
{
    int class = reply->status / 100;
    if (class == 4)
        return steps[reply->step].for_now;
    if (class == 5)
        return is_about_us(reply) ? VERDICT_REJECTED : steps[reply->step].for_good;
    if (reply->step != SMTP_END)
        return VERDICT_TEMPORARY; /* not what is answered here, and nothing was taken */
    return class == 2 ? VERDICT_ACCEPTED : VERDICT_UNKNOWN;
}

/* Without a reply: up to the message's end nothing was taken. */
static enum verdict judge_failure(const struct http_reply *reply)
{
    if (reply->failure != HTTP_NOT_SENT)
        return VERDICT_UNKNOWN;
    bool ours = reply->step == SMTP_TLS || reply->step == SMTP_LOGIN;
    return ours ? VERDICT_REJECTED : VERDICT_TEMPORARY;
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    if (reply->failure != HTTP_REPLIED) {
        outcome_set(outcome, judge_failure(reply), "%s", reply->failure_text);
        return;
    }
    AUTO_FREE char *what = mem_format("SMTP %d (%s)", reply->status, steps[reply->step].name);
    outcome_say(outcome, judge(reply), what, reply->body);
}

const struct channel_type channel_mail = {
    .name = CHANNEL_MAIL,
    .gathers = true,
    .personal = true,
    .repeatable = true,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct mail_options),
    .check = check,
    .compose = compose,
    .check_address = mail_address_check,
    .request = request,
    .verdict = verdict,
};
