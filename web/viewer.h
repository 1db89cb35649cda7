/* Somebody who listens to the news. */
#ifndef WEB_VIEWER_H
#define WEB_VIEWER_H

#include "exchange.h"

struct viewer {
    LIST_ENTRY(viewer) link;
    struct news *news;
    struct http_stream *stream;
    bool gone;       /* cut off; removed by the loop */
    unsigned known;  /* news.checks when it was asked whether they may look */
    unsigned listed; /* the first check that asks for them; 0: none yet */
    bool sees_all;
    char who[160];
    char **codes; /* sorted */
    size_t code_count;
};

/* Pushes a text to everybody. */
void viewers_tell(struct news *news, const char *text);
/* Pushes an item to those whom it concerns. */
void viewers_hear(struct news *news, const struct news_item *item);
/* Asks whether they may still look, and at what; then the news go on. */
void viewers_check(struct news *news);
/* Whether rows of duban.web_news tell that accounts or tokens have ended since the last check. Then
 * the check is under way, nobody hears these rows yet, and they are asked for again. */
bool viewers_doubt(struct news *news, const PGresult *rows);

#endif
