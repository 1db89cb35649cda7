/* Receipts as each provider sends them: a row is a request and what is read from it. */
#include "duban/receipt.h"

#include "duban/channel_aliyun.h"
#include "duban/channel_kannel.h"
#include "duban/channel_mas.h"
#include "duban/channel_tencent.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* One line a receipt: "status public provider code reported detail", - for what isn't there. */
static void describe(const struct receipt_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct receipt *receipt = &list->items[i];
        char at[INSTANT_TEXT_BYTES];
        buf_format(out, "%s%s %s %s %s %s %s", i ? "\n" : "", receipt_status_word(receipt->status),
                   *receipt->public_id ? receipt->public_id : "-",
                   *receipt->provider_id ? receipt->provider_id : "-",
                   *receipt->code ? receipt->code : "-", instant_text(receipt->reported_at, at),
                   *receipt->detail ? receipt->detail : "-");
    }
}

struct receipt_case {
    const char *request; /* a query for a GET, else a body */
    const char *told;    /* as described; or the error, after "! " */
    size_t unreadable;
};

static void check(const struct channel_type *type, const struct receipt_case *cases, size_t count)
{
    bool is_get = strcmp(type->receipt->method, "GET") == 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = cases[i].request;
        struct receipt_request request = {.method = type->receipt->method,
                                          .query = is_get ? text : "",
                                          .body = is_get ? "" : text,
                                          .body_length = is_get ? 0 : strlen(text)};
        struct receipt_list list = {0};
        struct error error;
        AUTO_BUF told;
        buf_init(&told, 1 << 16);
        if (type->receipt->read(&request, &list, &error))
            describe(&list, &told);
        else
            buf_format(&told, "! %s", error.text);
        assert_string_equal(buf_string(&told), cases[i].told);
        assert_int_equal(list.unreadable, cases[i].unreadable);
        receipt_list_finish(&list);
    }
}

static void kannel(void **state)
{
    (void)state;
    static const struct receipt_case cases[] = {
        {"id=k-1&type=1&at=1795307031", "delivered k-1 - 1 2026-11-22T00:23:51Z -", 0},
        {"type=8&reply=ACK%2F&at=1795307031&id=k%2d1", "accepted k-1 - 8 2026-11-22T00:23:51Z ACK/",
         0},
        {"id=k-1&type=16&reply=NACK%2F0x0000000b%2FInvalid+Destination",
         "failed k-1 - 16 - NACK/0x0000000b/Invalid Destination", 0},
        {"id=k-1&type=4", "buffered k-1 - 4 - -", 0},
        /* as SMPP message centres say it; the text that was sent is left out */
        {"id=k-1&type=2&reply=id%3A0f2+sub%3A001+dlvrd%3A000+submit+date%3A2611220823+done+date%3A"
         "2611220824+stat%3AUNDELIV+err%3A012+Text%3A%E6%82%A8%E5%A5%BD+13800138000",
         "failed k-1 - UNDELIV - id:0f2 sub:001 dlvrd:000 submit date:2611220823 done "
         "date:2611220824 stat:UNDELIV err:012",
         0},
        {"id=k-1&type=2&reply=to+8613800138000%0Asecond", "failed k-1 - 2 - to 86138****8000", 0},
        {"id=k-1&type=1&reply=%FF%00%zz%", "delivered k-1 - 1 - \xEF\xBF\xBD %zz%", 0},
        {"id=k-1&id=k-2&type=1&typo=2&at=99999999999", "delivered k-1 - 1 - -", 0},
        {"", "! expected id=, the message's id", 0},
        {"id=&type=1", "! expected id=, the message's id", 0},
        {"id=a+b&type=1", "! expected id=, the message's id", 0},
        {"id=k-1", "! expected type= with 1, 2, 4, 8 or 16", 0},
        {"id=k-1&type=3", "! expected type= with 1, 2, 4, 8 or 16", 0},
        {"id=k-1&type=%25d", "! expected type= with 1, 2, 4, 8 or 16", 0},
        {"&&&=&id&type=1", "! expected id=, the message's id", 0},
    };
    check(&channel_kannel, cases, COUNT_OF(cases));
}

static void aliyun(void **state)
{
    (void)state;
    static const struct receipt_case cases[] = {
        {"[{\"phone_number\":\"13800138000\",\"send_time\":\"2026-06-01 08:59:00\","
         "\"report_time\":\"2026-06-01 09:00:00\",\"success\":true,\"err_code\":\"DELIVERED\","
         "\"err_msg\":\"用户接收成功\",\"sms_size\":\"1\",\"biz_id\":\"12345^0\","
         "\"out_id\":\"k-1\"},"
         "{\"success\":false,\"err_code\":\"MK:0001\",\"err_msg\":\"空号 13800138000\","
         "\"biz_id\":\"12346^0\"}]",
         "delivered k-1 12345^0 DELIVERED 2026-06-01T01:00:00Z 用户接收成功\n"
         "failed - 12346^0 MK:0001 - 空号 138****8000",
         0},
        {"{\"success\":true,\"out_id\":\"k-1\"}", "delivered k-1 - - - -", 0},
        {"[{\"success\":true},{\"success\":\"yes\",\"out_id\":\"k-1\"},7,"
         "{\"success\":false,\"out_id\":\"k-2\"}]",
         "failed k-2 - - - -", 3},
        {"[{\"success\":true,\"out_id\":\"k 1\"}]", "! expected out_id or biz_id", 0},
        {"[{\"out_id\":\"k-1\"}]", "! expected success, true or false", 0},
        {"[]", "! there is no receipt in it", 0},
        {"[[]]", "! an entry is not an object", 0},
        {"", "! the body is not JSON (byte 0)", 0},
        {"out_id=1", "! the body is not JSON (byte 3)", 0},
    };
    check(&channel_aliyun, cases, COUNT_OF(cases));
    assert_string_equal(channel_aliyun.receipt->taken.body, "{\"code\":0,\"msg\":\"接收成功\"}");
}

