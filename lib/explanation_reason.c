/* The reasons that duban writes beside what it doesn't tell, or not yet: sentences in English, as
 * they stand in the database, and the same in Chinese. */
#include "explanation_words.h"

#include "duban/mem.h"

#include <string.h>

#define GAPS_MOST 4

/* A % stands for any text, which comes back in the Chinese sentence at {1}, {2}, … A role is called
 * as people call it. */
static const struct sentence {
    const char *english, *chinese;
} sentences[] = {
    /* of events */
    {"passed on the way to a higher level", "同时达到更高级别，只告知更高的"},
    {"the case had ended", "办件已结束"},
    {"too long ago", "发生已久"},
    {"the clock is suspended", "停表中"},
    {"an acknowledgement", "签收只作记录"},
    {"reached before first contact", "首次接入前已达到"},
    {"told before the rules changed", "规则变更前已告知"},
    {"recorded only", "只作记录"},
    {"not routed", "未配置告知对象"},
    {"told by another clock", "由另一计时告知"},
    {"another one of the case is told", "已告知此件的另一条"},
    /* of notifications that weren't sent */
    {"the case was reopened", "办件已重新办理"},
    {"the case has ended", "办件已结束"},
    {"the case has left the source", "办件已不在审批系统"},
    {"the deadline has changed", "到期时间已变"},
    {"superseded by a higher level", "已有更高级别"},
    {"the level no longer holds", "该级别已不成立"},
    {"the level was withdrawn", "该级别已摘牌"},
    {"the level holds again", "该级别重又成立"},
    {"nothing that it tells holds any more", "所述事项均已不成立"},
    {"acknowledged", "已签收"},
    {"its channel is no longer configured", "该渠道已不在配置中"},
    {"its clock is no longer configured", "该计时已不在配置中"},
    {"not on duty on %", "{1} 不值班"},
    {"nobody is % for '%'", "没有{2}的{1}"},
    {"nobody is % on %", "没有人在{2}上担任{1}"},
    {"% has no contact on %", "{1} 在 {2} 上没有联系方式"},
    {"the %'s address for % can't be used", "{1}的 {2} 地址不可用"},
    /* of those that wait */
    {"gathered", "等待合并发送"},
    {"for the next digest", "等待下一次汇总"},
    {"silence %", "免打扰 {1}"},
    {"outside the hours of %", "不在{1}的告知时段"},
    {"the case is set aside as a bad row", "办件数据被搁置"},
    {"% allows % per % for a %", "{1} 限额：每 {3} {2} 条"},
};

struct gap {
    const char *text;
    size_t length;
};

/* Whether the sentence says what the pattern says, with something at each of its gaps. */
static bool matches(const char *pattern, const char *text, struct gap gaps[GAPS_MOST])
{
    size_t count = 0;
    for (;;) {
        size_t fixed = strcspn(pattern, "%");
        if (strncmp(pattern, text, fixed) != 0)
            return false;
        pattern += fixed;
        text += fixed;
        if (*pattern == '\0')
            return *text == '\0';
        size_t next = strcspn(++pattern, "%");
        AUTO_FREE char *after = mem_text_n(pattern, next);
        const char *end = next ? strstr(text, after) : text + strlen(text);
        if (end == NULL || end == text || count == GAPS_MOST)
            return false;
        gaps[count++] = (struct gap){text, (size_t)(end - text)};
        text = end;
    }
}

static void fill_in(struct buf *out, const char *chinese, const struct gap *gaps)
{
    while (*chinese) {
        size_t fixed = strcspn(chinese, "{");
        buf_add(out, chinese, fixed);
        chinese += fixed;
        if (*chinese == '\0')
            return;
        const struct gap *gap = &gaps[chinese[1] - '1'];
        AUTO_FREE char *word = mem_text_n(gap->text, gap->length);
        buf_text(out, locale_role(word, LOCALE_ZH_CN));
        chinese += 3;
    }
}

void explained_add_reason(struct buf *out, const char *reason, enum locale locale)
{
    struct gap gaps[GAPS_MOST];
    for (size_t i = 0; locale == LOCALE_ZH_CN && i < COUNT_OF(sentences); i++) {
        if (!matches(sentences[i].english, reason, gaps))
            continue;
        fill_in(out, sentences[i].chinese, gaps);
        return;
    }
    buf_text(out, reason);
}
