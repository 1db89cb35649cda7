/* Calendar files: the chain of includes, the calendar's own keys, and what comes of them. */
#include "duban/calendar_file.h"

#include "calendar_reader.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define INCLUDES_MOST   8
#define FILE_BYTES_MOST ((size_t)4 << 20)

/* Days of a file that doesn't tell them: the rest of it is checked all the same. */
#define FALLBACK_FIRST day_from_civil(1990, 1, 1)
#define FALLBACK_LAST  day_from_civil(2099, 12, 31)

struct reader {
    struct calendar_plan plan;
    struct problems *problems;
    GChecksum *sum;
    char *chain[INCLUDES_MOST]; /* real paths of the files being read, outermost first */
    size_t depth;
};

/* "dir/cn.yaml" → "cn". */
static char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return dot && dot > base ? mem_text_n(base, (size_t)(dot - base)) : mem_text(base);
}

static bool read_file(struct reader *reader, const char *path, const struct yaml_node *include);

/* The included file, if there is one; it fills the plan first. */
static bool read_include(struct reader *reader, const struct yaml_node *root, const char *path)
{
    const struct yaml_node *include = yaml_get(root, "include");
    const char *name;
    if (include == NULL)
        return false;
    if (!yaml_read_text(include, &name, reader->problems))
        return false;
    if (path == NULL) {
        yaml_problem(include, reader->problems, "include works in files only");
        return false;
    }
    AUTO_FREE char *target = path_beside(path, name);
    return read_file(reader, target, include);
}

static void read_zone(struct reader *reader, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_get(root, "zone");
    const char *name;
    struct error error;
    if (node == NULL && reader->plan.zone == NULL)
        yaml_problem(root, reader->problems, "zone is missing; expected a name as Asia/Shanghai");
    if (node == NULL || !yaml_read_text(node, &name, reader->problems))
        return;
    struct zone *zone = zone_open(name, &error);
    if (zone == NULL) {
        yaml_problem(node, reader->problems, "%s", error.text);
        return;
    }
    zone_close(reader->plan.zone);
    reader->plan.zone = zone;
}

static void read_name(struct reader *reader, const struct yaml_node *root, const char *file)
{
    const struct yaml_node *node = yaml_get(root, "name");
    const char *name = NULL;
    if (node && !yaml_read_text(node, &name, reader->problems))
        return;
    free(reader->plan.name);
    reader->plan.name = name ? mem_text(name) : base_name(file);
}

/* One end of `valid:`; what isn't given stays as the included file has it. */
static bool read_end(const struct yaml_node *valid, const char *key, day_number *day,
                     struct problems *problems)
{
    const struct yaml_node *node = yaml_get(valid, key);
    struct error error;
    if (node == NULL)
        return true;
    if (node->kind == YAML_SCALAR && day_parse(node->text, day, &error))
        return true;
    yaml_problem(node, problems, "expected a date as 2026-12-31");
    return false;
}

static bool read_ends(struct reader *reader, const struct yaml_node *root, bool included,
                      struct layer *layer)
{
    static const char *const known[] = {"from", "until"};
    const struct yaml_node *valid = yaml_get(root, "valid");
    const struct calendar_plan *plan = &reader->plan;
    char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    if (valid == NULL && included)
        return true;
    if (valid && (!yaml_expect(valid, YAML_MAP, reader->problems) ||
                  !yaml_check_keys(valid, known, COUNT_OF(known), reader->problems)))
        return false;
    if (!included && (!yaml_get(valid, "from") || !yaml_get(valid, "until"))) {
        yaml_problem(valid ? valid : root, reader->problems,
                     "valid is missing; expected {from: 2020-01-01, until: 2026-12-31}");
        return false;
    }
    if (!read_end(valid, "from", &layer->first_day, reader->problems) ||
        !read_end(valid, "until", &layer->last_day, reader->problems))
        return false;
    if (layer->first_day > layer->last_day ||
        layer->last_day - layer->first_day >= CALENDAR_DAYS_MOST) {
        yaml_problem(valid, reader->problems, "expected from before until, and at most 200 years");
        return false;
    }
    if (included && (layer->first_day < plan->first_day || layer->last_day > plan->last_day)) {
        yaml_problem(valid, reader->problems, "reaches beyond the included calendar (%s to %s)",
                     day_text(plan->first_day, first), day_text(plan->last_day, last));
        return false;
    }
    return true;
}

/* The days of the innermost file are those of the table. */
static void make_table(struct calendar_plan *plan, const struct layer *layer)
{
    plan->first_day = layer->first_day;
    plan->last_day = layer->last_day;
    plan->marks = mem_zero((size_t)(plan->last_day - plan->first_day) + 1, sizeof *plan->marks);
}

/* Cuts the table to the days of an outer file. */
static void cut_table(struct calendar_plan *plan, const struct layer *layer)
{
    size_t kept = (size_t)(layer->last_day - layer->first_day) + 1;
    memmove(plan->marks, plan->marks + (layer->first_day - plan->first_day),
            kept * sizeof *plan->marks);
    plan->first_day = layer->first_day;
    plan->last_day = layer->last_day;
}

