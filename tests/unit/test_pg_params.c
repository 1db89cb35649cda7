/* Parameters in PostgreSQL's binary format, byte by byte. */
#include "duban/mem.h"
#include "duban/pg_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct pg_wire wire;

static void assert_param(int number, Oid type, const char *bytes, int length)
{
    assert_true(number < wire.count);
    assert_int_equal(wire.types[number], type);
    assert_int_equal(wire.formats[number], 1);
    assert_int_equal(wire.lengths[number], length);
    if (length < 0)
        assert_null(wire.values[number]);
    else
        assert_memory_equal(wire.values[number], bytes, (size_t)length);
}

static void single_values_are_encoded(void **state)
{
    (void)state;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, "督");
    pg_param_text(params, NULL);
    pg_param_text(params, "");
    pg_param_int(params, -2);
    pg_param_bool(params, true);
    pg_param_bool(params, false);
    pg_param_instant(params, INT64_C(946684800000001));
    pg_param_instant(params, WALL_NONE);
    assert_true(pg_params_wire(params, &wire, NULL));
    assert_int_equal(wire.count, 8);
    assert_param(0, 25, "督", 3);
    assert_param(1, 25, NULL, -1);
    assert_param(2, 25, "", 0);
    assert_non_null(wire.values[2]);
    assert_param(3, 20, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    assert_param(4, 16, "\1", 1);
    assert_param(5, 16, "\0", 1);
    assert_param(6, 1184, "\0\0\0\0\0\0\0\1", 8);
    assert_param(7, 1184, NULL, -1);
    pg_params_destroy(params);
}

static void arrays_are_encoded(void **state)
{
    (void)state;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, "ab");
    pg_array_text(params, NULL);
    pg_array_bytes(params, "xyz", 1);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    pg_array_end(params);
    pg_array_begin(params, PG_BOOL);
    pg_array_bool(params, true);
    pg_array_end(params);
    pg_array_begin(params, PG_TIMESTAMPTZ);
    pg_array_instant(params, WALL_NONE);
    pg_array_end(params);
    assert_true(pg_params_wire(params, &wire, NULL));
    assert_int_equal(wire.count, 4);
    assert_param(0, 1009,
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\0\0\0\x19"
                 "\0\0\0\3"
                 "\0\0\0\1"
                 "\0\0\0\2"
                 "ab"
                 "\xff\xff\xff\xff"
                 "\0\0\0\1"
                 "x",
                 35);
    assert_param(1, 1016,
                 "\0\0\0\0"
                 "\0\0\0\0"
                 "\0\0\0\x14",
                 12);
    assert_param(2, 1000,
                 "\0\0\0\1"
                 "\0\0\0\0"
                 "\0\0\0\x10"
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\1",
                 25);
    assert_param(3, 1185,
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\0\0\4\xa0"
                 "\0\0\0\1"
                 "\0\0\0\1"
                 "\xff\xff\xff\xff",
                 24);
    pg_params_destroy(params);
}

static void a_list_may_be_used_again(void **state)
{
    (void)state;
    struct pg_params *params = pg_params_create();
    for (int i = 0; i < PG_PARAMS_MOST; i++)
        pg_param_int(params, i);
    pg_params_clear(params);
    pg_param_text(params, "again");
    assert_true(pg_params_wire(params, &wire, NULL));
    assert_int_equal(wire.count, 1);
    assert_param(0, 25, "again", 5);
    pg_params_clear(params);
    assert_true(pg_params_wire(params, &wire, NULL));
    assert_int_equal(wire.count, 0);
    assert_true(pg_params_wire(NULL, &wire, NULL));
    assert_int_equal(wire.count, 0);
    pg_params_destroy(params);
    pg_params_destroy(NULL);
}

static void more_than_the_cap_is_refused(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    struct error error;
    struct pg_params *params = pg_params_create();
    AUTO_FREE char *large = mem_zero(MIB, 1);
    pg_array_begin(params, PG_TEXT);
    for (int i = 0; i < 256; i++)
        pg_array_bytes(params, large, MIB);
    pg_array_end(params);
    wire.count = -7;
    assert_false(pg_params_wire(params, &wire, &error));
    assert_non_null(strstr(error.text, "256 MiB"));
    assert_int_equal(wire.count, -7);
    pg_params_clear(params);
    pg_param_int(params, 1);
    assert_true(pg_params_wire(params, &wire, &error));
    pg_params_destroy(params);
}

/* A bound that only an accidental quadratic, or an allocation per item, would pass. */
static void a_thousand_texts_take_microseconds(void **state)
{
    (void)state;
    enum { ROUNDS = 200, ITEMS = 1000 };
    struct pg_params *params = pg_params_create();
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int round = 0; round < ROUNDS; round++) {
        pg_params_clear(params);
        pg_array_begin(params, PG_TEXT);
        for (int i = 0; i < ITEMS; i++)
            pg_array_text(params, "SP20261122000123");
        pg_array_end(params);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double us =
        ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / 1e3 /
        ROUNDS;
    print_message("# an array of 1000 texts: %.1f us\n", us);
    assert_true(us < 1000);
    pg_params_destroy(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_values_are_encoded),
        cmocka_unit_test(arrays_are_encoded),
        cmocka_unit_test(a_list_may_be_used_again),
        cmocka_unit_test(more_than_the_cap_is_refused),
        cmocka_unit_test(a_thousand_texts_take_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
