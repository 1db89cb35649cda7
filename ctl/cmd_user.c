/* dubanctl user: who may look at the board. A password comes from a file or the terminal, never
 * from the command line, which others can read. */
#include "columns.h"
#include "database.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/access_key.h"
#include "duban/mem.h"
#include "duban/password.h"
#include "duban/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TEXT_BYTES_MOST (16u << 20)
#define DAYS_MOST       3650

#define ADD_USAGE                                                                                  \
    "dubanctl user add NAME --role supervision|department|window|wall|admin [--place CODE]"        \
    " [--password-file FILE | --no-password]"
#define LIST_USAGE    "dubanctl user list"
#define DISABLE_USAGE "dubanctl user disable NAME"
#define ENABLE_USAGE  "dubanctl user enable NAME"
#define PASSWD_USAGE  "dubanctl user passwd NAME [--password-file FILE]"
#define TOKEN_USAGE   "dubanctl user token NAME [--label TEXT] [--days N] [--revoke ID]"

/* --- passwords --- */

/* One line without echo; NULL when there is no terminal or no line. */
static char *ask_line(const char *prompt)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    struct termios shown, hidden;
    if (terminal == NULL || tcgetattr(fileno(terminal), &shown) != 0) {
        if (terminal)
            fclose(terminal);
        return NULL;
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    char line[PASSWORD_BYTES_MOST + 2];
    fputs(prompt, terminal);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    char *read = fgets(line, sizeof line, terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    fputc('\n', terminal);
    fclose(terminal);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    char *copy = read ? mem_text(line) : NULL;
    explicit_bzero(line, sizeof line);
    return copy;
}

static char *ask_password(const struct context *context, struct error *error)
{
    char *password = ask_line(in_words(context, "新密码：", "new password: "));
    if (password == NULL) {
        error_set(error, "there is no terminal to ask for the password; give --password-file FILE");
        return NULL;
    }
    char *again = ask_line(in_words(context, "再输入一次：", "once more: "));
    bool same = again && strcmp(password, again) == 0;
    secret_destroy(again);
    if (same)
        return password;
    secret_destroy(password);
    error_set(error, "the two passwords differ");
    return NULL;
}

/* The hash of a password from the file or the terminal. */
static bool read_password(const struct context *context, const char *file,
                          char hash[PASSWORD_HASH_BYTES], struct error *error)
{
    char *password = file ? secret_read_file(file, error) : ask_password(context, error);
    if (password == NULL)
        return file ? error_prefix(error, "%s", file) : false;
    bool fine = password_check(password, error) || error_prefix(error, "the password");
    if (fine)
        password_hash(password, hash);
    secret_destroy(password);
    return fine;
}

/* --- one question, one answer --- */

/* Asks with parameters, which it releases, and tells the answer: as JSON, or by `tell`. */
static int ask(const struct context *context, const char *sql, struct pg_params *params,
               bool read_only, int (*tell)(const struct context *context, const json_t *answer))
{
    struct error error;
    int status = EXIT_FAILED;
    struct pg_block *pg = open_state(context, NULL, read_only);
    if (pg) {
        json_t *answer = query_json(pg, sql, params, &error);
        if (answer == NULL)
            status = tell_failure(&error);
        else
            status = context->json ? tell_json(answer) : tell(context, answer);
        json_decref(answer);
    }
    pg_params_destroy(params);
    pg_block_close(pg);
    return status;
}

static int tell_done(const struct context *context, const json_t *answer)
{
    printf(in_words(context, "用户 %s：好了\n", "user %s: done\n"), json_text(answer, "user"));
    return EXIT_OK;
}

/* --- add --- */

static int run_add(struct context *context, int argc, char **argv)
{
    int first;
    const char *role = NULL, *place = "", *file = NULL, *none = NULL;
    char hash[PASSWORD_HASH_BYTES] = "";
    struct error error;
    const struct text_option texts[] = {
        {"role", &role}, {"place", &place}, {"password-file", &file}};
    /* A flag among options with values: taken out before they are read. */
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--no-password") == 0) {
            none = argv[i];
            memmove(&argv[i], &argv[i + 1], (size_t)(argc - i) * sizeof *argv);
            argc--;
            i--;
        }
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), ADD_USAGE, &first))
        return EXIT_USAGE;
    if (argc - first != 1 || role == NULL || (none && file))
        return tell_usage(context, ADD_USAGE);
    if (!none && !read_password(context, file, hash, &error))
        return tell_failure(&error);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, argv[first]);
    pg_param_text(params, role);
    pg_param_text(params, place);
    pg_param_text(params, hash);
    return ask(context, "SELECT duban.web_user_add($1, $2, $3, $4)::text", params, false,
               tell_done);
}

/* --- list --- */

static void add_user(struct buf *out, const struct context *context, const json_t *user)
{
    size_t index;
    const json_t *token;
    add_padded(out, json_text(user, "user"), 16);
    add_padded(out, json_text(user, "role"), 13);
    add_padded(out, *json_text(user, "place") ? json_text(user, "place") : "-", 12);
    buf_format(out, in_words(context, "会话 %lld", "sessions %lld"), json_number(user, "sessions"));
    if (json_is_false(json_object_get(user, "password")))
        buf_text(out, in_words(context, "  无密码", "  no password"));
    if (json_is_string(json_object_get(user, "disabled_at")))
        buf_text(out, in_words(context, "  已停用", "  disabled"));
    buf_char(out, '\n');
    json_array_foreach(json_object_get(user, "tokens"), index, token)
    {
        buf_format(out, in_words(context, "    令牌 %lld  %s\n", "    token %lld  %s\n"),
                   json_number(token, "id"), json_text(token, "label"));
    }
}

