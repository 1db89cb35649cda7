/* The list of the types of channels. A new one adds its line here. */
#include "duban/channel.h"
#include "duban/channel_aliyun.h"
#include "duban/channel_dingtalk.h"
#include "duban/channel_feishu.h"
#include "duban/channel_http.h"
#include "duban/channel_kannel.h"
#include "duban/channel_mail.h"
#include "duban/channel_mas.h"
#include "duban/channel_tencent.h"
#include "duban/channel_webhook.h"
#include "duban/channel_wecom.h"
#include "duban/mem.h"

#include <string.h>

static const struct channel_type *const types[] = {
    &channel_webhook, &channel_kannel,   &channel_aliyun, &channel_tencent, &channel_mas,
    &channel_http,    &channel_dingtalk, &channel_wecom,  &channel_feishu,  &channel_mail,
};

const struct channel_type *channel_type_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

const char *const *channel_type_names(size_t *count)
{
    static const char *const names[COUNT_OF(types)] = {
        CHANNEL_WEBHOOK, CHANNEL_KANNEL,   CHANNEL_ALIYUN, CHANNEL_TENCENT, CHANNEL_MAS,
        CHANNEL_HTTP,    CHANNEL_DINGTALK, CHANNEL_WECOM,  CHANNEL_FEISHU,  CHANNEL_MAIL,
    };
    *count = COUNT_OF(names);
    return names;
}
