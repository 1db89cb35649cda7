/* Group robots of Feishu 飞书 (docs/robot-feishu.md). */
#ifndef DUBAN_CHANNEL_FEISHU_H
#define DUBAN_CHANNEL_FEISHU_H

#include "duban/channel.h"

#define CHANNEL_FEISHU "feishu"

/* Its options are a struct robot_options (robot.h); members are mentioned by their open ids. */
extern const struct channel_type channel_feishu;

#endif
