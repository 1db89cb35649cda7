/* A PostgreSQL server, as doctor and setup see it: its version, and settings that must be safe. */
#include "doctor.h"

#include "message_text.h"

#include "duban/mem.h"

#include <string.h>

#define SERVER_LEAST 140000

static void look_at_settings(struct doctor *doctor, const json_t *facts, enum grade worst)
{
    static const struct {
        const char *name, *wanted;
        enum grade grade;
        const char *chinese, *english;
    } settings[] = {
        {"fsync", "on", GRADE_BAD, "断电会丢失已记录的级别和消息",
         "a power cut loses levels and messages"},
        {"full_page_writes", "on", GRADE_BAD, "断电会损坏数据", "a power cut may corrupt data"},
        {"synchronous_commit", "on", GRADE_WARNING, "崩溃后最近的消息可能重发",
         "after a crash the last messages may be sent again"},
        {"autovacuum", "on", GRADE_BAD, "队列表会越来越慢",
         "the queue's tables get slower and slower"},
        {"track_counts", "on", GRADE_BAD, "自动清理不会运行", "autovacuum doesn't run"},
    };
    const json_t *values = json_object_get(facts, "settings");
    bool fine = true;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const char *value = json_text(values, settings[i].name);
        if (strcmp(value, settings[i].wanted) == 0)
            continue;
        fine = false;
        doctor_find(
            doctor, settings[i].grade < worst ? settings[i].grade : worst, "state",
            in_words(doctor->context, "在 postgresql.conf 中改为 on",
                     "set it to on in postgresql.conf"),
            in_words(doctor->context, "PostgreSQL 的 %s = %s：%s", "PostgreSQL's %s = %s: %s"),
            settings[i].name, value,
            in_words(doctor->context, settings[i].chinese, settings[i].english));
    }
    if (fine)
        doctor_find(doctor, GRADE_OK, "state", NULL,
                    in_words(doctor->context, "PostgreSQL %s，参数安全",
                             "PostgreSQL %s, its settings are safe"),
                    json_text(facts, "server"));
}

void doctor_server(struct doctor *doctor, const json_t *facts, enum grade worst)
{
    if (json_number(facts, "server_number") < SERVER_LEAST)
        doctor_find(doctor, GRADE_BAD, "state",
                    in_words(doctor->context, "升级到 14 或更高版本", "upgrade to 14 or newer"),
                    in_words(doctor->context, "PostgreSQL %s 太旧", "PostgreSQL %s is too old"),
                    json_text(facts, "server"));
    look_at_settings(doctor, facts, worst);
}
