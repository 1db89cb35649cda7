/* YAML files as trees of nodes with places, built from libyaml's events. */
#include "duban/yaml.h"

#include "duban/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define FILE_BYTES_MOST (4u << 20)
#define DEPTH_MOST      64

struct yaml_document {
    char *file;
    struct yaml_node *root;
};

struct builder {
    yaml_parser_t parser;
    const char *file; /* the document's copy */
    struct problems *problems;
};

static void node_destroy(struct yaml_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->keys)
            node_destroy(node->keys[i]);
        node_destroy(node->values[i]);
    }
    free(node->keys);
    free(node->values);
    free(node->text);
    free(node);
}

static struct yaml_node *node_create(struct builder *builder, const yaml_event_t *event,
                                     enum yaml_kind kind)
{
    struct yaml_node *node = mem_zero(1, sizeof *node);
    node->kind = kind;
    node->file = builder->file;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    return node;
}

static void complain(struct builder *builder, yaml_mark_t mark, const char *text)
{
    problems_add(builder->problems, builder->file, (unsigned)mark.line + 1,
                 (unsigned)mark.column + 1, "%s", text);
}

/* The next event; false after a syntax error, which is reported. The caller deletes it. */
static bool next_event(struct builder *builder, yaml_event_t *event)
{
    if (yaml_parser_parse(&builder->parser, event))
        return true;
    const yaml_parser_t *parser = &builder->parser;
    char text[256];
    snprintf(text, sizeof text, "not valid YAML: %s%s%s",
             parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
             parser->context ? parser->context : "");
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        mark = parser->mark;
    complain(builder, mark, text);
    return false;
}

static struct yaml_node *build(struct builder *builder, const yaml_event_t *event, int depth);

static struct yaml_node *build_scalar(struct builder *builder, const yaml_event_t *event)
{
    const char *bytes = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(bytes, '\0', length)) {
        complain(builder, event->start_mark, "a NUL byte is not allowed in a value");
        return NULL;
    }
    struct yaml_node *node = node_create(builder, event, YAML_SCALAR);
    node->text = mem_text_n(bytes, length);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static void append(struct yaml_node *node, struct yaml_node *key, struct yaml_node *value)
{
    if (key) {
        node->keys = mem_grow(node->keys, node->count + 1, sizeof(struct yaml_node *));
        node->keys[node->count] = key;
    }
    node->values = mem_grow(node->values, node->count + 1, sizeof(struct yaml_node *));
    node->values[node->count++] = value;
}

/* Parses one event and builds what it starts; NULL at `end` (with *ended) or on failure. */
static struct yaml_node *build_next(struct builder *builder, yaml_event_type_t end, int depth,
                                    bool *ended)
{
    yaml_event_t event;
    if (!next_event(builder, &event))
        return NULL;
    *ended = event.type == end;
    struct yaml_node *node = *ended ? NULL : build(builder, &event, depth);
    yaml_event_delete(&event);
    return node;
}

static struct yaml_node *build_list(struct builder *builder, const yaml_event_t *start, int depth)
{
    struct yaml_node *list = node_create(builder, start, YAML_LIST);
    for (;;) {
        bool ended = false;
        struct yaml_node *item = build_next(builder, YAML_SEQUENCE_END_EVENT, depth + 1, &ended);
        if (ended)
            return list;
        if (item == NULL) {
            node_destroy(list);
            return NULL;
        }
        append(list, NULL, item);
    }
}

/* A key must be a scalar that the map doesn't hold yet. */
static bool key_is_fine(const struct yaml_node *map, const struct yaml_node *key,
                        struct problems *problems)
{
    if (key->kind != YAML_SCALAR) {
        yaml_problem(key, problems, "a key must be plain text");
        return false;
    }
    if (yaml_get(map, key->text)) {
        yaml_problem(key, problems, "key '%s' is given twice", key->text);
        return false;
    }
    return true;
}

static struct yaml_node *build_map(struct builder *builder, const yaml_event_t *start, int depth)
{
    struct yaml_node *map = node_create(builder, start, YAML_MAP);
    for (;;) {
        bool ended = false;
        struct yaml_node *key = build_next(builder, YAML_MAPPING_END_EVENT, depth + 1, &ended);
        if (ended)
            return map;
        if (key == NULL)
            break;
        struct yaml_node *value = NULL;
        if (key_is_fine(map, key, builder->problems))
            value = build_next(builder, YAML_MAPPING_END_EVENT, depth + 1, &ended);
        if (value == NULL) {
            node_destroy(key);
            break;
        }
        append(map, key, value);
    }
    node_destroy(map);
    return NULL;
}

static struct yaml_node *build(struct builder *builder, const yaml_event_t *event, int depth)
{
    if (depth > DEPTH_MOST) {
        complain(builder, event->start_mark, "nested too deep (64 levels at most)");
        return NULL;
    }
    if (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor == NULL)
        return build_scalar(builder, event);
    if (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor == NULL)
        return build_list(builder, event, depth);
    if (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor == NULL)
        return build_map(builder, event, depth);
    complain(builder, event->start_mark, "anchors and aliases (& and *) are not supported");
    return NULL;
}

static struct yaml_node *empty_map(struct builder *builder)
{
    struct yaml_node *node = mem_zero(1, sizeof *node);
    *node = (struct yaml_node){.kind = YAML_MAP, .file = builder->file, .line = 1, .column = 1};
    return node;
}

/* The stream: at most one document. */
static struct yaml_node *build_stream(struct builder *builder)
{
    struct yaml_node *root = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next_event(builder, &event))
            break;
        yaml_event_type_t type = event.type;
        bool fine = true;
        if (type == YAML_DOCUMENT_START_EVENT && root) {
            complain(builder, event.start_mark, "a second document; expected one per file");
            fine = false;
        } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
                   type == YAML_MAPPING_START_EVENT || type == YAML_ALIAS_EVENT) {
            root = build(builder, &event, 0);
            fine = root != NULL;
        }
        yaml_event_delete(&event);
        if (!fine)
            break;
        if (type == YAML_STREAM_END_EVENT)
            return root ? root : empty_map(builder);
    }
    node_destroy(root);
    return NULL;
}

struct yaml_document *yaml_load_text(const char *text, size_t length, const char *name,
                                     struct problems *problems)
{
    struct yaml_document *document = mem_zero(1, sizeof *document);
    document->file = mem_text(name);
    struct builder builder = {.file = document->file, .problems = problems};
    if (!yaml_parser_initialize(&builder.parser))
        abort();
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
    document->root = build_stream(&builder);
    yaml_parser_delete(&builder.parser);
    if (document->root)
        return document;
    yaml_destroy(document);
    return NULL;
}

struct yaml_document *yaml_load_file(const char *path, struct problems *problems)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        problems_add(problems, path, 0, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *text = mem_zero(FILE_BYTES_MOST + 1, 1);
    size_t length = fread(text, 1, FILE_BYTES_MOST + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    struct yaml_document *document = NULL;
    if (failed)
        problems_add(problems, path, 0, 0, "cannot be read: %s", strerror(EIO));
    else if (length > FILE_BYTES_MOST)
        problems_add(problems, path, 0, 0, "is larger than 4 MiB");
    else
        document = yaml_load_text(text, length, path, problems);
    free(text);
    return document;
}

void yaml_destroy(struct yaml_document *document)
{
    if (document == NULL)
        return;
    node_destroy(document->root);
    free(document->file);
    free(document);
}

const struct yaml_node *yaml_root(const struct yaml_document *document)
{
    return document->root;
}
