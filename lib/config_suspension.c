/* The section `suspensions`: what each reason means for the clocks. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

static const char *const effects[] = {"stop", "restart", "ignore", NULL}; /* suspension_effect */
static const char *const beyonds[] = {"stand_still", "run_again", NULL};

/* A reason as it is written, the choices still as numbers. */
struct written {
    const char *label, *law;
    size_t effect, beyond;
};

#define AT(field) offsetof(struct written, field)

static const struct setting suspension_table[] = {
    {"label", SETTING_TEXT, AT(label), .optional = true,
     .help = "as people call it; else the reason itself"},
    {"effect", SETTING_CHOICE, AT(effect), "stop", .choices = effects,
     .help =
         "`stop`: the clocks stand still; `restart`: when it is over they begin anew; `ignore`: "
         "they run on"},
    {"longest", SETTING_OTHER, .optional = true,
     .help = "the longest allowed, as `30 days`; longer ones are an irregularity"},
    {"beyond", SETTING_CHOICE, AT(beyond), "stand_still", .choices = beyonds,
     .help = "of the longest allowed: whether the clocks run again, although the approval system "
             "goes on suspending them"},
    {"law", SETTING_TEXT, AT(law), .optional = true,
     .help = "where the rule comes from, as `dubanctl explain` cites it"},
};

#define REASON_BYTES_MOST (sizeof((struct suspension *)0)->reason - 1)

static void read_suspension(const struct yaml_node *key, const struct yaml_node *map,
                            struct config_suspension *suspension, struct problems *problems)
{
    struct written written = {0};
    suspension->reason = key->text;
    if (strlen(key->text) > REASON_BYTES_MOST)
        yaml_problem(key, problems, "'%s' is too long for a reason; expected %zu bytes at most",
                     key->text, REASON_BYTES_MOST);
    settings_read(map, NULL, suspension_table, COUNT_OF(suspension_table), &written, problems);
    suspension->label = written.label ? written.label : key->text;
    suspension->law = written.law;
    suspension->effect = (enum suspension_effect)written.effect;
    suspension->resumes = written.beyond == 1;
    const struct yaml_node *longest = yaml_get(map, "longest");
    if (longest)
        suspension->has_longest = config_read_limit(longest, &suspension->longest, problems);
    if (suspension->resumes && longest == NULL)
        yaml_problem(yaml_get(map, "beyond"), problems,
                     "'beyond: run_again' needs the longest allowed: 'longest: 30 days'");
}

void config_read_suspensions(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "suspensions", true);
    struct config_suspensions *suspensions = &reader->config->suspensions;
    if (section == NULL)
        return;
    suspensions->items = mem_zero(section->count, sizeof *suspensions->items);
    suspensions->count = section->count;
    for (size_t i = 0; i < section->count; i++) {
        if (yaml_expect(section->values[i], YAML_MAP, reader->problems))
            read_suspension(section->keys[i], section->values[i], &suspensions->items[i],
                            reader->problems);
        else
            suspensions->items[i].reason = section->keys[i]->text;
    }
}

const struct config_suspension *config_suspension(const struct config_suspensions *suspensions,
                                                  const char *reason)
{
    for (size_t i = 0; suspensions && i < suspensions->count; i++)
        if (strcmp(suspensions->items[i].reason, reason) == 0)
            return &suspensions->items[i];
    return NULL;
}

void config_document_suspensions(struct buf *out)
{
    buf_text(out, "\n### `suspensions`\n\nBy their reasons, as the source writes them. A reason "
                  "that isn't listed stops every clock, without limit.\n\n");
    settings_document(suspension_table, COUNT_OF(suspension_table), out);
}
