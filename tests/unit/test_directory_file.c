/* The directory: both forms, every mistake with its place, and who answers for whom. */
#include "duban/directory_file.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Stands for the configuration: a channel "sms" that takes digits. */
static bool takes_digits(const void *context, const char *channel, const char *address,
                         struct error *error)
{
    (void)context;
    if (strcmp(channel, "sms") != 0)
        return error_set(error, "the channel '%s' is unknown", channel);
    if (strspn(address, "0123456789") != strlen(address))
        return error_set(error, "'%s' is no number", address);
    return true;
}

static const struct address_check digits = {.check = takes_digits};

typedef struct directory *(*loader)(const char *, size_t, const char *,
                                    const struct address_check *, struct problems *);

static void refused(loader load, const char *text, const char *expected)
{
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 8192);
    assert_null(load(text, strlen(text), "t", &digits, &problems));
    problems_print(&problems, &out);
    problems_finish(&problems);
    assert_string_equal(buf_string(&out), expected);
}

static void yaml_refused(const char *text, const char *expected)
{
    refused(directory_load_yaml, text, expected);
}

static void csv_refused(const char *text, const char *expected)
{
    refused(directory_load_csv, text, expected);
}

static void describe_days(const char *what, const struct date_ranges *dates, struct buf *out)
{
    if (dates->count == 0)
        return;
    buf_format(out, " %s", what);
    date_ranges_sql(dates, out);
}

/* One line an entry, one a contact. */
static void describe(const struct directory *directory, struct buf *out)
{
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        buf_format(out, "%s %s %s <%s> %s", entry->code, entry_kind_words[entry->kind], entry->name,
                   entry->parent, entry->locale);
        describe_days("absent", &entry->absent, out);
        buf_format(out, "%s%s\n", entry->deputy[0] ? " deputy " : "", entry->deputy);
        for (size_t k = 0; k < entry->contact_count; k++) {
            const struct directory_contact *contact = &entry->contacts[k];
            const char *days = roster_days_words[contact->on.days];
            buf_format(out, "  %s %s%s%s", contact->channel, contact->address, days[0] ? " " : "",
                       days);
            if (contact->on.weekdays)
                buf_format(out, " weekdays %x", contact->on.weekdays);
            describe_days("on", &contact->on.dates, out);
            describe_days("absent", &contact->absent, out);
            buf_char(out, '\n');
        }
    }
}

static void load_sample(const char *name, struct buf *out)
{
    struct problems problems = {0};
    AUTO_FREE char *path = mem_format("%s/etc/%s", SOURCE_DIR, name);
    struct directory *directory = directory_load_file(path, NULL, &problems);
    assert_int_equal(problems.total, 0);
    assert_non_null(directory);
    describe(directory, out);
    directory_destroy(directory);
}

static void the_samples_say_the_same(void **state)
{
    (void)state;
    AUTO_BUF yaml;
    AUTO_BUF csv;
    buf_init(&yaml, 8192);
    buf_init(&csv, 8192);
    load_sample("directory.yaml", &yaml);
    load_sample("directory.csv", &csv);
    assert_string_equal(buf_string(&yaml), buf_string(&csv));
    assert_non_null(strstr(buf_string(&yaml),
                           "AL-XN supervision 安澜县效能办 <AL> \n"
                           "  sms 19900009001 workdays\n  sms 19900009002 restdays\n"));
    assert_non_null(strstr(buf_string(&yaml), "absent{[2026-10-08,2026-10-09]} deputy SC\n"));
}

static void a_roster_is_read(const char *text, loader load)
{
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 1024);
    struct directory *directory = load(text, strlen(text), "t", &digits, &problems);
    assert_int_equal(problems.total, 0);
    describe(directory, &out);
    directory_destroy(directory);
    assert_string_equal(buf_string(&out),
                        "R centre r <>  absent{[2026-10-01,2026-10-03],[2026-10-08,2026-10-08]} "
                        "deputy S\n"
                        "  sms 1 workdays\n"
                        "  sms 2 restdays weekdays 10 absent{[2026-10-01,2026-10-01]}\n"
                        "  sms 3 on{[2026-10-01,2026-10-07]}\n"
                        "  sms 4\n"
                        "S supervision s <R> \n");
}

