/* A whole explanation in words: the case, each of its clocks, and what else is known. */
#include "explanation_tell.h"

#include <string.h>

/* --- what the parts use --- */

void cells_init(struct cells *cells)
{
    for (size_t i = 0; i < CELLS_MOST; i++)
        buf_init(&cells->items[i], CELL_BYTES_MOST);
}

void cells_finish(struct cells *cells)
{
    for (size_t i = 0; i < CELLS_MOST; i++)
        buf_finish(&cells->items[i]);
}

void cells_tell(struct cells *cells, const struct teller *teller, const char *class)
{
    const char *texts[CELLS_MOST];
    for (size_t i = 0; i < CELLS_MOST; i++)
        texts[i] = buf_string(&cells->items[i]);
    teller->writer->row(teller->context, class, texts);
    for (size_t i = 0; i < CELLS_MOST; i++)
        buf_clear(&cells->items[i]);
}

void tell_table(const struct teller *teller, const char *class, const char *caption,
                size_t column_count, const char *const columns[][LOCALES])
{
    const char *names[CELLS_MOST];
    for (size_t i = 0; i < column_count; i++)
        names[i] = columns[i][teller->locale];
    teller->writer->table(teller->context, class, caption, column_count, names);
}

void tell_field(const struct teller *teller, const char *label, const struct buf *text)
{
    teller->writer->field(teller->context, label, buf_string(text));
}

/* --- the case --- */

/* "食品经营许可（SC-03）". */
static void add_named(struct buf *out, const struct teller *teller, const char *name,
                      const char *code)
{
    if (*name == '\0')
        buf_text(out, code);
    else if (*code == '\0')
        buf_text(out, name);
    else
        buf_format(out, say(teller, "%s（%s）", "%s (%s)"), name, code);
}

static void tell_named(const struct teller *teller, const char *label, const char *name,
                       const char *code)
{
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (*name == '\0' && *code == '\0')
        return;
    add_named(&text, teller, name, code);
    tell_field(teller, label, &text);
}

static void tell_person(const struct teller *teller, const char *label, const json_t *person)
{
    tell_named(teller, label, explained_string(person, "name"), explained_string(person, "phone"));
}

static void tell_place(const struct teller *teller, const char *label, const json_t *place)
{
    tell_named(teller, label, explained_string(place, "name"), explained_string(place, "code"));
}

static void tell_milestones(const struct teller *teller, const json_t *facts)
{
    const json_t *milestones = json_object_get(facts, "milestones");
    bool is_first = true;
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    for (int i = 0; i < MILESTONES; i++) {
        const char *column = milestone_column((enum milestone)i);
        const char *at = explained_string(milestones, column);
        if (*at == '\0')
            continue;
        buf_format(&text, "%s ", explained_call("milestone", column, teller->locale));
        explained_add_when(&text, at, teller->locale);
        tell_field(teller, is_first ? say(teller, "环节", "steps") : "", &text);
        buf_clear(&text);
        is_first = false;
    }
    if (*explained_string(facts, "reopened_at") == '\0')
        return;
    buf_format(&text, "%s ", explained_call("event", "reopened", teller->locale));
    explained_add_when(&text, explained_string(facts, "reopened_at"), teller->locale);
    tell_field(teller, "", &text);
}

static void tell_status(const struct teller *teller, const json_t *facts)
{
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    buf_text(&text, locale_kind(explained_string(facts, "kind"), teller->locale));
    if (*explained_string(facts, "class"))
        buf_format(&text, say(teller, "，%s", ", %s"), explained_string(facts, "class"));
    tell_field(teller, say(teller, "类型", "kind"), &text);
    buf_clear(&text);
    buf_format(&text, say(teller, "%s，环节：%s", "%s, stage: %s"),
               explained_call("status", explained_string(facts, "status"), teller->locale),
               locale_stage(explained_string(facts, "stage"), teller->locale));
    tell_field(teller, say(teller, "状态", "state"), &text);
}

static void tell_facts(const struct teller *teller, const json_t *facts)
{
    if (!json_is_object(facts))
        return;
    tell_named(teller, say(teller, "事项", "item"), explained_string(facts, "item_name"),
               explained_string(facts, "item_code"));
    tell_status(teller, facts);
    tell_place(teller, say(teller, "部门", "department"), json_object_get(facts, "department"));
    tell_place(teller, say(teller, "窗口", "window"), json_object_get(facts, "window"));
    tell_person(teller, say(teller, "申请人", "applicant"), json_object_get(facts, "applicant"));
    tell_person(teller, say(teller, "代办员", "agent"), json_object_get(facts, "agent"));
    tell_person(teller, say(teller, "经办人", "handler"), json_object_get(facts, "handler"));
    tell_milestones(teller, facts);
}