/* A file's days unless it says otherwise: those of what it includes. */
static void set_days(struct layer *layer, const struct calendar_plan *included)
{
    layer->first_day = included ? included->first_day : FALLBACK_FIRST;
    layer->last_day = included ? included->last_day : FALLBACK_LAST;
}

static void read_makeup_as(const struct yaml_node *root, struct layer *layer)
{
    const struct yaml_node *node = yaml_get(root, "makeup_as");
    size_t weekday = 0;
    if (node && !yaml_read_choice(node, weekday_words, 7, &weekday, layer->problems))
        return;
    layer->makeup_as = (uint8_t)(weekday + 1);
}

static void read_root(struct reader *reader, const struct yaml_node *root, const char *path)
{
    static const char *const known[] = {"name",     "zone",    "valid",           "include",
                                        "hours",    "makeup",  "round_the_clock", "weekends_count",
                                        "holidays", "special", "regular",         "makeup_as"};
    struct calendar_plan *plan = &reader->plan;
    if (!yaml_expect(root, YAML_MAP, reader->problems))
        return;
    yaml_check_keys(root, known, COUNT_OF(known), reader->problems);
    bool included = read_include(reader, root, path) && plan->marks;
    struct layer layer = {.plan = plan, .problems = reader->problems, .makeup_as = 1};
    set_days(&layer, included ? plan : NULL);
    if (!yaml_get(root, "include") || included) {
        read_zone(reader, root);
        if (!read_ends(reader, root, included, &layer))
            set_days(&layer, included ? plan : NULL);
    }
    read_name(reader, root, root->file);
    if (included)
        cut_table(plan, &layer);
    else
        make_table(plan, &layer);
    layer.given_at = mem_zero((size_t)(plan->last_day - plan->first_day) + 1, sizeof(unsigned));
    read_makeup_as(root, &layer);
    week_read(root, &layer);
    marks_read(root, &layer);
    free(layer.given_at);
}

static bool read_text(struct reader *reader, const char *text, size_t length, const char *name,
                      const char *path)
{
    g_checksum_update(reader->sum, (const guchar *)text, (gssize)length);
    struct yaml_document *document = yaml_load_text(text, length, name, reader->problems);
    if (document == NULL)
        return false;
    read_root(reader, yaml_root(document), path);
    yaml_destroy(document);
    return true;
}

/* Whether the file is being read already: it would include itself for ever. */
static bool is_in_chain(const struct reader *reader, const char *real)
{
    for (size_t i = 0; i < reader->depth; i++)
        if (strcmp(reader->chain[i], real) == 0)
            return true;
    return false;
}

static bool read_file(struct reader *reader, const char *path, const struct yaml_node *include)
{
    AUTO_FREE char *real = realpath(path, NULL);
    if (real == NULL) {
        if (include)
            yaml_problem(include, reader->problems, "%s cannot be read: %s", path, strerror(errno));
        else
            problems_add(reader->problems, path, 0, 0, "cannot be read: %s", strerror(errno));
        return false;
    }
    if (include && (is_in_chain(reader, real) || reader->depth == INCLUDES_MOST)) {
        yaml_problem(include, reader->problems,
                     is_in_chain(reader, real) ? "%s includes itself"
                                               : "%s is included too deep (8 files at most)",
                     path);
        return false;
    }
    size_t length;
    struct error error;
    AUTO_FREE char *text = NULL;
    if (!file_read(path, FILE_BYTES_MOST, &text, &length, &error)) {
        problems_add(reader->problems, path, 0, 0, "%s", error.text);
        return false;
    }
    reader->chain[reader->depth++] = real;
    bool fine = read_text(reader, text, length, path, path);
    reader->depth--;
    return fine;
}

/* Compiles what was read, unless something was wrong with it. */
static struct calendar *finish(struct reader *reader, size_t problems_before, const char *name)
{
    struct calendar *calendar = NULL;
    struct error error;
    if (reader->problems->total == problems_before) {
        reader->plan.hash = mem_text(g_checksum_get_string(reader->sum));
        calendar = calendar_compile(&reader->plan, &error);
        if (calendar == NULL)
            problems_add(reader->problems, name, 0, 0, "%s", error.text);
    }
    calendar_plan_finish(&reader->plan);
    g_checksum_free(reader->sum);
    return calendar;
}

struct calendar *calendar_load_file(const char *path, struct problems *problems)
{
    struct reader reader = {.problems = problems, .sum = g_checksum_new(G_CHECKSUM_SHA256)};
    size_t before = problems->total;
    if (!read_file(&reader, path, NULL) && problems->total == before)
        problems_add(problems, path, 0, 0, "cannot be read");
    return finish(&reader, before, path);
}

struct calendar *calendar_load_text(const char *text, size_t length, const char *name,
                                    struct problems *problems)
{
    struct reader reader = {.problems = problems, .sum = g_checksum_new(G_CHECKSUM_SHA256)};
    size_t before = problems->total;
    if (!read_text(&reader, text, length, name, NULL) && problems->total == before)
        problems_add(problems, name, 0, 0, "cannot be read");
    return finish(&reader, before, name);
}
