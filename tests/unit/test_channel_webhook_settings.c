/* The settings of webhooks that stand in files: the client's certificate and its key, and the
 * values of headers. What is wrong with the YAML itself is in config/webhooks.yaml. */
#include "duban/channel_webhook.h"

#include "duban/mem.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_webhook_settings.XXXXXX";
static const char *const names[] = {"own.crt",  "own.key", "other.key", "locked.key",
                                    "open.key", "text",    "token",     "broken"};

static char *path_of(const char *name)
{
    return mem_format("%s/%s", directory, name);
}

static FILE *create(const char *name, mode_t mode)
{
    AUTO_FREE char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), mode), 0);
    return file;
}

static void write_key(const char *name, mode_t mode, EVP_PKEY *key, const char *passphrase)
{
    FILE *file = create(name, mode);
    assert_true(PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0,
                                     NULL, (void *)(uintptr_t)passphrase));
    fclose(file);
}

static void write_certificate(const char *name, EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    FILE *file = create(name, 0644);
    PEM_write_X509(file, x509);
    fclose(file);
    X509_free(x509);
}

static void write_text(const char *name, const char *text)
{
    FILE *file = create(name, 0600);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    EVP_PKEY *own = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    write_certificate("own.crt", own);
    write_key("own.key", 0640, own, NULL);
    write_key("other.key", 0600, other, NULL);
    write_key("locked.key", 0600, own, "passphrase");
    write_key("open.key", 0644, own, NULL);
    write_text("text", "nothing\n");
    write_text("token", "Bearer t\n");
    write_text("broken", "Bearer \x01\n");
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_FREE char *path = path_of(names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

/* Reads `yaml` as the file duban.yaml beside the others. */
static bool read_settings(struct webhook_options *webhook, const char *yaml,
                          struct problems *problems, struct yaml_document **document)
{
    AUTO_FREE char *path = path_of("duban.yaml");
    *document = yaml_load_text(yaml, strlen(yaml), path, problems);
    assert_non_null(*document);
    return webhook_read(webhook, yaml_root(*document), problems);
}

static void the_certificate_and_its_key_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *certificate, *key, *problem;
    } cases[] = {
        {"own.crt", "own.key", NULL},
        {"own.crt", "other.key", "key_file: is not the key of the certificate"},
        {"own.crt", "locked.key", "key_file: holds no private key in PEM without a passphrase"},
        {"own.crt", "text", "key_file: holds no private key in PEM without a passphrase"},
        {"own.crt", "open.key", "may be read by every user (mode 0644)"},
        {"own.crt", "absent", "cannot be read"},
        {"text", "own.key", "certificate_file: holds no certificate in PEM"},
        {"absent", "own.key", "cannot be read"},
        {NULL, "own.key", "certificate_file and key_file are only useful together"},
        {"own.crt", NULL, "certificate_file and key_file are only useful together"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_FREE char *certificate = cases[i].certificate ? path_of(cases[i].certificate) : NULL;
        AUTO_FREE char *key = cases[i].key ? path_of(cases[i].key) : NULL;
        struct webhook_options webhook = {.certificate = certificate, .key = key};
        struct problems problems = {0};
        struct yaml_document *document;
        bool fine = read_settings(&webhook, "type: webhook\n", &problems, &document);
        assert_int_equal(fine, cases[i].problem == NULL);
        assert_int_equal(problems.count, cases[i].problem != NULL);
        if (cases[i].problem && strstr(problems.items[0].text, cases[i].problem) == NULL)
            fail_msg("row %zu: %s", i, problems.items[0].text);
        problems_finish(&problems);
        yaml_destroy(document);
    }
}

static void headers_come_from_the_text_or_a_file(void **state)
{
    (void)state;
    struct webhook_options webhook = {0};
    struct problems problems = {0};
    struct yaml_document *document;
    assert_true(read_settings(&webhook, "headers: {X-A: a b, Authorization: {file: token}}\n",
                              &problems, &document));
    assert_int_equal(webhook.header_count, 2);
    assert_string_equal(webhook.headers[0].name, "X-A");
    assert_string_equal(webhook.headers[0].value, "a b");
    assert_string_equal(webhook.headers[1].name, "Authorization");
    assert_string_equal(webhook.headers[1].value, "Bearer t");
    webhook_finish(&webhook);
    assert_int_equal(webhook.header_count, 0);
    yaml_destroy(document);
}

static void a_broken_secret_is_not_quoted(void **state)
{
    (void)state;
    struct webhook_options webhook = {0};
    struct problems problems = {0};
    struct yaml_document *document;
    assert_false(read_settings(&webhook, "headers: {A: {file: broken}}\n", &problems, &document));
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.items[0].text, "expected 1 to 1024 characters of visible ASCII");
    webhook_finish(&webhook);
    problems_finish(&problems);
    yaml_destroy(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_and_its_key_are_checked),
        cmocka_unit_test(headers_come_from_the_text_or_a_file),
        cmocka_unit_test(a_broken_secret_is_not_quoted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
