/* Group robots of WeCom 企业微信 (docs/robot-wecom.md). */
#ifndef DUBAN_CHANNEL_WECOM_H
#define DUBAN_CHANNEL_WECOM_H

#include "duban/channel.h"

#define CHANNEL_WECOM "wecom"

/* Its options are a struct robot_options (robot.h), without a secret. */
extern const struct channel_type channel_wecom;

#endif
