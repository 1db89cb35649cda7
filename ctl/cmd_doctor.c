/* dubanctl doctor: looks at everything that commonly goes wrong. */
#include "database.h"
#include "doctor.h"
#include "status_text.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_BYTES_MOST (1u << 20)
#define WHAT_BYTES      2048

static const char *const grade_words[] = {"ok", "warning", "bad"};

void doctor_find(struct doctor *doctor, enum grade grade, const char *area, const char *remedy,
                 const char *what, ...)
{
    char text[WHAT_BYTES];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    AUTO_BUF said, mends; /* the buffer above may have cut it within a character */
    buf_init(&said, TEXT_BYTES_MOST);
    buf_init(&mends, TEXT_BYTES_MOST);
    utf8_add(&said, text);
    utf8_add(&mends, grade != GRADE_OK && remedy ? remedy : "");
    json_array_append_new(doctor->findings, json_pack("{s:s, s:s, s:s, s:s}", "area", area, "grade",
                                                      grade_words[grade], "what", buf_string(&said),
                                                      "remedy", buf_string(&mends)));
    doctor->bad = doctor->bad || grade == GRADE_BAD;
}

void doctor_calendars(struct doctor *doctor)
{
    const struct context *context = doctor->context;
    wall_us now = (wall_us)time(NULL) * US_PER_S;
    for (size_t i = 0; i < doctor->config->calendar_count; i++) {
        const struct config_calendar *calendar = &doctor->config->calendars[i];
        char last[DAY_TEXT_BYTES];
        day_number last_day = calendar_last_day(calendar->calendar);
        wall_us local = now + calendar_offset_s(calendar->calendar, now) * US_PER_S;
        long long left = last_day - local / US_PER_DAY;
        doctor_find(
            doctor,
            left < 0                       ? GRADE_BAD
            : left < CALENDAR_WARNING_DAYS ? GRADE_WARNING
                                           : GRADE_OK,
            "calendar",
            in_words(context,
                     "国务院办公厅公布下一年节假日安排后补充日历（dubanctl calendar import）",
                     "add the next year's notice to the calendar (dubanctl calendar import)"),
            in_words(context, "日历 %s 至 %s，还有 %lld 天", "calendar %s reaches %s, %lld days"),
            calendar->name, day_text(last_day, last), left);
    }
}

static void add_finding(struct buf *out, const struct context *context, const json_t *finding)
{
    static const char *const marks[][2] = {{"正常", "fine"}, {"注意", "look"}, {"故障", "BAD "}};
    const char *grade = json_string_value(json_object_get(finding, "grade"));
    const char *remedy = json_string_value(json_object_get(finding, "remedy"));
    size_t number = 0;
    while (number + 1 < COUNT_OF(grade_words) && strcmp(grade, grade_words[number]) != 0)
        number++;
    buf_format(out, "%s  %s\n", marks[number][context->english],
               json_string_value(json_object_get(finding, "what")));
    if (remedy[0])
        buf_format(out, "      → %s\n", remedy);
}

static int tell(const struct doctor *doctor)
{
    size_t index;
    const json_t *finding;
    if (doctor->context->json) {
        json_t *all =
            json_pack("{s:b, s:O}", "well", (int)!doctor->bad, "findings", doctor->findings);
        int status = tell_json(all);
        json_decref(all);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(doctor->findings, index, finding)
    {
        add_finding(&text, doctor->context, finding);
    }
    return tell_text(&text);
}

static int run(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl doctor";
    int first;
    if (!read_flags(context, argc, argv, NULL, 0, usage, &first))
        return EXIT_USAGE;
    if (first < argc)
        return tell_usage(context, usage);
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    struct doctor doctor = {.context = context, .config = config, .findings = json_array()};
    doctor_find(&doctor, GRADE_OK, "configuration", NULL,
                in_words(context, "配置文件 %s 正确（版本 %.16s）", "%s is right (version %.16s)"),
                context->config, config->version);
    doctor_calendars(&doctor);
    doctor_state(&doctor);
    doctor_source(&doctor);
    int status = tell(&doctor);
    json_decref(doctor.findings);
    config_destroy(config);
    return status == EXIT_OK && doctor.bad ? EXIT_FAILED : status;
}

const struct command doctor_command = {
    .name = "doctor",
    .usage =
        "体检：检查常见问题，逐项给出处理办法 / what commonly goes wrong, each with its remedy",
    .run = run,
};
