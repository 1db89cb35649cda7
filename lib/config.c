/* The configuration as a whole: loading, its version, and looking things up in it. */
#include "duban/config.h"

#include "config_reader.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MOST (1u << 20)

typedef void (*section_reader)(struct config_reader *);

/* In this order: a section refers to those before it. */
static const section_reader sections[] = {
    config_read_sections,       config_read_dns,
    config_read_calendars,      config_read_policies,
    config_read_suspensions,    config_read_clocks,
    config_read_channels,       config_read_receipts,
    config_read_routes,         config_read_level_routes,
    config_read_irregularities, config_read_alarms,
    config_read_selftest,       config_read_reminders,
    config_read_hours,          config_read_templates,
    config_read_metrics,
};

/* What duban-web needs: no secret of duband's but that of the receipts' path. */
static const section_reader web_sections[] = {
    config_read_top,         config_read_calendars,  config_read_policies,
    config_read_suspensions, config_read_clocks,     config_read_web_channels,
    config_read_receipts,    config_read_web_routes, config_read_web,
};

static void digest_text(EVP_MD_CTX *digest, const char *text)
{
    if (!EVP_DigestUpdate(digest, text, strlen(text) + 1))
        abort();
}

/* The hash of the file's bytes and of the calendars' versions. */
static void set_version(struct config *config, const char *text, size_t length)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    if (digest == NULL || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(digest, text, length))
        abort();
    for (size_t i = 0; i < config->calendar_count; i++) {
        digest_text(digest, config->calendars[i].name);
        digest_text(digest, calendar_version(config->calendars[i].calendar));
    }
    if (!EVP_DigestFinal_ex(digest, hash, &bytes))
        abort();
    EVP_MD_CTX_free(digest);
    for (unsigned int i = 0; i < bytes && 2 * i + 2 < sizeof config->version; i++)
        snprintf(config->version + 2 * (size_t)i, 3, "%02x", hash[i]);
}

static struct config *read_document(struct yaml_document *document, const section_reader *readers,
                                    size_t count, struct problems *problems)
{
    struct config *config = mem_zero(1, sizeof *config);
    config->document = document;
    size_t before = problems->total;
    struct config_reader reader = {
        .root = yaml_root(document), .config = config, .problems = problems};
    if (yaml_expect(reader.root, YAML_MAP, problems)) {
        for (size_t i = 0; i < count; i++)
            readers[i](&reader);
    }
    if (problems->total == before)
        return config;
    config_destroy(config);
    return NULL;
}

static struct config *load(const char *path, const section_reader *readers, size_t count,
                           struct problems *problems)
{
    char *text;
    size_t length;
    struct error error;
    if (!file_read(path, FILE_BYTES_MOST, &text, &length, &error)) {
        problems_add(problems, path, 0, 0, "%s", error.text);
        return NULL;
    }
    struct config *config = NULL;
    struct yaml_document *document = yaml_load_text(text, length, path, problems);
    if (document)
        config = read_document(document, readers, count, problems);
    if (config)
        set_version(config, text, length);
    free(text);
    return config;
}

struct config *config_load(const char *path, struct problems *problems)
{
    return load(path, sections, COUNT_OF(sections), problems);
}

struct config *config_load_web(const char *path, struct problems *problems)
{
    return load(path, web_sections, COUNT_OF(web_sections), problems);
}

void config_destroy(struct config *config)
{
    if (config == NULL)
        return;
    config_finish_web(config);
    config_finish_templates(config);
    free(config->hours);
    config_finish_reminders(config);
    config_finish_alarms(config);
    free(config->routes);
    config_finish_metrics(config);
    config_finish_receipts(config);
    config_finish_channels(config);
    config_finish_clocks(config);
    free(config->suspensions.items);
    config_finish_policies(config);
    for (size_t i = 0; i < config->calendar_count; i++)
        calendar_destroy(config->calendars[i].calendar);
    free(config->calendars);
    config_finish_dns(config);
    config_finish_sections(config);
    yaml_destroy(config->document);
    free(config);
}

void config_document(struct buf *out)
{
    config_document_sections(out);
    config_document_dns(out);
    config_document_policies(out);
    config_document_suspensions(out);
    config_document_clocks(out);
    config_document_channels(out);
    config_document_irregularities(out);
    config_document_reminders(out);
    config_document_alarms(out);
    config_document_selftest(out);
    config_document_receipts(out);
    config_document_metrics(out);
    config_document_web(out);
}
