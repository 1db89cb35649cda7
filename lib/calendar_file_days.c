/* Calendar files: holidays, make-up days, special hours, and days taken back to normal. */
#include "calendar_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

/* On which days an entry falls: one run of days, or the same one every year. */
struct when {
    bool yearly;
    day_number first, last;                           /* once */
    int first_month, first_day, last_month, last_day; /* yearly */
};

#define WHEN_KEYS "date", "from", "to", "yearly"

static bool read_date(const struct yaml_node *node, day_number *day, struct problems *problems)
{
    struct error error;
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    if (day_parse(node->text, day, &error))
        return true;
    yaml_problem(node, problems, "%s", error.text);
    return false;
}

static bool read_month_day(const struct yaml_node *node, int *month, int *day,
                           struct problems *problems)
{
    int used = 0;
    if (!yaml_expect(node, YAML_SCALAR, problems))
        return false;
    if (strlen(node->text) == 5 && strspn(node->text, "0123456789-") == 5 &&
        sscanf(node->text, "%2d-%2d%n", month, day, &used) == 2 && used == 5 &&
        civil_is_valid(2000, *month, *day)) /* a leap year: 02-29 may be meant */
        return true;
    yaml_problem(node, problems, "'%.40s' is not a day of the year; expected MM-DD", node->text);
    return false;
}

static bool read_yearly(const struct yaml_node *node, struct when *when, struct problems *problems)
{
    static const char *const known[] = {"from", "to"};
    when->yearly = true;
    if (node->kind == YAML_SCALAR) {
        if (!read_month_day(node, &when->first_month, &when->first_day, problems))
            return false;
        when->last_month = when->first_month;
        when->last_day = when->first_day;
        return true;
    }
    if (!yaml_expect(node, YAML_MAP, problems) ||
        !yaml_check_keys(node, known, COUNT_OF(known), problems))
        return false;
    const struct yaml_node *from = yaml_get(node, "from"), *to = yaml_get(node, "to");
    if (from == NULL || to == NULL) {
        yaml_problem(node, problems, "expected MM-DD, or from: MM-DD and to: MM-DD");
        return false;
    }
    return read_month_day(from, &when->first_month, &when->first_day, problems) &&
           read_month_day(to, &when->last_month, &when->last_day, problems);
}

static bool read_run(const struct yaml_node *from, const struct yaml_node *to, struct when *when,
                     struct problems *problems)
{
    if (!read_date(from, &when->first, problems) || !read_date(to, &when->last, problems))
        return false;
    if (when->first <= when->last)
        return true;
    yaml_problem(to, problems, "%s is before %s", to->text, from->text);
    return false;
}

/* Exactly one of `date`, `from` with `to`, `yearly`. A scalar is a date by itself. */
static bool read_when(const struct yaml_node *entry, struct when *when, struct problems *problems)
{
    const struct yaml_node *date = entry->kind == YAML_SCALAR ? entry : yaml_get(entry, "date");
    const struct yaml_node *from = yaml_get(entry, "from"), *to = yaml_get(entry, "to");
    const struct yaml_node *yearly = yaml_get(entry, "yearly");
    *when = (struct when){0};
    if ((date != NULL) + (from || to) + (yearly != NULL) != 1 || (from == NULL) != (to == NULL)) {
        yaml_problem(entry, problems, "expected one of: date, from with to, yearly");
        return false;
    }
    if (date)
        return read_run(date, date, when, problems);
    return from ? read_run(from, to, when, problems) : read_yearly(yearly, when, problems);
}

static struct day_mark *mark_of(struct layer *layer, day_number day)
{
    return &layer->plan->marks[day - layer->plan->first_day];
}

/* Marks a run of days. What lies outside of the file's own days is left out. */
static void mark_run(struct layer *layer, day_number first, day_number last,
                     const struct day_mark *mark)
{
    day_number begin = first > layer->first_day ? first : layer->first_day;
    day_number end = last < layer->last_day ? last : layer->last_day;
    for (day_number day = begin; day <= end; day++)
        *mark_of(layer, day) = *mark;
}

