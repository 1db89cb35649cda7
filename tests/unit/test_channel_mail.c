/* E-mail: what is stored, what is sent, settings and verdicts. */
#include "duban/channel_mail.h"

#include "duban/mem.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "robot_case.h"

static char password[] = "secret";
static struct mail_options options = {
    .url = "smtp://mail.example.gov.cn:587",
    .tls = "starttls",
    .username = "duban",
    .password = password,
    .from = "duban@example.gov.cn",
    .from_name = "安澜县政务服务中心",
    .subject = "督办",
};
static const struct channel channel = {.name = "mail", .type = &channel_mail, .options = &options};

#define NOW (1780275600 * US_PER_S)

/* --- what is stored --- */

static void a_case_stands_in_the_subject(void **state)
{
    (void)state;
    static const struct {
        size_t situation;
        enum locale locale;
        const char *body;
    } cases[] = {
        {2, LOCALE_ZH_CN,
         "{\"subject\":\"督办：红牌 "
         "食品经营许可证核发（FC202611160083）\",\"text\":\"已超期2个工作日\"}"},
        {2, LOCALE_EN,
         "{\"subject\":\"督办: 红牌 食品经营许可证核发 (FC202611160083)\","
         "\"text\":\"2 working days overdue\"}"},
        {5, LOCALE_ZH_CN, "{\"subject\":\"督办：办结 食品经营许可证核发（FC202611160083）\""},
        {7, LOCALE_ZH_CN, "{\"subject\":\"督办：首次核查\""},
        {8, LOCALE_EN, "{\"subject\":\"督办: calendar ending\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *body = robot_body(&channel, &robot_situations[cases[i].situation], "{remaining}",
                                cases[i].locale);
        if (strncmp(body, cases[i].body, strlen(cases[i].body)) != 0)
            fail_msg("%s", body);
        free(body);
    }
}

static void without_a_prefix_the_event_begins(void **state)
{
    (void)state;
    struct mail_options bare = options;
    bare.subject = "";
    const struct channel bare_channel = {.type = &channel_mail, .options = &bare};
    char *body = robot_body(&bare_channel, &robot_situations[7], "{counts}", LOCALE_ZH_CN);
    assert_string_equal(body, "{\"subject\":\"首次核查\",\"text\":\"黄牌128件、红牌45件\"}");
    free(body);
}

static void long_names_are_cut_in_the_subject_alone(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    char *name = robot_long_text(40);
    facts.item_name = name;
    char *body = robot_body_of(&channel, &notice, "{item}", LOCALE_ZH_CN);
    json_t *json = robot_json(body);
    char *cut = robot_long_text(30);
    AUTO_FREE char *subject = mem_format("督办：黄牌 %s…（FC202611160083）", cut);
    assert_string_equal(json_string_value(json_object_get(json, "subject")), subject);
    assert_string_equal(json_string_value(json_object_get(json, "text")), name);
    json_decref(json);
    free(cut);
    free(body);
    free(name);
}

/* --- what is sent --- */

static void make_request(struct mail_options *from, const char *body, struct http_request *request)
{
    const struct channel made = {.type = &channel_mail, .options = from};
    const struct message message = {.id = "0f3a-77",
                                    .address = "wang@example.gov.cn",
                                    .body = body,
                                    .body_length = strlen(body),
                                    .attempt = 2};
    struct error error;
    if (!channel_mail.request(&made, &message, NOW, request, &error))
        fail_msg("%s", error.text);
}

static void a_message_is_a_mail(void **state)
{
    (void)state;
    struct http_request request;
    make_request(&options,
                 "{\"subject\":\"督办：红牌 食品经营许可证核发（FC202611160083）\","
                 "\"text\":\"已超期，请督办。\"}",
                 &request);
    assert_string_equal(request.method, "SMTP");
    assert_string_equal(request.url, "smtp://mail.example.gov.cn:587/");
    assert_string_equal(request.mail_from, "duban@example.gov.cn");
    assert_string_equal(request.mail_to, "wang@example.gov.cn");
    assert_string_equal(request.username, "duban");
    assert_string_equal(request.password, "secret");
    assert_false(request.mail_in_clear);
    assert_int_equal(request.body_length, strlen(request.body));
    assert_string_equal(
        request.body,
        "Date: Mon, 01 Jun 2026 01:00:00 +0000\r\n"
        "From: =?UTF-8?B?5a6J5r6c5Y6/5pS/5Yqh5pyN5Yqh5Lit5b+D?=\r\n"
        " <duban@example.gov.cn>\r\n"
        "To: <wang@example.gov.cn>\r\n"
        "Subject: =?UTF-8?B?552j5Yqe77ya57qi54mMIOmjn+WTgee7j+iQpeiuuOWPr+ivgQ==?=\r\n"
        " =?UTF-8?B?5qC45Y+R77yIRkMyMDI2MTExNjAwODPvvIk=?=\r\n"
        "Message-ID: <0f3a-77@example.gov.cn>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=UTF-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
        "5bey6LaF5pyf77yM6K+3552j5Yqe44CC\r\n");
    http_request_finish(&request);
}

