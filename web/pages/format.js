// Instants and lengths of time as people read them, in the centre's time zone.
import {t, state as language} from './i18n.js';

let zone;
let formats = {};
let offset_ms = 0;
let openUntil_ms = null;

export function setZone(name) {
  zone = name;
  formats = {};
}

// The server's time, and until when the centre is open (null: closed now).
export function setNow(now, open_until) {
  offset_ms = Date.parse(now) - Date.now();
  if (open_until !== undefined)
    openUntil_ms = open_until ? Date.parse(open_until) : null;
}

export function now() {
  return serverTime(Date.now());
}

// What the server's clock showed when this machine's showed that.
export function serverTime(local_ms) {
  return local_ms + offset_ms;
}

function formatter(name, options) {
  const key = `${name} ${language.locale}`;
  formats[key] ??= new Intl.DateTimeFormat(language.locale === 'en' ? 'en-GB' : 'zh-CN',
    {timeZone: zone, hourCycle: 'h23', ...options});
  return formats[key];
}

function show(name, options, instant) {
  const at = instant === null || instant === undefined ? NaN : typeof instant === 'number' ? instant : Date.parse(instant);
  return Number.isNaN(at) ? '—' : formatter(name, options).format(at);
}

function month() { // in English as a word: 01/06 would be read in two ways
  return language.locale === 'en' ? 'short' : '2-digit';
}

export function date(instant) {
  return show('date', {month: month(), day: '2-digit'}, instant);
}

export function dateTime(instant) {
  return show('dateTime', {month: month(), day: '2-digit', hour: '2-digit', minute: '2-digit'}, instant);
}

export function full(instant) {
  return show('full', {year: 'numeric', month: month(), day: '2-digit', hour: '2-digit',
                       minute: '2-digit', second: '2-digit'}, instant);
}

export function time(instant) {
  return show('time', {hour: '2-digit', minute: '2-digit'}, instant);
}

export function clockTime(instant) {
  return show('clock', {hour: '2-digit', minute: '2-digit', second: '2-digit'}, instant);
}

export function longDay(instant) {
  return show('longDay', {year: 'numeric', month: 'long', day: 'numeric', weekday: 'long'}, instant);
}

// YYYY-MM-DD in the centre's zone.
export function dayOf(instant) {
  const parts = {};
  for (const {type, value} of formatter('parts', {year: 'numeric', month: '2-digit', day: '2-digit'})
    .formatToParts(typeof instant === 'number' ? instant : Date.parse(instant)))
    parts[type] = value;
  return `${parts.year}-${parts.month}-${parts.day}`;
}

// The instant at which the centre's clocks show YYYY-MM-DDTHH:MM; NaN when that is no such text.
export function instantOf(local) {
  const guess = Date.parse(`${local}Z`);
  if (Number.isNaN(guess))
    return NaN;
  const parts = {};
  for (const {type, value} of formatter('wall', {year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit'})
    .formatToParts(guess))
    parts[type] = value;
  const shown = Date.parse(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}Z`);
  return guess - (shown - guess);
}

const WEEKDAYS = {'zh-CN': '日一二三四五六', en: ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa']};

// Of a plain date, which belongs to no zone.
export function weekday(date) {
  return WEEKDAYS[language.locale][new Date(`${date}T00:00:00Z`).getUTCDay()];
}

export function weekdayNumber(date) {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86400e3).toISOString().slice(0, 10);
}

export function number(value) {
  return new Intl.NumberFormat(language.locale).format(value);
}

export function percent(value) {
  return value === null || value === undefined ? '—'
    : new Intl.NumberFormat(language.locale, {style: 'percent', maximumFractionDigits: 1}).format(value);
}

export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600)
    return t('minutesSeconds', {m: Math.floor(s / 60), s: String(s % 60).padStart(2, '0')});
  return t('hoursMinutes', {h: Math.floor(s / 3600), m: String(Math.floor(s % 3600 / 60)).padStart(2, '0')});
}

export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60)
    return t('ageSeconds', {n: s});
  return s < 3600 ? t('ageMinutes', {n: Math.floor(s / 60)})
    : s < 86400 ? t('ageHours', {n: Math.floor(s / 3600)}) : t('ageDays', {n: Math.floor(s / 86400)});
}

// How many seconds of opening have passed since an instant of the server, while open.
function openSince(at_ms) {
  if (openUntil_ms === null)
    return 0;
  return Math.max(0, Math.min(now(), openUntil_ms) - at_ms) / 1000;
}

// What is left of a clock that was told at `at_ms`: {main, detail, late}.
export function left(row, at_ms) {
  if (row.suspended || row.state === 'suspended')
    return {main: t('suspended'), detail: '', late: false};
  if (row.workdays_left === null || row.workdays_left === undefined)
    return {main: '—', detail: '', late: false};
  const late = Date.parse(row.due_at) <= now();
  const days = Math.abs(row.workdays_left);
  const seconds = row.open_left_s - openSince(at_ms);
  if (late)
    return {main: days === 0 ? t('lateToday') : t('lateDays', {n: days}), late,
            detail: t('workhours', {text: duration(Math.abs(seconds))})};
  return {main: days === 0 ? t('leftToday') : t('leftDays', {n: days}), late,
          detail: t('workhours', {text: duration(seconds)})};
}