/* A day may be given once in a file, or else it is unclear what it is. */
static bool claim_run(struct layer *layer, const struct yaml_node *entry, const struct when *when)
{
    char date[DAY_TEXT_BYTES], first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    day_number begin = when->first > layer->first_day ? when->first : layer->first_day;
    day_number end = when->last < layer->last_day ? when->last : layer->last_day;
    if (begin > end) {
        yaml_problem(entry, layer->problems, "%s lies outside of the calendar (%s to %s)",
                     day_text(when->first, date), day_text(layer->first_day, first),
                     day_text(layer->last_day, last));
        return false;
    }
    for (day_number day = begin; day <= end; day++) {
        unsigned *given_at = &layer->given_at[day - layer->plan->first_day];
        if (*given_at) {
            yaml_problem(entry, layer->problems, "%s is given twice, first in line %u",
                         day_text(day, date), *given_at);
            return false;
        }
        *given_at = entry->line;
    }
    return true;
}

/* The same run in every year; one that crosses New Year begins in the year before. */
static void mark_yearly(struct layer *layer, const struct when *when, const struct day_mark *mark)
{
    int from_year = civil_from_day(layer->first_day).year - 1;
    int to_year = civil_from_day(layer->last_day).year;
    bool crosses =
        when->last_month * 100 + when->last_day < when->first_month * 100 + when->first_day;
    for (int year = from_year; year <= to_year; year++) {
        int end_year = year + crosses;
        day_number first = day_from_civil(year, when->first_month, when->first_day);
        day_number last = day_from_civil(end_year, when->last_month, when->last_day);
        if (!civil_is_valid(end_year, when->last_month, when->last_day))
            last--; /* up to 02-29, in a common year: 02-28 */
        mark_run(layer, first, last, mark);
    }
}

/* Yearly entries come first, so that a single day's own entry wins over them. */
enum pass { PASS_YEARLY, PASS_SINGLE };

static void apply(struct layer *layer, enum pass pass, const struct yaml_node *entry,
                  const struct when *when, const struct day_mark *mark)
{
    if (when->yearly && pass == PASS_YEARLY)
        mark_yearly(layer, when, mark);
    else if (!when->yearly && pass == PASS_SINGLE && claim_run(layer, entry, when))
        mark_run(layer, when->first, when->last, mark);
}

static const char *own_text(struct layer *layer, const char *text)
{
    return text ? calendar_plan_own(layer->plan, mem_text(text)) : NULL;
}

static bool read_name(const struct yaml_node *entry, bool required, struct layer *layer,
                      const char **name)
{
    const struct yaml_node *node = yaml_get(entry, "name");
    *name = NULL;
    if (node)
        return yaml_read_text(node, name, layer->problems);
    if (required)
        yaml_problem(entry, layer->problems, "the name is missing");
    return !required;
}

/* The hours of a single day: its own, or those of a weekday. */
static bool read_day_hours(const struct yaml_node *entry, struct layer *layer,
                           struct day_mark *mark)
{
    const struct yaml_node *hours = yaml_get(entry, "hours"), *as = yaml_get(entry, "as");
    size_t weekday;
    if (hours && as) {
        yaml_problem(as, layer->problems, "expected either hours or as");
        return false;
    }
    if (as) {
        if (!yaml_read_choice(as, weekday_words, COUNT_OF(weekday_words), &weekday,
                              layer->problems))
            return false;
        mark->as = (uint8_t)(weekday + 1);
    }
    if (hours) {
        struct day_hours read;
        if (!hours_read(hours, &read, layer->problems))
            return false;
        struct day_hours *kept = calendar_plan_own(layer->plan, mem_zero(1, sizeof *kept));
        *kept = read;
        mark->hours = kept;
    }
    return true;
}

static void read_makeup(const struct yaml_node *entry, const char *name, struct layer *layer,
                        enum pass pass)
{
    static const char *const known[] = {"name", "as", "hours", "date"};
    struct day_mark mark = {.kind = DAY_MAKEUP, .as = layer->makeup_as};
    struct when when;
    if (pass == PASS_YEARLY)
        return;
    if (entry->kind == YAML_MAP) {
        const char *own = NULL;
        if (!yaml_check_keys(entry, known, COUNT_OF(known), layer->problems) ||
            !read_name(entry, false, layer, &own) || !read_day_hours(entry, layer, &mark))
            return;
        name = own ? own : name;
    }
    if (!read_when(entry, &when, layer->problems))
        return;
    mark.name = own_text(layer, name);
    apply(layer, pass, entry, &when, &mark);
}