static void tencent(void **state)
{
    (void)state;
    static const struct receipt_case cases[] = {
        {"[{\"user_receive_time\":\"2026-06-01 09:00:00\",\"nationcode\":\"86\","
         "\"mobile\":\"13800138000\",\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\","
         "\"description\":\"用户短信送达成功\",\"sid\":\"2019:538703557\"},"
         "{\"report_status\":\"FAIL\",\"errmsg\":\"MK:0001\",\"description\":\"空号\","
         "\"sid\":\"7\",\"user_receive_time\":\"\"}]",
         "delivered - 2019:538703557 DELIVRD 2026-06-01T01:00:00Z 用户短信送达成功\n"
         "failed - 7 MK:0001 - 空号",
         0},
        {"[{\"report_status\":\"FAIL\"},{\"report_status\":\"fail\",\"sid\":\"7\"}]",
         "! expected sid", 0},
        {"[{\"report_status\":\"\",\"sid\":\"7\"}]", "! expected report_status SUCCESS or FAIL", 0},
    };
    check(&channel_tencent, cases, COUNT_OF(cases));
    assert_string_equal(channel_tencent.receipt->taken.body, "{\"result\":0,\"errmsg\":\"OK\"}");
}

static void mas(void **state)
{
    (void)state;
    static const struct receipt_case cases[] = {
        {"[{\"reportStatus\":\"CM:0000\",\"mobile\":\"13800138000\","
         "\"submitDate\":\"20260601085900\",\"receiveDate\":\"20260601090000\","
         "\"errorCode\":\"DELIVRD\",\"msgGroup\":\"0601085900000000332084\"}]",
         "delivered - 0601085900000000332084 CM:0000 2026-06-01T01:00:00Z CM:0000 DELIVRD", 0},
        {"{\"reportStatus\":\"CM:0000\",\"errorCode\":\"CM:2007\",\"mgsGroup\":\"7\"}",
         "failed - 7 CM:2007 - CM:0000 CM:2007", 0},
        {"{\"reportStatus\":\"CM:4446\",\"msgGroup\":\"7\"}", "failed - 7 CM:4446 - CM:4446", 0},
        {"{\"errorCode\":\"DELIVRD\",\"msgGroup\":\"7\"}", "delivered - 7 DELIVRD - DELIVRD", 0},
        {"{\"msgGroup\":\"7\"}", "! expected reportStatus or errorCode", 0},
        {"{\"reportStatus\":\"CM:0000\"}", "! expected msgGroup", 0},
    };
    check(&channel_mas, cases, COUNT_OF(cases));
}

static void more_entries_than_anybody_sends_are_refused(void **state)
{
    (void)state;
    AUTO_BUF body;
    buf_init(&body, 1 << 20);
    for (int count = RECEIPTS_MOST; count <= RECEIPTS_MOST + 1; count++) {
        buf_clear(&body);
        for (int i = 0; i < count; i++)
            buf_format(&body, "%c{\"sid\":\"%d\",\"report_status\":\"FAIL\"}", i ? ',' : '[', i);
        buf_text(&body, "]");
        struct receipt_request request = {.body = buf_string(&body), .body_length = body.length};
        struct receipt_list list = {0};
        bool read = channel_tencent.receipt->read(&request, &list, NULL);
        assert_int_equal(read, count == RECEIPTS_MOST);
        assert_int_equal(list.count, read ? count : 0);
        receipt_list_finish(&list);
    }
}

static void times_are_those_of_china(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"2026-06-01 00:00:00", "2026-05-31T16:00:00Z"},
        {"20260601235960", "2026-06-01T16:00:00Z"},
        {"2026/06/01T12:34:56", "2026-06-01T04:34:56Z"},
        {"2026-06-31 00:00:00", "-"},
        {"2026-06-01 24:00:00", "-"},
        {"2026-06-01", "-"},
        {"2026-06-01 00:00:00.5", "-"},
        {"1970-01-01 00:00:00", "-"},
        {"202606010000001", "-"},
        {"", "-"},
    };
    char text[INSTANT_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(instant_text(receipt_china_time(cases[i].text), text), cases[i].told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kannel),
        cmocka_unit_test(aliyun),
        cmocka_unit_test(tencent),
        cmocka_unit_test(mas),
        cmocka_unit_test(more_entries_than_anybody_sends_are_refused),
        cmocka_unit_test(times_are_those_of_china),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
