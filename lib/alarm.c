/* A small table of conditions. */
#include "duban/alarm.h"

#include "duban/hash.h"
#include "duban/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The subject's place; the count when it has none yet. */
static size_t place_of(const struct alarms *alarms, const char *subject)
{
    size_t place = 0;
    while (place < alarms->count && strcmp(alarms->items[place].subject, subject) != 0)
        place++;
    return place;
}

static struct alarm *find_or_add(struct alarms *alarms, const char *subject)
{
    size_t place = place_of(alarms, subject);
    if (place == alarms->count) {
        assert(alarms->count < ALARMS_MOST); /* subjects are our own words */
        alarms->items[alarms->count++] = (struct alarm){.subject = subject};
    }
    return &alarms->items[place];
}

static void keep_detail(struct alarm *alarm, const char *detail)
{
    size_t length = strlen(detail);
    if (length >= sizeof alarm->detail)
        length = utf8_cut(detail, sizeof alarm->detail - 1);
    memcpy(alarm->detail, detail, length);
    alarm->detail[length] = '\0';
}

enum alarm_change alarm_update(struct alarms *alarms, const char *subject, bool holds,
                               span_us after_us, const char *detail, wall_us now)
{
    struct alarm *alarm = find_or_add(alarms, subject);
    if (holds && !alarm->raised && (!alarm->holds || now < alarm->since))
        alarm->since = now;
    alarm->holds = holds;
    if (holds && !alarm->raised && now - alarm->since >= after_us) {
        alarm->raised = true;
        keep_detail(alarm, detail);
        return ALARM_RAISED;
    }
    if (!holds && alarm->raised) {
        alarm->raised = false;
        return ALARM_OVER;
    }
    return ALARM_SAME;
}

const struct alarm *alarm_find(const struct alarms *alarms, const char *subject)
{
    size_t place = place_of(alarms, subject);
    return place < alarms->count ? &alarms->items[place] : NULL;
}

const char *alarm_id(const char *place, const char *subject, wall_us since, bool over,
                     const char *address, char id[ALARM_ID_BYTES])
{
    uint64_t hash = hash_begin();
    hash = hash_text(hash, place);
    hash = hash_text(hash, subject);
    hash = hash_int(hash, since);
    hash = hash_int(hash, over);
    hash = hash_text(hash, address);
    snprintf(id, ALARM_ID_BYTES, "alarm-%016" PRIx64, hash);
    return id;
}
