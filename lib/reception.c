/* Receptions as keyed hashes. */
#include "duban/reception.h"

#include "duban/digest.h"
#include "duban/mem.h"

#include <string.h>

static int64_t key_of(const struct facts *facts, const char *secret)
{
    unsigned char digest[DIGEST_SHA256_BYTES];
    int64_t key;
    /* A unit separator stands in none of them. */
    AUTO_FREE char *papers = mem_format("%s\x1f%s\x1f%s", facts->item_code, facts->applicant_name,
                                        facts->applicant_phone);
    hmac_sha256(secret, strlen(secret), papers, strlen(papers), digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

bool reception_of(const struct config *config, const struct facts *facts, const char *secret,
                  wall_us now, struct reception *reception)
{
    bool open = facts->status == CASE_OPEN || facts->status == CASE_SUSPENDED;
    wall_us received = facts->at[MILESTONE_RECEIVED], completed = facts->at[MILESTONE_COMPLETED];
    if (received == WALL_NONE)
        received = facts->at[MILESTONE_ACCEPTED];
    if (received == WALL_NONE || received < now - config->irregularities.reception_within_us ||
        facts->parent_case_no[0] || facts->window_code[0] == '\0' ||
        is_blank(facts->applicant_name) || is_blank(facts->applicant_phone))
        return false;
    *reception = (struct reception){
        .key = key_of(facts, secret),
        .received_at = received,
        .ended_at = open                     ? WALL_NONE
                    : completed != WALL_NONE ? completed
                                             : facts->updated_at,
    };
    return true;
}
