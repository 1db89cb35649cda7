/* Irregularities in words: those that the database finds; the others are in test_irregularity.c. */
#include "duban/irregularity_words.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "irregular_case.h"

static void words_of_what_the_database_finds(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *detail, *chinese, *english;
    } cases[] = {
        {"deadline_changed",
         "{\"level\":\"yellow\",\"how\":\"moved\",\"old\":\"2026-06-16T09:00:00Z\","
         "\"new\":\"2026-06-30T16:00:00Z\"}",
         "黄牌后到期由6月16日改为6月30日", "due moved from 16 Jun to 30 Jun after 黄牌"},
        {"deadline_changed", "{\"level\":\"orange\"}", "orange后改了受理时间或时限",
         "start or limit changed after orange"},
        {"vanished_case", "{\"level\":\"normal\"}", "尚未办结，已从审批系统消失",
         "has left the approval system while it was open"},
        {"vanished_after_level", "{\"level\":\"red\"}", "红牌后从审批系统消失",
         "has left the approval system after 红牌"},
        {"reopened_after_level", "{\"level\":\"red\"}", "红牌后办结，又重新打开",
         "ended after 红牌, and was opened again"},
        {"two_windows", "{\"case\":\"A7\",\"window\":\"2号窗口\"}", "两头受理：另在2号窗口（A7）",
         "also received at 2号窗口 (case A7)"},
        {"last_hour_window",
         "{\"month\":\"2026-06\",\"completed\":20,\"last_hour\":19,"
         "\"within\":{\"value\":1,\"unit\":\"workhour\"}}",
         "2026年6月办结20件，19件在到期前1个工作小时内",
         "19 of 20 cases of 2026-06 completed within the last 1 working hour before due"},
        {"two_windows", "no JSON", "no JSON", "no JSON"},
        {"never_heard_of", "{}", "{}", "{}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum locale locale = 0; locale < LOCALES; locale++) {
            AUTO_BUF words;
            buf_init(&words, 4096);
            irregularity_words(config, cases[i].kind, cases[i].detail, at(20, 9, 0), locale,
                               &words);
            assert_string_equal(buf_string(&words),
                                locale == LOCALE_EN ? cases[i].english : cases[i].chinese);
        }
    }
    AUTO_BUF words;
    buf_init(&words, 4096);
    irregularity_words(NULL, "deadline_changed", cases[0].detail, 0, LOCALE_EN, &words);
    assert_string_equal(buf_string(&words), "due moved from 2026-06-16T09:00:00Z to "
                                            "2026-06-30T16:00:00Z after yellow");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_what_the_database_finds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