static void both_forms_hold_rosters(void **state)
{
    (void)state;
    a_roster_is_read("entries:\n"
                     "  - code: R\n"
                     "    kind: centre\n"
                     "    name: r\n"
                     "    absent: [2026-10-01..2026-10-03, 2026-10-08]\n"
                     "    deputy: S\n"
                     "    contacts:\n"
                     "      sms:\n"
                     "        - {address: 1, on: workdays}\n"
                     "        - {address: 2, on: [restdays, fri], absent: 2026-10-01}\n"
                     "        - {address: 3, on: 2026-10-01..2026-10-07}\n"
                     "        - {address: 4, on: [], absent: []}\n"
                     "  - {code: S, kind: supervision, name: s, parent: R}\n",
                     directory_load_yaml);
    a_roster_is_read("code,kind,name,parent,channel,address,on,absent,entry_absent,deputy\n"
                     "R,centre,r,,sms,1,workdays,,2026-10-01..2026-10-03,S\n"
                     "R,,,,sms,2,restdays fri,2026-10-01,2026-10-08,\n"
                     "R,,,,sms,3,2026-10-01..2026-10-07,,,S\n"
                     "R,,,,sms,4,,,,\n"
                     "S,supervision,s,R,,,,,,\n",
                     directory_load_csv);
}

static void broken_rosters_are_told_with_their_places(void **state)
{
    (void)state;
    yaml_refused("entries:\n"
                 "  - code: R\n"
                 "    kind: centre\n"
                 "    name: r\n"
                 "    absent: [2026-10-03..2026-10-01, [2026-10-01]]\n"
                 "    contacts:\n"
                 "      sms:\n"
                 "        - {address: 1, on: [mon, workday], absent: sat}\n"
                 "        - {adress: 1, on: {}}\n"
                 "        - [2]\n"
                 "        - {address: 3, on: [workdays, restdays]}\n",
                 "t:5:14: '2026-10-03..2026-10-01' ends before it begins\n"
                 "t:5:38: found a list, expected a value\n"
                 "t:8:34: 'workday' is no day; expected workdays, restdays, mon to sun, 2026-10-01 "
                 "or 2026-10-01..2026-10-03\n"
                 "t:8:52: 'sat' is no day; expected 2026-10-01 or 2026-10-01..2026-10-03\n"
                 "t:9:11: 'address' is missing: where it is reached on the channel\n"
                 "t:9:12: unknown key 'adress'; did you mean 'address'?\n"
                 "t:10:11: found a list, expected a value\n"
                 "t:11:39: workdays and restdays together are every day; expected neither\n");
    csv_refused("code,kind,name,channel,address,on,absent,entry_absent,deputy\n"
                "R,centre,r,,,sat,2026-10-01,,R\n"
                "R,,,sms,1,satt,sun,,\n"
                "R,,,,,,,2026-13-01,S\n",
                "t:2:14: days without a contact; expected them in a line with channel and address, "
                "or in entry_absent\n"
                "t:2:18: days without a contact; expected them in a line with channel and address, "
                "or in entry_absent\n"
                "t:3:11: 'satt' is no day; expected workdays, restdays, mon to sun, 2026-10-01 or "
                "2026-10-01..2026-10-03\n"
                "t:3:16: 'sun' is no day; expected 2026-10-01 or 2026-10-01..2026-10-03\n"
                "t:4:9: '2026-13-01' is no day; expected 2026-10-01 or 2026-10-01..2026-10-03\n"
                "t:4:20: the deputy of 'R' was 'R' in line 2; expected the same, or nothing\n");
}

static void deputies_are_checked(void **state)
{
    (void)state;
    yaml_refused("entries:\n"
                 "  - {code: R, kind: centre, name: r, deputy: R}\n"
                 "  - {code: A, kind: department, name: a, parent: R, deputy: B}\n"
                 "  - {code: B, kind: department, name: b, parent: R, deputy: C}\n"
                 "  - {code: C, kind: department, name: c, parent: R, deputy: B}\n"
                 "  - {code: GA1, kind: department, name: d, parent: R, deputy: GA2}\n",
                 "t:2:46: 'R' can't be its own deputy\n"
                 "t:6:63: the deputy 'GA2' is unknown; did you mean 'GA1'?\n");
    yaml_refused("entries:\n"
                 "  - {code: R, kind: centre, name: r}\n"
                 "  - {code: A, kind: department, name: a, parent: R, deputy: B}\n"
                 "  - {code: B, kind: department, name: b, parent: R, deputy: C}\n"
                 "  - {code: C, kind: department, name: c, parent: R, deputy: D}\n"
                 "  - {code: D, kind: department, name: d, parent: R, deputy: E}\n"
                 "  - {code: E, kind: department, name: e, parent: R, deputy: R}\n",
                 "t:3:61: 'A' has more than 4 deputies in a row, each the next one's\n");
}