/* The page shows a message as it is sent, line by line. */
static void the_document_shows_what_is_sent(void **state)
{
    (void)state;
    static char page[65536];
    struct http_request request;
    make_request(&options,
                 "{\"subject\":\"督办：红牌 食品经营许可证核发（FC202611160083）\","
                 "\"text\":\"已超期，请督办。\"}",
                 &request);
    FILE *file = fopen(SOURCE_DIR "/docs/mail.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    struct buf shown;
    buf_init(&shown, 65536);
    for (const char *at = request.body; *at; at++)
        if (*at != '\r')
            buf_char(&shown, *at);
    assert_non_null(strstr(page, buf_string(&shown)));
    buf_finish(&shown);
    http_request_finish(&request);
}

static void further_settings_have_their_place(void **state)
{
    (void)state;
    struct mail_options local = {.url = "smtp://127.0.0.1",
                                 .tls = "none",
                                 .from = "duban@localhost",
                                 .reply_to = "office@example.gov.cn",
                                 .subject = "",
                                 .helo = "duban.example.gov.cn"};
    struct http_request request;
    make_request(&local, "{\"subject\":\"Red\",\"text\":\"a\\nb\"}", &request);
    assert_string_equal(request.url, "smtp://127.0.0.1/duban.example.gov.cn");
    assert_true(request.mail_in_clear);
    assert_null(request.username);
    assert_non_null(strstr(request.body, "From: <duban@localhost>\r\n"
                                         "To: <wang@example.gov.cn>\r\n"
                                         "Reply-To: <office@example.gov.cn>\r\n"
                                         "Subject: Red\r\n"
                                         "Message-ID: <0f3a-77@localhost>\r\n"));
    assert_non_null(strstr(request.body, "\r\n\r\nYQ0KYg==\r\n"));
    http_request_finish(&request);
}

/* Whatever a name holds, the headers are ours, no line is too long, and none begins with a dot. */
static void names_inject_nothing(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\xFF";
    facts.case_no = "1\r\n.\r\n";
    notice.level_label = "=?UTF-8?Q?a?=\r\n";
    struct mail_options from = options;
    from.from_name = "x\" <evil@example.com>\r\nBcc: y";
    char *body = robot_body_of(&channel, &notice, "{item}\n.{case_no}", LOCALE_ZH_CN);
    struct http_request request;
    make_request(&from, body, &request);
    size_t headers = 0;
    bool in_headers = true;
    for (const char *line = request.body; *line;) {
        size_t length = strcspn(line, "\r\n");
        assert_memory_equal(line + length, "\r\n", 2);
        assert_true(length <= 76 && line[0] != '.');
        in_headers &= length > 0;
        headers += in_headers && line[0] != ' ';
        line += length + 2;
    }
    assert_int_equal(headers, 9);
    assert_null(strstr(request.body, "evil"));
    http_request_finish(&request);
    free(body);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *address, *body, *why;
    } cases[] = {
        {"13800138000", "{\"subject\":\"a\",\"text\":\"b\"}", "expected a mail address"},
        {"a@b.cn\r\nRCPT TO:<c@d.cn>", "{\"subject\":\"a\",\"text\":\"b\"}", "spaces"},
        {"a@b.cn", "a text", "no mail"},
        {"a@b.cn", "{\"text\":\"b\"}", "no mail"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct message message = {.id = "1",
                                        .address = cases[i].address,
                                        .body = cases[i].body,
                                        .body_length = strlen(cases[i].body)};
        struct http_request request;
        struct error error;
        assert_false(channel_mail.request(&channel, &message, NOW, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
    }
}

/* --- verdicts --- */

struct mail_case {
    enum http_failure failure;
    enum smtp_step step;
    int status;
    const char *text;
    enum verdict verdict;
    const char *detail; /* to be contained */
};

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct mail_case cases[] = {
        {HTTP_REPLIED, SMTP_END, 250, "2.0.0 queued as 4X7", VERDICT_ACCEPTED,
         "SMTP 250 (message): 2.0.0 queued as 4X7"},
        {HTTP_REPLIED, SMTP_END, 421, "going down", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_END, 451, "", VERDICT_TEMPORARY, "SMTP 451 (message)"},
        {HTTP_REPLIED, SMTP_END, 552, "5.3.4 too big", VERDICT_PERMANENT, "too big"},
        {HTTP_REPLIED, SMTP_END, 554, "DT:SPM", VERDICT_PERMANENT, ""},
        {HTTP_REPLIED, SMTP_END, 354, "", VERDICT_UNKNOWN, ""},
        {HTTP_REPLIED, SMTP_RECIPIENT, 550, "5.1.1 <wang@x.cn>: no such user", VERDICT_PERMANENT,
         "SMTP 550 (recipient): 5.1.1 <w**@x.cn>: no such user"},
        {HTTP_REPLIED, SMTP_RECIPIENT, 550, "call 13800138000", VERDICT_PERMANENT, "138****8000"},
        {HTTP_REPLIED, SMTP_RECIPIENT, 554, "5.7.1 <a@b.cn>: Relay access denied", VERDICT_REJECTED,
         "Relay"},
        {HTTP_REPLIED, SMTP_RECIPIENT, 530, "authenticate", VERDICT_REJECTED, ""},
        {HTTP_REPLIED, SMTP_RECIPIENT, 450, "4.2.0 greylisted", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_RECIPIENT, 452, "4.2.2 full", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_SENDER, 553, "Mail from must equal authorized user", VERDICT_REJECTED,
         "SMTP 553 (sender)"},
        {HTTP_REPLIED, SMTP_SENDER, 530, "5.7.0 authenticate first", VERDICT_REJECTED, ""},
        {HTTP_REPLIED, SMTP_SENDER, 451, "", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_LOGIN, 535, "5.7.8 wrong", VERDICT_REJECTED, "SMTP 535 (login)"},
        {HTTP_REPLIED, SMTP_LOGIN, 454, "4.7.0 later", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_TLS, 501, "", VERDICT_REJECTED, "SMTP 501 (TLS)"},
        {HTTP_REPLIED, SMTP_TLS, 454, "", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_GREETING, 554, "not you", VERDICT_REJECTED, "(greeting): not you"},
        {HTTP_REPLIED, SMTP_GREETING, 421, "busy", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_CONTENT, 554, "no valid recipients", VERDICT_PERMANENT, ""},
        {HTTP_REPLIED, SMTP_CONTENT, 451, "", VERDICT_TEMPORARY, ""},
        {HTTP_REPLIED, SMTP_CONTENT, 250, "", VERDICT_TEMPORARY, ""},
        {HTTP_NOT_SENT, SMTP_GREETING, 0, "", VERDICT_TEMPORARY, "it broke"},
        {HTTP_NOT_SENT, SMTP_TLS, 0, "", VERDICT_REJECTED, "it broke"},
        {HTTP_NOT_SENT, SMTP_LOGIN, 0, "", VERDICT_REJECTED, "it broke"},
        {HTTP_NOT_SENT, SMTP_RECIPIENT, 0, "", VERDICT_TEMPORARY, "it broke"},
        {HTTP_NOT_SENT, SMTP_CONTENT, 0, "", VERDICT_TEMPORARY, "it broke"},
        {HTTP_INTERRUPTED, SMTP_END, 0, "", VERDICT_UNKNOWN, "it broke"},
        {HTTP_TIMED_OUT, SMTP_END, 0, "", VERDICT_UNKNOWN, "it broke"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct mail_case *row = &cases[i];
        struct http_reply reply = {.failure = row->failure,
                                   .failure_text = "it broke",
                                   .status = row->status,
                                   .body = row->text,
                                   .body_length = strlen(row->text),
                                   .retry_after_s = -1,
                                   .step = row->step};
        struct outcome outcome;
        memset(&outcome, 0xAA, sizeof outcome);
        channel_mail.verdict(&channel, &reply, &outcome);
        if (outcome.verdict != row->verdict || strstr(outcome.detail, row->detail) == NULL ||
            outcome.retry_after_us != 0)
            fail_msg("row %zu: %s, %s", i, verdict_word(outcome.verdict), outcome.detail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_stands_in_the_subject),
        cmocka_unit_test(without_a_prefix_the_event_begins),
        cmocka_unit_test(long_names_are_cut_in_the_subject_alone),
        cmocka_unit_test(a_message_is_a_mail),
        cmocka_unit_test(the_document_shows_what_is_sent),
        cmocka_unit_test(further_settings_have_their_place),
        cmocka_unit_test(names_inject_nothing),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