static void read_makeups(const struct yaml_node *list, const char *name, struct layer *layer,
                         enum pass pass)
{
    if (list == NULL || (pass == PASS_SINGLE && !yaml_expect(list, YAML_LIST, layer->problems)))
        return;
    for (size_t i = 0; list->kind == YAML_LIST && i < list->count; i++)
        read_makeup(list->values[i], name, layer, pass);
}

/* Every entry is read once in each pass, but its mistakes are told once. */
static bool begin_entry(const struct yaml_node *entry, const char *const *known, size_t count,
                        struct layer *layer, struct when *when)
{
    return yaml_expect(entry, YAML_MAP, layer->problems) &&
           yaml_check_keys(entry, known, count, layer->problems) &&
           read_when(entry, when, layer->problems);
}

static void read_holiday(const struct yaml_node *entry, struct layer *layer, enum pass pass)
{
    static const char *const known[] = {"name", "makeup", WHEN_KEYS};
    struct day_mark mark = {.kind = DAY_HOLIDAY};
    struct when when;
    const char *name;
    if (!begin_entry(entry, known, COUNT_OF(known), layer, &when) ||
        !read_name(entry, true, layer, &name))
        return;
    mark.name = own_text(layer, name);
    apply(layer, pass, entry, &when, &mark);
    read_makeups(yaml_get(entry, "makeup"), name, layer, pass);
}

static void read_special(const struct yaml_node *entry, struct layer *layer, enum pass pass)
{
    static const char *const known[] = {"name", "hours", "as", WHEN_KEYS};
    struct day_mark mark = {.kind = DAY_SPECIAL};
    struct when when;
    const char *name;
    if (!begin_entry(entry, known, COUNT_OF(known), layer, &when) ||
        !read_name(entry, false, layer, &name) || !read_day_hours(entry, layer, &mark))
        return;
    if (mark.hours == NULL && mark.as == 0) {
        yaml_problem(entry, layer->problems, "the hours are missing");
        return;
    }
    mark.name = own_text(layer, name);
    apply(layer, pass, entry, &when, &mark);
}

static void read_regular(const struct yaml_node *entry, struct layer *layer, enum pass pass)
{
    static const char *const known[] = {WHEN_KEYS};
    static const struct day_mark mark = {.kind = DAY_REGULAR};
    struct when when;
    if (entry->kind == YAML_MAP ? begin_entry(entry, known, COUNT_OF(known), layer, &when)
                                : read_when(entry, &when, layer->problems))
        apply(layer, pass, entry, &when, &mark);
}

static void read_list(const struct yaml_node *root, const char *key, struct layer *layer,
                      enum pass pass,
                      void (*read)(const struct yaml_node *, struct layer *, enum pass))
{
    const struct yaml_node *list = yaml_get(root, key);
    if (list == NULL || !yaml_expect(list, YAML_LIST, layer->problems))
        return;
    for (size_t i = 0; i < list->count; i++)
        read(list->values[i], layer, pass);
}

static void read_pass(const struct yaml_node *root, struct layer *layer, enum pass pass)
{
    read_list(root, "regular", layer, pass, read_regular);
    read_list(root, "holidays", layer, pass, read_holiday);
    read_makeups(yaml_get(root, "makeup"), NULL, layer, pass);
    read_list(root, "special", layer, pass, read_special);
}

void marks_read(const struct yaml_node *root, struct layer *layer)
{
    /* The first pass tells no mistakes: the second one meets them all again. */
    struct problems *told = layer->problems;
    struct problems unheard = {0};
    layer->problems = &unheard;
    read_pass(root, layer, PASS_YEARLY);
    problems_finish(&unheard);
    layer->problems = told;
    read_pass(root, layer, PASS_SINGLE);
}