static void tell_worst(const struct teller *teller, const json_t *document)
{
    const json_t *worst = json_object_get(document, "worst");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (json_array_size(json_object_get(document, "clocks")) == 0)
        return;
    if (json_is_object(worst))
        buf_format(&text, say(teller, "%s，来自计时“%s”", "%s, of the clock '%s'"),
                   explained_call_level(json_object_get(worst, "level"), teller->locale),
                   explained_string(worst, teller->locale == LOCALE_EN ? "clock" : "label"));
    else
        buf_text(&text, say(teller, "正常", "normal"));
    tell_field(teller, say(teller, "最高级别", "worst level"), &text);
}

/* --- what has to be known before one relies on it --- */

static void warn(const struct teller *teller, const char *text)
{
    teller->writer->field(teller->context, say(teller, "注意", "note"), text);
}

static void tell_source(const struct teller *teller, const json_t *document)
{
    const json_t *source = json_object_get(document, "source");
    const char *state = explained_string(source, "state");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (strcmp(state, "absent") == 0)
        buf_text(&text, say(teller, "审批系统中没有此件，以下只是 duban 的记录",
                            "the approval system has no such case; below is what duban recorded"));
    else if (strcmp(state, "away") == 0)
        buf_format(&text,
                   say(teller, "无法访问审批系统（%s），以下只是 duban 的记录",
                       "the approval system can't be asked (%s); below is what duban recorded"),
                   explained_string(source, "problem"));
    else if (strcmp(state, "broken") == 0)
        buf_format(&text,
                   say(teller, "审批系统的数据行无法使用（%s），以下只是 duban 的记录",
                       "its row can't be worked with (%s); below is what duban recorded"),
                   explained_string(source, "problem"));
    if (text.length)
        warn(teller, buf_string(&text));
    if (!json_is_true(json_object_get(document, "stored")))
        warn(teller, say(teller, "duban 还没有收录此件，以下按规则计算，没有任何记录",
                         "duban hasn't taken this case in yet: below is what the rules say, and "
                         "nothing has been recorded"));
}

static void tell_set_aside(const struct teller *teller, const json_t *document)
{
    const json_t *row = json_object_get(document, "set_aside");
    const char *problem = explained_string(json_object_get(document, "facts"), "problem");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (json_is_object(row)) {
        buf_text(&text, say(teller, "数据行自 ", "the row is set aside since "));
        explained_add_when(&text, explained_string(row, "first_seen"), teller->locale);
        buf_format(&text,
                   say(teller, " 起被搁置，不再预警：%s", ", and nobody is warned of it: %s"),
                   explained_string(row, "reason"));
        warn(teller, buf_string(&text));
    } else if (*problem) {
        buf_format(&text, say(teller, "数据行不合要求：%s", "the row isn't as it should be: %s"),
                   problem);
        warn(teller, buf_string(&text));
    }
}

static void tell_warnings(const struct teller *teller, const json_t *document)
{
    const char *at = explained_string(document, "at"), *now = explained_string(document, "now");
    tell_source(teller, document);
    tell_set_aside(teller, document);
    if (strcmp(at, now) != 0)
        warn(teller, say(teller, "按上述时刻已知的事实说明；消息的状态为现在的状态",
                         "told by the facts known at that instant; where messages are is as of "
                         "now"));
    if (json_is_true(json_object_get(document, "events_left_out")))
        warn(teller, say(teller, "记录过多，只列出最近的", "only the newest events are listed"));
}

/* --- all of it --- */

static void tell_title(const struct teller *teller, const json_t *document)
{
    AUTO_BUF title, subtitle;
    buf_init(&title, CELL_BYTES_MOST);
    buf_init(&subtitle, CELL_BYTES_MOST);
    buf_format(&title, say(teller, "办件 %s 时限说明", "The deadlines of case %s"),
               explained_string(document, "case_no"));
    buf_format(&subtitle, say(teller, "%s，截至 ", "%s, as of "),
               explained_string(document, "centre"));
    explained_add_when(&subtitle, explained_string(document, "at"), teller->locale);
    teller->writer->title(teller->context, buf_string(&title), buf_string(&subtitle));
}

void explanation_tell(const json_t *document, enum locale locale,
                      const struct explanation_writer *writer, void *context)
{
    const struct teller teller = {.locale = locale, .writer = writer, .context = context};
    const json_t *clock;
    size_t index;
    tell_title(&teller, document);
    writer->section(context, "case", say(&teller, "办件", "case"));
    tell_warnings(&teller, document);
    tell_worst(&teller, document);
    tell_facts(&teller, json_object_get(document, "facts"));
    json_array_foreach(json_object_get(document, "clocks"), index, clock)
    {
        tell_clock(&teller, clock);
    }
    tell_rest(&teller, document);
    writer->end(context);
}
