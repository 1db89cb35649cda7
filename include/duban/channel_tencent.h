/* Short messages through Tencent Cloud, SendSms (docs/sms-tencent.md). */
#ifndef DUBAN_CHANNEL_TENCENT_H
#define DUBAN_CHANNEL_TENCENT_H

#include "duban/channel.h"

#include <stdint.h>

#define CHANNEL_TENCENT "tencent"

struct tencent_options {
    const char *url, *region;
    const char *secret_id;
    char *secret_key;
    const char *sdk_app_id;
    const char *sign_name;
    int64_t parameter_most; /* characters that a parameter of a template holds */
};

extern const struct channel_type channel_tencent;

#endif
