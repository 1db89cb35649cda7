// What was told about a case, to whom, and how it went: each try with its verdict, each receipt.
import {h, row, table} from './dom.js';
import {full} from './format.js';
import {t, word} from './i18n.js';

const BAD = new Set(['permanent', 'rejected', 'gone', 'failed']);

function instant(at) {
  return h('time', {datetime: at}, full(at));
}

function mood(name) {
  return BAD.has(name) ? 'bad-text' : null;
}

// In the order of time: {at, content}
function steps({tries, receipts}) {
  const tried = tries.map(attempt => ({at: attempt.at, content: [
    h('strong', {class: mood(attempt.verdict)}, attempt.number > 0 && t('tryNumber', {n: attempt.number}), word('verdict', attempt.verdict)),
    attempt.code > 0 && h('span', null, t('code', {code: attempt.code})),
    attempt.number > 0 && h('small', null, t('tookMs', {n: attempt.took_ms})),
    attempt.detail && h('span', {class: 'lead'}, attempt.detail)]}));
  const told = receipts.map(receipt => ({at: receipt.at, content: [
    h('strong', {class: mood(receipt.status)}, t('receiptStep'), word('arrival', receipt.status)),
    receipt.code && h('span', null, t('code', {code: receipt.code})),
    receipt.detail && h('span', {class: 'lead'}, receipt.detail)]}));
  return [...tried, ...told].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

// A row below the message's own, which opens.
function course(message, columns, isOpen) {
  const made = steps(message);
  if (made.length === 0)
    return null;
  return h('tr', {role: 'row', class: 'course'}, h('td', {role: 'cell', colspan: columns.length},
    h('details', {'data-message': message.message, open: isOpen}, h('summary', null, t('course', {n: made.length})),
      h('ol', null, made.map(step => h('li', null, instant(step.at), step.content))))));
}

function cells(message, eventName) {
  return {
    at: instant(message.created_at), event: eventName(message),
    recipient: message.role === message.recipient_name ? word('role', message.role)
      : [message.recipient_name, h('small', null, word('role', message.role))],
    channel: message.channel, address: message.address, attempts: message.attempts,
    state: h('span', {class: message.state === 'dead' ? 'bad-text' : null}, word('message', message.state)),
    receipt: message.arrival ? h('span', {class: mood(message.arrival)}, word('arrival', message.arrival)) : '—',
  };
}

// `open`: ids of messages whose course is shown.
export function messageTable(messages, eventName, open) {
  if (messages.length === 0)
    return h('p', {class: 'lead'}, t('noMessages'));
  const columns = [{key: 'at', label: t('at')}, {key: 'event', label: t('event')}, {key: 'recipient', label: t('recipient')},
                   {key: 'channel', label: t('channel')}, {key: 'address', label: t('address')},
                   {key: 'attempts', label: t('attempts'), class: 'number'}, {key: 'state', label: t('status')},
                   {key: 'receipt', label: t('receipt')}];
  return table(t('messages'), columns, messages.map(message => [row(columns, cells(message, eventName)),
    course(message, columns, open.has(String(message.message)))]), {class: 'plain-table cards messages'});
}

export function openCourses(place) {
  return new Set([...place.querySelectorAll('.course details[open]')].map(element => element.dataset.message));
}
