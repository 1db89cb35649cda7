/* Time zones through GLib, which reads the system's tzdata; gaps and overlaps are explicit. */
#include "duban/zone.h"

#include "duban/mem.h"

#include <glib.h>
#include <string.h>

struct zone {
    GTimeZone *zone;
    char *name;
};

/* Only names of the database: GLib would also take offsets, paths and rules. */
static bool is_zone_name(const char *name)
{
    static const char *const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_+-/";
    bool letter_first = (name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z');
    return letter_first && strlen(name) < 64 && name[strspn(name, allowed)] == '\0';
}

struct zone *zone_open(const char *name, struct error *error)
{
    GTimeZone *found = is_zone_name(name) ? g_time_zone_new_identifier(name) : NULL;
    if (found == NULL) {
        error_set(error, "unknown time zone '%.60s'; expected a name such as Asia/Shanghai", name);
        return NULL;
    }
    struct zone *zone = mem_zero(1, sizeof *zone);
    zone->zone = found;
    zone->name = mem_text(name);
    return zone;
}

void zone_close(struct zone *zone)
{
    if (zone == NULL)
        return;
    g_time_zone_unref(zone->zone);
    free(zone->name);
    free(zone);
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

static int32_t offset_at_second(const struct zone *zone, int64_t second)
{
    gint interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, second);
    return g_time_zone_get_offset(zone->zone, interval);
}

int32_t zone_offset_s(const struct zone *zone, wall_us at)
{
    return offset_at_second(zone, at / US_PER_S - (at % US_PER_S < 0));
}

day_number zone_day(const struct zone *zone, wall_us at)
{
    wall_us local = at + zone_offset_s(zone, at) * US_PER_S;
    return (day_number)(local / US_PER_DAY - (local % US_PER_DAY < 0));
}

/* The first second in (low, high] with another offset than `low`; there is one. */
static int64_t find_change(const struct zone *zone, int64_t low, int64_t high)
{
    int32_t before = offset_at_second(zone, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at_second(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Both readings of a local second: with the offset of a day before and of a day after. Zones
 * change at most once in two days, so the truth is one of them, or lies in the gap between. */
static int64_t resolve(const struct zone *zone, int64_t local, bool last)
{
    int32_t before = offset_at_second(zone, local - 86400);
    int32_t after = offset_at_second(zone, local + 86400);
    int64_t early = local - before, late = local - after;
    bool early_holds = offset_at_second(zone, early) == before;
    bool late_holds = offset_at_second(zone, late) == after;
    if (early_holds && late_holds)
        return last == (late > early) ? late : early;
    if (early_holds)
        return early;
    if (late_holds)
        return late;
    return find_change(zone, local - 86400, local + 86400);
}

static wall_us to_wall(const struct zone *zone, day_number day, int32_t second, bool last)
{
    return resolve(zone, (int64_t)day * 86400 + second, last) * US_PER_S;
}

wall_us zone_first(const struct zone *zone, day_number day, int32_t second)
{
    return to_wall(zone, day, second, false);
}

wall_us zone_last(const struct zone *zone, day_number day, int32_t second)
{
    return to_wall(zone, day, second, true);
}