static void broken_yaml_is_told_with_its_places(void **state)
{
    (void)state;
    yaml_refused("[]\n", "t:1:1: found a list, expected a map of keys and values\n");
    yaml_refused("{}\n", "t:1:1: 'entries' is missing: the list of windows, departments, …\n");
    yaml_refused("entries: []\n", "t: has no root; expected one centre that has no parent\n");
    yaml_refused("entries:\n"
                 "  - {code: A, kind: center, name: x}\n"
                 "  - {code: B, kind: window, nam: x}\n"
                 "  - {code: '', kind: window, name: \"a\\nb\"}\n"
                 "  - {code: C, kind: centre, name: c, locale: fr, contacts: {sms: {}}}\n",
                 "t:2:21: 'center' is unknown; did you mean 'centre'? (one of: centre, department, "
                 "window, supervision, leader, admin, system)\n"
                 "t:3:5: 'name' is missing: as messages say it\n"
                 "t:3:29: unknown key 'nam'; did you mean 'name'?\n"
                 "t:4:12: code is empty; expected 1 to 64 bytes of text on one line\n"
                 "t:4:36: name has a control character; expected 1 to 200 bytes of text on one "
                 "line\n"
                 "t:5:46: 'fr' is unknown; expected one of: zh-CN, en\n");
}

static void the_tree_is_checked(void **state)
{
    (void)state;
    yaml_refused(
        "entries:\n"
        "  - {code: A, kind: centre, name: a}\n"
        "  - {code: B, kind: centre, name: b}\n"
        "  - {code: W, kind: window, name: w}\n"
        "  - {code: GA1, kind: department, name: d, parent: A}\n"
        "  - {code: V, kind: window, name: v, parent: GA2}\n"
        "  - {code: U, kind: window, name: u, parent: V}\n"
        "  - {code: A, kind: admin, name: a}\n"
        "  - {code: E, kind: centre, name: e, parent: GA1}\n",
        "t:3:12: a second root 'B' beside 'A' of line 2; expected one\n"
        "t:4:12: the window 'W' has no parent; only a centre may be the root\n"
        "t:6:46: the parent 'GA2' is unknown; did you mean 'GA1'?\n"
        "t:7:46: 'U' (window) can't stand under 'V' (window); expected a centre or a department\n"
        "t:8:12: the code 'A' is given twice, before in line 2\n"
        "t:9:46: 'E' (centre) can't stand under 'GA1' (department); expected a centre\n");
    yaml_refused("entries:\n"
                 "  - {code: R, kind: centre, name: r}\n"
                 "  - {code: A, kind: department, name: a, parent: B}\n"
                 "  - {code: B, kind: department, name: b, parent: C}\n"
                 "  - {code: C, kind: department, name: c, parent: B}\n"
                 "  - {code: S, kind: department, name: s, parent: S}\n",
                 "t:4:50: 'B' stands under itself\n"
                 "t:6:50: 'S' stands under itself\n");
}

static void contacts_are_checked(void **state)
{
    (void)state;
    yaml_refused("entries:\n"
                 "  - code: R\n"
                 "    kind: centre\n"
                 "    name: r\n"
                 "    contacts:\n"
                 "      sms: [\"123\", abc, \"123\"]\n"
                 "      fax: 4\n",
                 "t:6:20: 'abc' is no number\n"
                 "t:6:25: this contact of 'R' is given twice\n"
                 "t:7:12: the channel 'fax' is unknown\n");
}

static void broken_csv_is_told_with_its_places(void **state)
{
    (void)state;
    csv_refused("", "t: is empty; expected a line that names the columns\n");
    csv_refused("code,knd,name,name\n",
                "t:1:1: the column 'kind' is missing; expected code, kind, name, and perhaps "
                "parent, channel, address, locale, on, absent, entry_absent, deputy\n"
                "t:1:6: unknown column 'knd'; did you mean 'kind'?\n"
                "t:1:15: this column is given twice\n");
    csv_refused("code,kind,name\nR,centre,\xff\n",
                "t: is not UTF-8 text; in a spreadsheet, save it as \"CSV UTF-8\"\n");
    csv_refused("code,kind,name,parent,channel,address\n"
                "R,centre,r,,,\n"
                "R,window,q,,sms,12\n"
                "W,windw,,R,,\n"
                ",window,x,R,,\n"
                "V,window,v,R,sms,\n"
                "V,,,,,12\n"
                "V,,\n",
                "t:3:3: the kind of 'R' was 'centre' in line 2; expected the same, or nothing\n"
                "t:3:10: the name of 'R' was 'r' in line 2; expected the same, or nothing\n"
                "t:4:3: 'windw' is unknown; expected one of: centre, department, window, "
                "supervision, leader, admin, system\n"
                "t:4:9: name is empty; expected 1 to 200 bytes of text on one line\n"
                "t:5:1: code is empty; expected 1 to 64 bytes of text on one line\n"
                "t:6:18: a channel without an address\n"
                "t:7:6: an address without a channel\n"
                "t:8:1: 3 fields; expected 6 as in the first line\n");
    csv_refused("code,kind,name\nR,centre,\"r\n", "t:2:10: this quote is never closed\n");
}

