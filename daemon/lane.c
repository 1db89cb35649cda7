/* Lanes and parcels. */
#include "lane.h"

#include "shared_config.h"

#include "duban/mem.h"

#include <string.h>

void delivery_list_add(struct delivery_list *list, struct parcel *parcel)
{
    parcel->next = NULL;
    if (list->last)
        list->last->next = parcel;
    else
        list->first = parcel;
    list->last = parcel;
    list->count++;
}

struct parcel *delivery_list_take(struct delivery_list *list)
{
    struct parcel *parcel = list->first;
    if (parcel == NULL)
        return NULL;
    list->first = parcel->next;
    if (list->first == NULL)
        list->last = NULL;
    list->count--;
    parcel->next = NULL;
    return parcel;
}

void parcel_destroy(struct parcel *parcel)
{
    if (parcel == NULL)
        return;
    shared_config_drop(parcel->config);
    free(parcel->public_id);
    free(parcel->address);
    free(parcel->body);
    free(parcel->kind);
    free(parcel->case_no);
    free(parcel);
}

struct lane *lane_create(struct sender *sender, int64_t endpoint, const char *channel,
                         const char *address)
{
    struct lane *lane = mem_zero(1, sizeof *lane);
    *lane = (struct lane){.sender = sender,
                          .endpoint = endpoint,
                          .channel = mem_text(channel),
                          .address = mem_text(address),
                          .floor = WALL_NONE,
                          .news = {.ok_at = WALL_NONE, .error_at = WALL_NONE},
                          .breaker = {.until = WALL_NONE},
                          .window = 1};
    return lane;
}

bool lane_is_well(const struct lane *lane)
{
    return lane->breaker.state == ENDPOINT_WELL;
}

void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    rate_finish(&lane->rate);
    free(lane->channel);
    free(lane->address);
    free(lane);
}

size_t lane_room(const struct lane *lane, size_t concurrency, size_t most)
{
    size_t window = lane->window > concurrency ? lane->window : concurrency;
    if (window > most)
        window = most;
    size_t held = lane->queue.count + lane->sending;
    return held <= window / 2 ? window - held : 0;
}

void lane_learn(struct lane *lane, bool well, size_t concurrency, size_t most)
{
    if (!well)
        lane->window = concurrency;
    else if (lane->window < most)
        lane->window++;
}

/* Where the endpoint's lane stands, or would. */
static size_t place_of(const struct lanes *lanes, int64_t endpoint)
{
    size_t low = 0, high = lanes->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lanes->items[middle]->endpoint < endpoint)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct lane *lanes_find(const struct lanes *lanes, int64_t endpoint)
{
    size_t place = place_of(lanes, endpoint);
    bool found = place < lanes->count && lanes->items[place]->endpoint == endpoint;
    return found ? lanes->items[place] : NULL;
}

void lanes_add(struct lanes *lanes, struct lane *lane)
{
    size_t place = place_of(lanes, lane->endpoint);
    lanes->items = mem_grow(lanes->items, lanes->count + 1, sizeof *lanes->items);
    memmove(lanes->items + place + 1, lanes->items + place,
            (lanes->count - place) * sizeof *lanes->items);
    lanes->items[place] = lane;
    lanes->count++;
}

void lanes_finish(struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++)
        lane_destroy(lanes->items[i]);
    free(lanes->items);
    *lanes = (struct lanes){0};
}
