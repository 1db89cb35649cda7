/* Which handler a request goes to. */
#ifndef WEB_ROUTER_H
#define WEB_ROUTER_H

#include "exchange.h"

/* For the listener: its context is the struct web. */
bool router_admit(void *context, struct http_incoming *incoming);
void router_handle(void *context, struct http_incoming *incoming);

/* Handlers: each answers, at once or later. */
void page_index(struct exchange *exchange);
void page_login(struct exchange *exchange);
void page_wall(struct exchange *exchange);
void page_static(struct exchange *exchange);
/* A page by its name, with a status. */
void page_answer(struct exchange *exchange, const char *name, int status);

void login_post(struct exchange *exchange);
void logout_post(struct exchange *exchange);
/* The value that a form must bring along, and its cookie ("" when the browser has it already). */
void login_form_key(struct exchange *exchange, char csrf[ACCESS_KEY_BYTES], char cookie[256]);

void api_me(struct exchange *exchange);
void api_board(struct exchange *exchange);
void api_wall(struct exchange *exchange);
void api_items(struct exchange *exchange);
void api_case(struct exchange *exchange);
void api_explanation(struct exchange *exchange);
void api_acknowledge(struct exchange *exchange);
void api_withdraw(struct exchange *exchange);
void api_silence(struct exchange *exchange);
void api_people(struct exchange *exchange);
void api_overview(struct exchange *exchange);
void api_delivery(struct exchange *exchange);
void api_resend(struct exchange *exchange);
void api_events(struct exchange *exchange);

#endif