static void other_files_are_refused(void **state)
{
    (void)state;
    struct problems problems = {0};
    assert_null(directory_load_file("directory.xlsx", NULL, &problems));
    assert_null(directory_load_file("/nonexistent/directory.csv", NULL, &problems));
    assert_string_equal(problems.items[0].text,
                        "expected a name that ends with .yaml, .yml or .csv");
    assert_string_equal(problems.items[1].text, "cannot be read: No such file or directory");
    problems_finish(&problems);
}

/* The duties of one code, "role: recipients" a line. */
static void duties_of(const struct directory *directory, const char *code, const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 1024);
    size_t count;
    AUTO_FREE struct directory_duty *duties = directory_duties(directory, &count);
    const char *role = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(duties[i].code, code) != 0)
            continue;
        if (role == NULL || strcmp(role, duties[i].role) != 0)
            buf_format(&out, "%s%s:", role ? "; " : "", duties[i].role);
        role = duties[i].role;
        buf_format(&out, " %s", duties[i].recipient);
    }
    assert_string_equal(buf_string(&out), expected);
}

static void everyone_has_who_answers(void **state)
{
    (void)state;
    static const char text[] = "code,kind,name,parent\n"
                               "W1,window,w,D11\n"
                               "W2,window,w,D2\n"
                               "W0,window,w,C\n"
                               "C,centre,c,\n"
                               "C2,centre,c,C\n"
                               "W9,window,w,C2\n"
                               "D1,department,d,C\n"
                               "D11,department,d,D1\n"
                               "D2,department,d,C\n"
                               "S1,supervision,s,D1\n"
                               "S2,supervision,s,C\n"
                               "S3,supervision,s,C\n"
                               "L1,leader,l,D11\n"
                               "L2,leader,l,C\n"
                               "A1,admin,a,\n"
                               "A2,admin,a,D2\n"
                               "Y1,system,y,\n"
                               "Y2,system,y,C\n";
    struct problems problems = {0};
    struct directory *directory = directory_load_csv(text, strlen(text), "t", NULL, &problems);
    assert_non_null(directory);
    duties_of(directory, "W1",
              "centre: C; department: D11; window: W1; supervision: S1; leader: L1; admin: A1 A2; "
              "system: Y1 Y2");
    duties_of(directory, "W2",
              "centre: C; department: D2; window: W2; supervision: S2 S3; leader: L2; "
              "admin: A1 A2; system: Y1 Y2");
    duties_of(directory, "W0",
              "centre: C; window: W0; supervision: S2 S3; leader: L2; admin: A1 A2; system: Y1 Y2");
    duties_of(
        directory, "W9",
        "centre: C2; window: W9; supervision: S2 S3; leader: L2; admin: A1 A2; system: Y1 Y2");
    duties_of(
        directory, "D1",
        "centre: C; department: D1; supervision: S1; leader: L2; admin: A1 A2; system: Y1 Y2");
    duties_of(
        directory, "S1",
        "centre: C; department: D1; supervision: S1; leader: L2; admin: A1 A2; system: Y1 Y2");
    duties_of(directory, "Y1", "admin: A1 A2; system: Y1 Y2");
    duties_of(directory, "A1", "admin: A1 A2; system: Y1 Y2");
    directory_destroy(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_say_the_same),
        cmocka_unit_test(both_forms_hold_rosters),
        cmocka_unit_test(broken_rosters_are_told_with_their_places),
        cmocka_unit_test(deputies_are_checked),
        cmocka_unit_test(broken_yaml_is_told_with_its_places),
        cmocka_unit_test(the_tree_is_checked),
        cmocka_unit_test(contacts_are_checked),
        cmocka_unit_test(broken_csv_is_told_with_its_places),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(everyone_has_who_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
