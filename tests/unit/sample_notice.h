/* A realistic case and its notices, for the tests of texts, of the webhook's body and of the
 * documentation's example. */
#ifndef SAMPLE_NOTICE_H
#define SAMPLE_NOTICE_H

#include "duban/notice.h"
#include "duban/zone.h"

#include <stdlib.h>

static wall_us sample_at(const char *text)
{
    wall_us at;
    if (!instant_parse(text, &at, NULL))
        abort();
    return at;
}

static const struct zone *sample_zone(void)
{
    static struct zone *zone;
    if (zone == NULL)
        zone = zone_open("Asia/Shanghai", NULL);
    if (zone == NULL)
        abort();
    return zone;
}

static struct facts sample_facts(void)
{
    struct facts facts = {
        .case_no = "FC202611160083",
        .item_code = "36-0117-002",
        .item_name = "食品经营许可证核发",
        .kind = "promised",
        .department_code = "SCJG",
        .window_code = "SCJG-03",
        .handler_name = "李明",
        .handler_phone = "13900139000",
        .agent_name = "王代办",
        .agent_phone = "13700137000",
        .applicant_name = "张小三",
        .applicant_phone = "13800138000",
        .stage = "review",
        .result = "",
        .parent_case_no = "",
        .has_limit = true,
        .limit = {.value = 7, .unit = LIMIT_WORKDAY},
        .has_statutory = true,
        .statutory = {.value = 20, .unit = LIMIT_WORKDAY},
        .promised_due_at = WALL_NONE,
        .status = CASE_OPEN,
        .updated_at = sample_at("2026-11-18T10:12:00+08:00"),
    };
    for (int i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = sample_at("2026-11-15T16:20:00+08:00");
    facts.at[MILESTONE_ACCEPTED] = sample_at("2026-11-16T09:30:00+08:00");
    return facts;
}

/* Yellow on Friday morning, due on Wednesday at closing: three working days. */
static struct notice sample_notice(const struct facts *facts)
{
    return (struct notice){
        .kind = "yellow",
        .level = "yellow",
        .level_label = "黄牌",
        .centre = "丰城市政务服务中心",
        .clock = "completion",
        .clock_label = "办结",
        .facts = facts,
        .window_name = "市场监管局3号窗口",
        .department_name = "市场监督管理局",
        .recipient = "SCJG-03",
        .recipient_name = "市场监管局3号窗口",
        .role = "window",
        .zone = sample_zone(),
        .event_at = sample_at("2026-11-20T09:00:00+08:00"),
        .due_at = sample_at("2026-11-25T17:00:00+08:00"),
        .workdays_left = 3,
        .open_left = 28 * 3600 * US_PER_S,
        .deadline_version = 1,
        .sequence = 1,
        .detail = "",
    };
}

#endif
