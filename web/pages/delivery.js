// How the sending goes: queues, addresses in trouble, dead letters.
import {get, post} from './api.js';
import {caseLink} from './cases.js';
import {fill, h, row, table} from './dom.js';
import {age, dateTime, number} from './format.js';
import {t, word} from './i18n.js';
import {Loader} from './states.js';

const AGAIN_MS = 10e3;

function section(title, content) {
  return h('section', {class: 'card'}, h('h2', null, title), content);
}

function rowsOr(list, text, caption, columns, cells, shape = '') {
  return list.length === 0 ? h('p', {class: 'lead'}, text)
    : table(caption, columns, list.map(entry => row(columns, cells(entry))), {class: `plain-table cards ${shape}`});
}

function showQueue(queue) {
  const count = key => ({key, label: t(key), class: 'number'});
  return rowsOr(queue, t('noQueue'), t('queue'),
    [{key: 'channel', label: t('channel')}, count('ready'), count('inflight'), count('parked'), count('dead'), count('oldest')],
    entry => ({channel: entry.channel, ready: number(entry.ready), inflight: number(entry.inflight),
               parked: number(entry.parked),
               dead: h('span', {class: entry.dead > 0 ? 'bad-text' : null}, number(entry.dead)),
               oldest: entry.ready > 0 ? age(entry.oldest_s) : '—'}), 'compact');
}

function showEndpoints(endpoints) {
  return rowsOr(endpoints, t('noTrouble'), t('endpoints'),
    [{key: 'channel', label: t('channel')}, {key: 'address', label: t('address')}, {key: 'state', label: t('status')},
     {key: 'since', label: t('since')}, {key: 'until', label: t('retryAt')}, {key: 'reason', label: t('reason')}],
    entry => ({channel: entry.channel, address: entry.address,
               state: h('span', {class: 'bad-text'}, word('endpoint', entry.state)),
               since: dateTime(entry.since), until: dateTime(entry.until), reason: entry.reason}));
}

export class DeliveryView {
  constructor({toast}) {
    this.toast = toast;
    this.title = t('delivery');
    this.place = h('div', {class: 'stack'});
    this.loader = new Loader(this.place, signal => get('delivery', {}, signal), data => this.show(data));
    this.element = h('div', null, h('h1', {tabindex: '-1'}, this.title), this.loader.notice, this.place);
    this.again = setInterval(() => this.loader.shown && this.loader.look(), AGAIN_MS);
    this.loader.look();
  }

  show(data) {
    const focused = document.activeElement?.dataset?.resend;
    fill(this.place, section(t('queue'), showQueue(data.queue)), section(t('endpoints'), showEndpoints(data.endpoints)),
      section(t('deadLetters'), this.showDead(data.dead)));
    if (focused)
      this.place.querySelector(`[data-resend="${focused}"]`)?.focus();
  }

  showDead(dead) {
    return rowsOr(dead, t('noDead'), t('deadLetters'),
      [{key: 'case', label: t('caseNo')}, {key: 'event', label: t('event')}, {key: 'recipient', label: t('recipient')},
       {key: 'channel', label: t('channel')}, {key: 'reason', label: t('reason')}, {key: 'at', label: t('deadAt')},
       {key: 'attempts', label: t('attempts'), class: 'number'}, {key: 'act', label: t('resend')}],
      entry => ({case: entry.case_no ? h('a', {href: caseLink(entry.case_no)}, entry.case_no) : '—',
                 event: word('event', entry.kind, word('level', entry.kind)), recipient: word('role', entry.recipient_name), channel: entry.channel,
                 reason: entry.reason, at: dateTime(entry.dead_at), attempts: entry.attempts,
                 act: h('button', {type: 'button', 'data-resend': entry.id, onclick: event => this.resend(event.target, entry.id)},
                   t('resend'))}));
  }

  async resend(button, id) {
    button.disabled = true;
    try {
      await post(`dead/${id}/resend`);
      this.toast(t('resent'));
      this.loader.look();
    } catch (error) {
      button.disabled = false;
      this.toast(error.passes ? t('away') : `${t('failed')}: ${error.message}`);
    }
  }

  stop() {
    clearInterval(this.again);
    this.loader.stop();
  }
}