static int tell_list(const struct context *context, const json_t *users)
{
    size_t index;
    const json_t *user;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(users, index, user)
    {
        add_user(&text, context, user);
    }
    if (json_array_size(users) == 0)
        buf_text(&text, in_words(context, "没有用户\n", "no users\n"));
    return tell_text(&text);
}

static int run_list(struct context *context, int argc, char **argv)
{
    int first;
    if (!read_flags(context, argc, argv, NULL, 0, LIST_USAGE, &first))
        return EXIT_USAGE;
    if (first != argc)
        return tell_usage(context, LIST_USAGE);
    return ask(context, "SELECT duban.web_user_list()::text", pg_params_create(), true, tell_list);
}

/* --- disable, enable --- */

static int set_disabled(struct context *context, int argc, char **argv, bool disabled,
                        const char *usage)
{
    int first;
    if (!read_flags(context, argc, argv, NULL, 0, usage, &first))
        return EXIT_USAGE;
    if (argc - first != 1)
        return tell_usage(context, usage);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, argv[first]);
    pg_param_bool(params, disabled);
    return ask(context, "SELECT duban.web_user_disable($1, $2)::text", params, false, tell_done);
}

static int run_disable(struct context *context, int argc, char **argv)
{
    return set_disabled(context, argc, argv, true, DISABLE_USAGE);
}

static int run_enable(struct context *context, int argc, char **argv)
{
    return set_disabled(context, argc, argv, false, ENABLE_USAGE);
}

/* --- passwd --- */

static int run_passwd(struct context *context, int argc, char **argv)
{
    int first;
    const char *file = NULL;
    char hash[PASSWORD_HASH_BYTES];
    struct error error;
    const struct text_option texts[] = {{"password-file", &file}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), PASSWD_USAGE, &first))
        return EXIT_USAGE;
    if (argc - first != 1)
        return tell_usage(context, PASSWD_USAGE);
    if (!read_password(context, file, hash, &error))
        return tell_failure(&error);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, argv[first]);
    pg_param_text(params, hash);
    return ask(context, "SELECT duban.web_user_password($1, $2)::text", params, false, tell_done);
}

/* --- token --- */

static bool read_number(const char *text, long most, long *number)
{
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number > 0 && *number <= most;
}

static int tell_nothing(const struct context *context, const json_t *answer)
{
    (void)context, (void)answer;
    return EXIT_OK;
}

static int tell_token(const char *name, const char *token)
{
    json_t *told = json_pack("{s:s, s:s}", "user", name, "token", token);
    int status = tell_json(told);
    json_decref(told);
    return status;
}

/* Shown once: only its digest is kept. */
static int make_token(struct context *context, const char *name, const char *label, long days)
{
    char token[ACCESS_KEY_BYTES], digest[ACCESS_KEY_BYTES];
    struct pg_params *params = pg_params_create();
    access_key_make(token);
    access_key_digest("token", token, digest);
    pg_param_text(params, name);
    pg_param_text(params, digest);
    pg_param_text(params, label);
    pg_param_int(params, days);
    struct context plain = *context;
    plain.json = false;
    int status = ask(&plain, "SELECT duban.web_token_add($1, $2, $3, $4)::text", params, false,
                     tell_nothing);
    if (status != EXIT_OK)
        return status;
    if (context->json)
        return tell_token(name, token);
    printf("%s\n", token);
    return EXIT_OK;
}

static int run_token(struct context *context, int argc, char **argv)
{
    int first;
    const char *label = "", *days_text = NULL, *revoke = NULL;
    long days = 0, id = 0;
    const struct text_option texts[] = {
        {"label", &label}, {"days", &days_text}, {"revoke", &revoke}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), TOKEN_USAGE, &first))
        return EXIT_USAGE;
    if (argc - first != 1 || (days_text && !read_number(days_text, DAYS_MOST, &days)) ||
        (revoke && !read_number(revoke, INT32_MAX, &id)))
        return tell_usage(context, TOKEN_USAGE);
    if (revoke == NULL)
        return make_token(context, argv[first], label, days);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, argv[first]);
    pg_param_int(params, id);
    return ask(context, "SELECT duban.web_token_revoke($1, $2)::text", params, false, tell_done);
}

/* --- the command --- */

static int run(struct context *context, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct context *context, int argc, char **argv);
    } commands[] = {{"add", run_add},       {"list", run_list},     {"disable", run_disable},
                    {"enable", run_enable}, {"passwd", run_passwd}, {"token", run_token}};
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(context, argc - 1, argv + 1);
    fprintf(stderr,
            "%s dubanctl user add|list|disable|enable|passwd|token …\n\n  %s\n  %s\n  %s\n  %s\n"
            "  %s\n  %s\n",
            in_words(context, "用法：", "usage:"), ADD_USAGE, LIST_USAGE, DISABLE_USAGE,
            ENABLE_USAGE, PASSWD_USAGE, TOKEN_USAGE);
    return EXIT_USAGE;
}

const struct command user_command = {
    .name = "user",
    .usage = "看板用户与令牌 / users and tokens of the board",
    .run = run,
};
