/* Parameters of a query in PostgreSQL's binary format: big-endian integers, instants as
 * microseconds since 2000-01-01, arrays as a header of five words before the items, each with its
 * length before it. */
#include "duban/mem.h"
#include "duban/pg.h"
#include "duban/pg_wire.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <string.h>

#define PARAMS_BYTES_MOST ((size_t)256 << 20)
#define EPOCH_2000_US     (INT64_C(946684800) * US_PER_S)

/* Of pg_type.dat, fixed for ever. */
static const struct {
    Oid item, array;
} oids[] = {
    [PG_TEXT] = {25, 1009},
    [PG_INT8] = {20, 1016},
    [PG_BOOL] = {16, 1000},
    [PG_TIMESTAMPTZ] = {1184, 1185},
};

/* Before the items of an array of one dimension. */
struct array_header {
    uint32_t dimensions; /* 0 for an empty array, which then ends before `count` */
    uint32_t has_null;
    uint32_t item_type;
    uint32_t count;
    uint32_t first_index;
};

#define NULL_LENGTH UINT32_MAX

struct pg_params *pg_params_create(void)
{
    struct pg_params *params = mem_zero(1, sizeof *params);
    buf_init(&params->bytes, PARAMS_BYTES_MOST);
    return params;
}

void pg_params_destroy(struct pg_params *params)
{
    if (params == NULL)
        return;
    buf_finish(&params->bytes);
    free(params);
}

void pg_params_clear(struct pg_params *params)
{
    params->count = 0;
    params->in_array = false;
    buf_clear(&params->bytes);
}

static void begin_value(struct pg_params *params, Oid type)
{
    assert(!params->in_array && params->count < PG_PARAMS_MOST);
    params->types[params->count] = type;
    params->starts[params->count] = params->bytes.length;
}

static void end_value(struct pg_params *params)
{
    size_t length = params->bytes.length - params->starts[params->count];
    params->lengths[params->count++] = (int)length; /* the cap is far below INT_MAX */
}

static void add_value(struct pg_params *params, enum pg_type type, const void *bytes, size_t length)
{
    begin_value(params, oids[type].item);
    buf_add(&params->bytes, bytes, length);
    end_value(params);
}

static void add_null(struct pg_params *params, enum pg_type type)
{
    begin_value(params, oids[type].item);
    params->lengths[params->count++] = -1;
}

static uint64_t instant_bits(wall_us at)
{
    return htobe64((uint64_t)(at - EPOCH_2000_US));
}

void pg_param_text(struct pg_params *params, const char *text)
{
    if (text)
        add_value(params, PG_TEXT, text, strlen(text));
    else
        add_null(params, PG_TEXT);
}

void pg_param_int(struct pg_params *params, int64_t value)
{
    uint64_t bits = htobe64((uint64_t)value);
    add_value(params, PG_INT8, &bits, sizeof bits);
}

void pg_param_bool(struct pg_params *params, bool value)
{
    uint8_t byte = value;
    add_value(params, PG_BOOL, &byte, sizeof byte);
}

void pg_param_instant(struct pg_params *params, wall_us at)
{
    uint64_t bits = at == WALL_NONE ? 0 : instant_bits(at);
    if (at == WALL_NONE)
        add_null(params, PG_TIMESTAMPTZ);
    else
        add_value(params, PG_TIMESTAMPTZ, &bits, sizeof bits);
}

void pg_array_begin(struct pg_params *params, enum pg_type type)
{
    begin_value(params, oids[type].array);
    params->in_array = true;
    params->item_type = type;
    params->items = 0;
    params->has_null = false;
    buf_add(&params->bytes, &(struct array_header){0}, sizeof(struct array_header));
}

static void add_item(struct pg_params *params, enum pg_type type, const void *bytes, size_t length)
{
    assert(params->in_array && params->item_type == type);
    if (length > PARAMS_BYTES_MOST)
        length = PARAMS_BYTES_MOST; /* overflows the buffer, not its length word */
    uint32_t word = htobe32((uint32_t)length);
    buf_add(&params->bytes, &word, sizeof word);
    buf_add(&params->bytes, bytes, length);
    params->items++;
}

static void add_null_item(struct pg_params *params, enum pg_type type)
{
    assert(params->in_array && params->item_type == type);
    uint32_t word = NULL_LENGTH;
    buf_add(&params->bytes, &word, sizeof word);
    params->items++;
    params->has_null = true;
}

void pg_array_text(struct pg_params *params, const char *text)
{
    if (text)
        add_item(params, PG_TEXT, text, strlen(text));
    else
        add_null_item(params, PG_TEXT);
}

void pg_array_bytes(struct pg_params *params, const char *text, size_t length)
{
    if (text)
        add_item(params, PG_TEXT, text, length);
    else
        add_null_item(params, PG_TEXT);
}

void pg_array_int(struct pg_params *params, int64_t value)
{
    uint64_t bits = htobe64((uint64_t)value);
    add_item(params, PG_INT8, &bits, sizeof bits);
}

void pg_array_bool(struct pg_params *params, bool value)
{
    uint8_t byte = value;
    add_item(params, PG_BOOL, &byte, sizeof byte);
}

void pg_array_instant(struct pg_params *params, wall_us at)
{
    if (at == WALL_NONE) {
        add_null_item(params, PG_TIMESTAMPTZ);
        return;
    }
    uint64_t bits = instant_bits(at);
    add_item(params, PG_TIMESTAMPTZ, &bits, sizeof bits);
}

void pg_array_end(struct pg_params *params)
{
    assert(params->in_array);
    params->in_array = false;
    struct array_header header = {
        .dimensions = htobe32(params->items > 0),
        .has_null = htobe32(params->has_null),
        .item_type = htobe32(oids[params->item_type].item),
        .count = htobe32((uint32_t)params->items),
        .first_index = htobe32(1),
    };
    if (!params->bytes.overflowed) {
        size_t start = params->starts[params->count];
        memcpy(params->bytes.data + start, &header, sizeof header);
        if (params->items == 0)
            params->bytes.length = start + offsetof(struct array_header, count);
    }
    end_value(params);
}

bool pg_params_wire(const struct pg_params *params, struct pg_wire *wire, struct error *error)
{
    if (params == NULL) {
        *wire = (struct pg_wire){.count = 0};
        return true;
    }
    assert(!params->in_array);
    if (params->bytes.overflowed)
        return error_set(error, "the parameters of the query pass %zu MiB",
                         PARAMS_BYTES_MOST >> 20);
    const char *bytes = buf_string(&params->bytes);
    for (int i = 0; i < params->count; i++) {
        wire->values[i] = params->lengths[i] < 0 ? NULL : bytes + params->starts[i];
        wire->formats[i] = 1; /* binary */
    }
    wire->count = params->count;
    wire->types = params->types;
    wire->lengths = params->lengths;
    return true;
}
