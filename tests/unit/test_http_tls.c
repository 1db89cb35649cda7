/* TLS: only a receiver whose certificate is trusted and carries its name gets a request; one that
 * asks for the client's certificate is shown it. */
#include "duban/http.h"

#include "duban/mem.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char path[64];     /* of the certificate, as a CA file */
    char key_path[64]; /* of its key */
};

static FILE *make_file(char path[64])
{
    strcpy(path, "/tmp/test_http_tls.XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    return file;
}

static void make_identity(struct identity *identity, const char *names)
{
    identity->key = EVP_EC_gen("P-256");
    X509 *x509 = identity->certificate = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, identity->key);
    X509_NAME *name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(x509, identity->key, EVP_sha256()) > 0);

    FILE *file = make_file(identity->path);
    PEM_write_X509(file, x509);
    fclose(file);
    file = make_file(identity->key_path);
    PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

static void drop_identity(struct identity *identity)
{
    unlink(identity->path);
    unlink(identity->key_path);
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

/* Answers every request of a connection that gets through the handshake. */
static void serve_one(SSL_CTX *context, int fd)
{
    static const char reply[] = "HTTP/1.1 204 No Content\r\n\r\n";
    char bytes[4096];
    SSL *tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    if (SSL_accept(tls) == 1)
        while (SSL_read(tls, bytes, sizeof bytes) > 0)
            SSL_write(tls, reply, sizeof reply - 1);
    _exit(0);
}

/* Each connection by a process of its own. With `client`, only who shows this certificate. */
static void serve(int listener, const struct identity *identity, const struct identity *client)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, identity->certificate);
    SSL_CTX_use_PrivateKey(context, identity->key);
    if (client) {
        SSL_CTX_load_verify_file(context, client->path);
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve_one(context, fd);
        }
        close(fd);
    }
}

static pid_t start_server(const struct identity *identity, const struct identity *client, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, identity, client);
    }
    close(listener);
    return pid;
}

static void on_done(void *context, const struct http_reply *reply)
{
    *(struct http_reply *)context = *reply;
}

static struct http_reply get(struct http_client *client, struct ev_loop *loop, int port,
                             const struct identity *shown)
{
    struct http_request request = {
        .method = "GET",
        .url = mem_format("https://127.0.0.1:%d/?token=secret", port),
        .certificate = shown ? shown->path : NULL,
        .key = shown ? shown->key_path : NULL,
    };
    struct http_reply reply = {.status = -1};
    http_send(client, &request, 5 * US_PER_S, on_done, &reply);
    http_request_finish(&request);
    while (http_in_flight(client))
        ev_run(loop, EVRUN_ONCE);
    return reply;
}

static struct http_client *create_client(struct ev_loop *loop, const char *ca_file)
{
    return http_create(loop, &(struct http_settings){.ca_file = ca_file, .connections_most = 2});
}

static struct http_reply request(int port, const char *ca_file)
{
    struct ev_loop *loop = ev_loop_new(0);
    struct http_client *client = create_client(loop, ca_file);
    struct http_reply reply = get(client, loop, port, NULL);
    http_destroy(client);
    ev_loop_destroy(loop);
    return reply;
}

static void stop_server(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_trusted_certificate_is_accepted_and_no_other(void **state)
{
    (void)state;
    struct identity identity, other;
    int port;
    make_identity(&identity, "IP:127.0.0.1");
    make_identity(&other, "IP:127.0.0.1");
    pid_t server = start_server(&identity, NULL, &port);
    struct http_reply trusted = request(port, identity.path);
    struct http_reply by_system = request(port, NULL), by_other = request(port, other.path);
    stop_server(server);
    drop_identity(&identity);
    drop_identity(&other);
    assert_int_equal(trusted.failure, HTTP_REPLIED);
    assert_int_equal(trusted.status, 204);
    assert_int_equal(by_system.failure, HTTP_NOT_SENT);
    assert_non_null(strstr(by_system.failure_text, "certificate"));
    assert_int_equal(by_other.failure, HTTP_NOT_SENT);
}

static void the_name_must_be_the_certificates(void **state)
{
    (void)state;
    struct identity identity;
    int port;
    make_identity(&identity, "DNS:elsewhere.example");
    pid_t server = start_server(&identity, NULL, &port);
    struct http_reply reply = request(port, identity.path);
    stop_server(server);
    drop_identity(&identity);
    assert_int_equal(reply.failure, HTTP_NOT_SENT);
    assert_non_null(strstr(reply.failure_text, "certificate"));
    assert_null(strstr(reply.failure_text, "secret"));
}

/* All by one client: a connection on which one certificate was shown serves no other request. */
static void a_receiver_that_asks_is_shown_the_certificate(void **state)
{
    (void)state;
    struct identity identity, known, unknown;
    int port;
    make_identity(&identity, "IP:127.0.0.1");
    make_identity(&known, "DNS:duban");
    make_identity(&unknown, "DNS:duban");
    pid_t server = start_server(&identity, &known, &port);
    struct ev_loop *loop = ev_loop_new(0);
    struct http_client *client = create_client(loop, identity.path);
    struct http_reply shown = get(client, loop, port, &known);
    struct http_reply none = get(client, loop, port, NULL);
    struct http_reply other = get(client, loop, port, &unknown);
    struct http_reply again = get(client, loop, port, &known);
    unlink(unknown.key_path);
    struct http_reply keyless = get(client, loop, port, &unknown);
    http_destroy(client);
    ev_loop_destroy(loop);
    stop_server(server);
    drop_identity(&identity);
    drop_identity(&known);
    drop_identity(&unknown);
    assert_int_equal(shown.status, 204);
    assert_int_equal(again.status, 204);
    assert_int_not_equal(none.failure, HTTP_REPLIED);
    assert_int_not_equal(other.failure, HTTP_REPLIED);
    assert_int_equal(keyless.failure, HTTP_NOT_SENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_certificate_is_accepted_and_no_other),
        cmocka_unit_test(the_name_must_be_the_certificates),
        cmocka_unit_test(a_receiver_that_asks_is_shown_the_certificate),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
