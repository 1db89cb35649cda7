/* Group robots of DingTalk 钉钉 (docs/robot-dingtalk.md). */
#ifndef DUBAN_CHANNEL_DINGTALK_H
#define DUBAN_CHANNEL_DINGTALK_H

#include "duban/channel.h"

#define CHANNEL_DINGTALK "dingtalk"

/* Its options are a struct robot_options (robot.h). */
extern const struct channel_type channel_dingtalk;

#endif
