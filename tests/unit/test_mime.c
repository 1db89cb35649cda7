/* Headers, dates and texts of e-mail. */
#include "duban/mime.h"

#include "duban/mail_address.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void headers_are_ascii_or_encoded_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *header;
    } cases[] = {
        {"Overdue: case 7", "Subject: Overdue: case 7\r\n"},
        {"督办：红牌", "Subject: =?UTF-8?B?552j5Yqe77ya57qi54mM?=\r\n"},
        /* What would end the line, be decoded, or be lost is encoded. */
        {"a\r\nBcc: x@y.example", "Subject: a  Bcc: x@y.example\r\n"},
        {"=?UTF-8?Q?a?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=\r\n"},
        {" a", "Subject: =?UTF-8?B?IGE=?=\r\n"},
        {"", "Subject: \r\n"},
        {"a\xFF", "Subject: =?UTF-8?B?Ye+/vQ==?=\r\n"},
        {"\xC2\xA0", "Subject: =?UTF-8?B?wqA=?=\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF out;
        buf_init(&out, 1000);
        mime_header(&out, "Subject", cases[i].text);
        assert_string_equal(buf_string(&out), cases[i].header);
    }
}

/* Of every length, so that the split falls everywhere: no line is longer than 76, and no word
 * holds a part of a character. A plain one that is too long for its line is encoded too. */
static void long_headers_are_folded(void **state)
{
    (void)state;
    AUTO_BUF text, out;
    buf_init(&text, 10000);
    buf_init(&out, 10000);
    for (size_t i = 0; i < 300; i++) {
        buf_text(&text, i % 7 == 0 ? "a" : i % 5 == 0 ? "𠮷" : "督");
        buf_clear(&out);
        mime_header(&out, "Subject", buf_string(&text));
        size_t words = 0;
        for (const char *line = buf_string(&out); *line; words++) {
            const char *end = strstr(line, "\r\n"), *word = strstr(line, "=?UTF-8?B?");
            assert_true(end - line <= MIME_LINE_MOST);
            if (i == 0)
                break; /* "a" */
            assert_true(word && word < end && strncmp(end - 2, "?=", 2) == 0);
            assert_true(line == buf_string(&out) || line + 1 == word);
            assert_int_equal((end - 2 - word - 10) % 4, 0);
            line = end + 2;
        }
        assert_true(words <= text.length / 36 + 1);
    }
    buf_clear(&text);
    buf_clear(&out);
    for (int i = 0; i < 80; i++)
        buf_char(&text, 'x');
    mime_header(&out, "Subject", buf_string(&text));
    assert_memory_equal(buf_string(&out), "Subject: =?UTF-8?B?eHh4", 23);
}

static void names_stand_before_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *name, *header;
    } cases[] = {
        {NULL, "From: <duban@example.gov.cn>\r\n"},
        {"", "From: <duban@example.gov.cn>\r\n"},
        {"Duban Office", "From: Duban Office <duban@example.gov.cn>\r\n"},
        {"督办系统", "From: =?UTF-8?B?552j5Yqe57O757uf?= <duban@example.gov.cn>\r\n"},
        /* Whatever has a meaning in a header of addresses is encoded. */
        {"a@b, <c>", "From: =?UTF-8?B?YUBiLCA8Yz4=?= <duban@example.gov.cn>\r\n"},
        {"\"x\"\r\nBcc: y", "From: =?UTF-8?B?IngiICBCY2M6IHk=?= <duban@example.gov.cn>\r\n"},
        {"安澜县政务服务中心督办系统",
         "From: =?UTF-8?B?5a6J5r6c5Y6/5pS/5Yqh5pyN5Yqh5Lit5b+D552j5Yqe57O757uf?=\r\n"
         " <duban@example.gov.cn>\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF out;
        buf_init(&out, 1000);
        mime_mailbox(&out, "From", cases[i].name, "duban@example.gov.cn");
        assert_string_equal(buf_string(&out), cases[i].header);
    }
}

static void dates_are_of_utc(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 1000);
    mime_date(&out, 1780275600 * US_PER_S + 999999);
    mime_date(&out, 1772323199 * US_PER_S);
    assert_string_equal(buf_string(&out), "Date: Mon, 01 Jun 2026 01:00:00 +0000\r\n"
                                          "Date: Sat, 28 Feb 2026 23:59:59 +0000\r\n");
}

static void texts_are_lines_of_base64(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 1000);
    mime_base64(&out, "a\nb\r\n");
    assert_string_equal(buf_string(&out), "YQ0KYg0K\r\n");
    buf_clear(&out);
    mime_base64(&out, "123456789012345678901234567890123456789012345678901234567890");
    assert_string_equal(
        buf_string(&out),
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\r\n"
        "ODkw\r\n");
    buf_clear(&out);
    mime_base64(&out, "");
    assert_string_equal(buf_string(&out), "");
}

static void addresses_are_bare_and_ascii(void **state)
{
    (void)state;
    static const char long_local[] =
        "a1234567890123456789012345678901234567890123456789012345678901234@x.cn";
    static const struct {
        const char *address, *why; /* NULL: fine */
    } cases[] = {
        {"wang@example.gov.cn", NULL},
        {"wang.xiao-li+duban@mail-1.example.gov.cn", NULL},
        {"root@localhost", NULL},
        {long_local + 1, NULL},
        {long_local, "one bare mail address"},
        {"13800138000", "expected a mail address"},
        {"", "expected a mail address"},
        {"@example.cn", "one bare"},
        {"a@", "behind the @"},
        {"a@b@c", "behind the @"},
        {"a..b@c.cn", "one bare"},
        {".a@c.cn", "one bare"},
        {"a@c.cn.", "behind the @"},
        {"a@-c.cn", "behind the @"},
        {"a@[127.0.0.1]", "behind the @"},
        {"\"a b\"@c.cn", "spaces"},
        {"\"a\"@c.cn", "one bare"},
        {"a@c.cn,d@e.cn", "behind the @"},
        {"<a@c.cn>", "one bare"},
        {"Wang <a@c.cn>", "spaces"},
        {"a@c.cn\r\nBcc: d@e.cn", "spaces"},
        {"a\n@c.cn", "spaces"},
        {"王@c.cn", "ASCII (byte 1)"},
        {"a@政务.cn", "ASCII"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {.text = ""};
        const char *why = cases[i].why;
        bool fine = mail_address_check(cases[i].address, &error);
        if (why ? fine || !strstr(error.text, why) : !fine)
            fail_msg("%s: %s", cases[i].address, error.text);
    }
    assert_string_equal(mail_address_host("a@b.cn"), "b.cn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_ascii_or_encoded_words),
        cmocka_unit_test(long_headers_are_folded),
        cmocka_unit_test(names_stand_before_addresses),
        cmocka_unit_test(dates_are_of_utc),
        cmocka_unit_test(texts_are_lines_of_base64),
        cmocka_unit_test(addresses_are_bare_and_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
