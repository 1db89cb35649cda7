/* The directory: windows, departments and centres as a tree, with the supervision offices, leaders,
 * administrators and approval systems in it, how each of them is reached, and when. */
#ifndef DUBAN_DIRECTORY_H
#define DUBAN_DIRECTORY_H

#include "duban/problem.h"
#include "duban/roster.h"

enum entry_kind {
    ENTRY_CENTRE,      /* 中心: the root, or one below another */
    ENTRY_DEPARTMENT,  /* 部门 */
    ENTRY_WINDOW,      /* 窗口 */
    ENTRY_SUPERVISION, /* 效能办 / 督查室: watches over its parent and all below */
    ENTRY_LEADER,      /* 领导: leads its parent and all below */
    ENTRY_ADMIN,       /* 管理员: runs duban; may stand outside the tree */
    ENTRY_SYSTEM,      /* 审批系统: the approval system as a receiver; may stand outside too */
};

#define ENTRY_KINDS 7
/* "centre", "department", …: also the roles that each kind plays. */
extern const char *const entry_kind_words[ENTRY_KINDS];

struct directory_contact {
    char *channel, *address;
    struct roster on;          /* duty 值班: told on these days only; zeroed: on every one */
    struct date_ranges absent; /* not on these */
    unsigned line, column;
};

struct directory_entry {
    char *code, *name;
    enum entry_kind kind;
    char *parent; /* code; "" without one */
    char *locale; /* "" for the configuration's */
    struct date_ranges absent;
    char *deputy; /* code of who is told while it is absent; "" without one */
    size_t contact_count;
    struct directory_contact *contacts;
    unsigned line, column;               /* where it was given */
    unsigned parent_line, parent_column; /* where its parent was */
    unsigned deputy_line, deputy_column; /* where its deputy was */
};

/* How many deputies are asked one after another, each of them absent too. */
#define DEPUTIES_MOST 4

/* In the order of the file, so that a parent may come after its children. */
struct directory {
    char *file;
    size_t count;
    struct directory_entry *entries;
};

/* NULL is fine. */
void directory_destroy(struct directory *directory);

/* Whether an address can be used on a channel (config_check_address); with a NULL function every
 * one can. */
struct address_check {
    bool (*check)(const void *context, const char *channel, const char *address,
                  struct error *error);
    const void *context;
};

/* What no entry can tell alone: codes given twice, unknown or impossible parents, cycles, other
 * than one root, contacts given twice or that can't be used, deputies who are unknown, are the
 * entry itself, or are more than DEPUTIES_MOST in a row. False after at least one problem. */
bool directory_check(const struct directory *directory, const struct address_check *address,
                     struct problems *problems) MUST_USE;

/* Who answers for an entry in a role. Strings belong to the directory. */
struct directory_duty {
    const char *code;      /* the entry's */
    const char *role;      /* one of entry_kind_words */
    const char *recipient; /* code of who answers */
};

/* The closure of a directory that was checked: for every entry
 *   window       itself, when it is one
 *   department   the nearest department among itself and what it stands under
 *   centre       the nearest centre, likewise
 *   supervision  the supervision offices directly under the nearest of these that has any
 *   leader       the leaders, likewise
 *   admin        all administrators
 *   system       all approval systems
 * The array is the caller's to free. */
struct directory_duty *directory_duties(const struct directory *directory, size_t *count);

#endif
