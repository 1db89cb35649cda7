/* The settings of webhooks that no table can tell: further headers, whose values may stand in
 * files, and the client's certificate. */
#include "duban/channel_webhook.h"

#include "duban/file.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES_MOST  64
#define VALUE_BYTES_MOST 1024
#define PEM_BYTES_MOST   65536

/* Of which a header's name may be made (RFC 9110, token). */
#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

/* --- headers --- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

static bool stands_already(const struct webhook_options *webhook, const char *name)
{
    for (size_t i = 0; i < webhook->header_count; i++)
        if (strcasecmp(name, webhook->headers[i].name) == 0)
            return true;
    return false;
}

static bool check_name(const struct webhook_options *webhook, const struct yaml_node *node,
                       struct problems *problems)
{
    static const char *const ours[] = {
        "Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect",
        "TE",           "Trailer",        "Upgrade",           NULL};
    const char *name = node->text;
    size_t length = strlen(name), before = problems->total;
    if (length == 0 || length > NAME_BYTES_MOST || strspn(name, TOKEN) != length)
        yaml_problem(node, problems, "'%.64s' is not the name of a header", name);
    else if (is_one_of(name, ours) || strncasecmp(name, "webhook-", strlen("webhook-")) == 0)
        yaml_problem(node, problems, "the header %s is set by duban itself", name);
    else if (stands_already(webhook, name))
        yaml_problem(node, problems, "the header %s stands twice", name);
    else if (webhook->header_count == WEBHOOK_HEADERS_MOST)
        yaml_problem(node, problems, "more than %d headers", WEBHOOK_HEADERS_MOST);
    return problems->total == before;
}

/* A secret, from {file: PATH} or {credential: NAME}. */
static char *load_value(const struct yaml_node *node, struct problems *problems)
{
    static const char *const keys[] = {"file", "credential"};
    const struct yaml_node *file = yaml_get(node, "file");
    const struct yaml_node *credential = yaml_get(node, "credential");
    const char *name;
    struct error error;
    if (!yaml_check_keys(node, keys, COUNT_OF(keys), problems))
        return NULL;
    if ((file != NULL) == (credential != NULL)) {
        yaml_problem(node, problems, "expected either 'file' or 'credential'");
        return NULL;
    }
    if (!yaml_read_text(file ? file : credential, &name, problems))
        return NULL;
    AUTO_FREE char *path = path_beside(node->file, name);
    char *value = file ? secret_read_file(path, &error) : secret_read_credential(name, &error);
    if (value == NULL)
        yaml_problem(node, problems, "%s %s", file ? path : name, error.text);
    return value;
}

/* The value as the configuration or a file has it; the caller's. */
static char *read_value(const struct yaml_node *key, const struct yaml_node *node,
                        struct problems *problems)
{
    static const char *const secret[] = {"Authorization", "Proxy-Authorization", "Cookie", NULL};
    const char *text;
    if (node->kind == YAML_MAP)
        return load_value(node, problems);
    if (!yaml_read_text(node, &text, problems))
        return NULL;
    if (!is_one_of(key->text, secret))
        return mem_text(text);
    yaml_problem(node, problems,
                 "a secret doesn't belong into the configuration; put it into a file that only "
                 "duban may read, and give '%s: {file: PATH}'",
                 key->text);
    return NULL;
}

/* Visible ASCII and spaces inside; never quoted, it may be a secret. */
static bool check_value(const char *value, const struct yaml_node *node, struct problems *problems)
{
    size_t length = strlen(value);
    bool fine = length > 0 && length <= VALUE_BYTES_MOST && value[0] != ' ';
    for (size_t i = 0; fine && i < length; i++)
        fine = value[i] >= ' ' && value[i] <= '~';
    if (!fine)
        yaml_problem(node, problems, "expected 1 to %d characters of visible ASCII",
                     VALUE_BYTES_MOST);
    return fine;
}

static void read_header(struct webhook_options *webhook, const struct yaml_node *key,
                        const struct yaml_node *node, struct problems *problems)
{
    if (!check_name(webhook, key, problems))
        return;
    char *value = read_value(key, node, problems);
    if (value && check_value(value, node, problems))
        webhook->headers[webhook->header_count++] =
            (struct webhook_header){.name = key->text, .value = value};
    else
        secret_destroy(value);
}

/* --- the client's certificate --- */

/* No passphrase, and no terminal to ask for one. */
static int on_passphrase(char *bytes, int size, int writing, void *context)
{
    (void)writing, (void)context;
    memset(bytes, 0, (size_t)size);
    return -1;
}

static bool check_pair(const char *certificate, size_t certificate_bytes, const char *key,
                       size_t key_bytes, struct error *error)
{
    BIO *certificate_file = BIO_new_mem_buf(certificate, (int)certificate_bytes);
    BIO *key_file = BIO_new_mem_buf(key, (int)key_bytes);
    X509 *x509 = PEM_read_bio_X509(certificate_file, NULL, on_passphrase, NULL);
    EVP_PKEY *pair = PEM_read_bio_PrivateKey(key_file, NULL, on_passphrase, NULL);
    bool fine = x509 && pair && X509_check_private_key(x509, pair) == 1;
    if (!x509)
        error_set(error, "certificate_file: holds no certificate in PEM");
    else if (!pair)
        error_set(error, "key_file: holds no private key in PEM without a passphrase");
    else if (!fine)
        error_set(error, "key_file: is not the key of the certificate");
    ERR_clear_error();
    EVP_PKEY_free(pair);
    X509_free(x509);
    BIO_free(key_file);
    BIO_free(certificate_file);
    return fine;
}

static bool check_files(const struct webhook_options *webhook, struct error *error)
{
    AUTO_FREE char *certificate = NULL;
    char *key = NULL;
    size_t certificate_bytes, key_bytes;
    if (!file_read(webhook->certificate, PEM_BYTES_MOST, &certificate, &certificate_bytes, error))
        return error_prefix(error, "certificate_file: %s", webhook->certificate);
    if (!secret_check_file(webhook->key, error) ||
        !file_read(webhook->key, PEM_BYTES_MOST, &key, &key_bytes, error))
        return error_prefix(error, "key_file: %s", webhook->key);
    bool fine = check_pair(certificate, certificate_bytes, key, key_bytes, error);
    explicit_bzero(key, key_bytes);
    free(key);
    return fine;
}

/* --- */

bool webhook_read(void *options, const struct yaml_node *map, struct problems *problems)
{
    struct webhook_options *webhook = options;
    const struct yaml_node *headers = yaml_get(map, "headers");
    size_t before = problems->total;
    struct error error;
    if (headers && yaml_expect(headers, YAML_MAP, problems))
        for (size_t i = 0; i < headers->count; i++)
            read_header(webhook, headers->keys[i], headers->values[i], problems);
    if ((webhook->certificate != NULL) != (webhook->key != NULL))
        yaml_problem(map, problems, "certificate_file and key_file are only useful together");
    else if (webhook->certificate && !check_files(webhook, &error))
        yaml_problem(map, problems, "%s", error.text);
    return problems->total == before;
}

void webhook_finish(void *options)
{
    struct webhook_options *webhook = options;
    for (size_t i = 0; i < webhook->header_count; i++)
        secret_destroy(webhook->headers[i].value);
    webhook->header_count = 0;
}
