/* Short messages through Alibaba Cloud's Dysmsapi, SendSms (docs/sms-aliyun.md). */
#ifndef DUBAN_CHANNEL_ALIYUN_H
#define DUBAN_CHANNEL_ALIYUN_H

#include "duban/channel.h"

#include <stdint.h>

#define CHANNEL_ALIYUN "aliyun"

struct aliyun_options {
    const char *url;
    const char *access_key_id;
    char *access_key_secret;
    const char *sign_name;
    int64_t parameter_most; /* characters that a parameter of a template holds */
};

extern const struct channel_type channel_aliyun;

#endif
