/* How the calendar commands write dates, instants and amounts, for people and as JSON. */
#include "calendar_args.h"

#include <stdio.h>
#include <stdlib.h>

void write_date(struct buf *out, const struct context *context, day_number day)
{
    static const char *const chinese[] = {"", "一", "二", "三", "四", "五", "六", "日"};
    static const char *const english[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    char date[DAY_TEXT_BYTES];
    day_text(day, date);
    if (context->english)
        buf_format(out, "%s %s", english[weekday_of(day)], date);
    else
        buf_format(out, "%s（周%s）", date, chinese[weekday_of(day)]);
}

void write_instant(struct buf *out, const struct context *context, const struct calendar *calendar,
                   wall_us at)
{
    wall_us local = at + calendar_offset_s(calendar, at) * US_PER_S;
    int64_t day = local / US_PER_DAY - (local % US_PER_DAY < 0);
    int second = (int)((local - day * US_PER_DAY) / US_PER_S);
    write_date(out, context, (day_number)day);
    buf_format(out, "%s%02d:%02d", context->english ? " " : "", second / 3600, second / 60 % 60);
    if (second % 60)
        buf_format(out, ":%02d", second % 60);
}

void write_span(struct buf *out, const struct context *context, span_us span)
{
    int64_t minutes = llabs(span) / (60 * US_PER_S);
    if (span < 0)
        buf_char(out, '-');
    if (minutes >= 60 || minutes == 0)
        buf_format(out, in_words(context, "%lld 小时", "%lld h"), (long long)(minutes / 60));
    if (minutes % 60)
        buf_format(out, in_words(context, "%s%lld 分", "%s%lld min"), minutes >= 60 ? " " : "",
                   (long long)(minutes % 60));
}

json_t *json_instant(const struct calendar *calendar, wall_us at)
{
    char text[INSTANT_TEXT_BYTES];
    return json_string(instant_text_offset(at, calendar_offset_s(calendar, at), text));
}

json_t *json_day(day_number day)
{
    char text[DAY_TEXT_BYTES];
    return json_string(day_text(day, text));
}

json_t *json_calendar(const struct calendar *calendar)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", calendar_name(calendar), "version",
                     calendar_version(calendar), "zone", zone_name(calendar_zone(calendar)),
                     "first_day", json_day(calendar_first_day(calendar)), "last_day",
                     json_day(calendar_last_day(calendar)));
}

int print_json(json_t *json)
{
    bool fine = json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return fine ? EXIT_OK : EXIT_FAILED;
}

int print_buf(const struct buf *out)
{
    return fputs(buf_string(out), stdout) == EOF ? EXIT_FAILED : EXIT_OK;
}
