// The clocks of a case over the days of the working calendar: which count, and where each is due.
import {h} from './dom.js';
import {dayOf, now, weekday} from './format.js';
import {t} from './i18n.js';
import {badge, clockLabel, paint} from './levels.js';

const SIGNS = {working: 'dayWorking', makeup: 'dayMakeup', rest: 'dayRest', holiday: 'dayHoliday'};
const LEGEND = {working: 'legendWorking', makeup: 'legendMakeup', rest: 'legendRest', holiday: 'legendHoliday'};

// The local day on which an instant lies; midnight belongs to the day before.
function lastDay(instant) {
  return dayOf(Date.parse(instant) - 1);
}

function cellKind(day, clock, due, today, suspended) {
  const stands = suspended.has(day.date) || (clock.state === 'suspended' && day.date >= today);
  if (stands)
    return 'suspended';
  if (day.date > due)
    return clock.state === 'running' ? 'late' : 'none';
  return day.kind;
}

function describe(kind, day) {
  if (kind === 'suspended')
    return t('legendSuspended');
  if (kind === 'late')
    return t('legendLate');
  return kind === 'none' ? '' : `${t(LEGEND[kind])}${day.name ? ` ${day.name}` : ''}`;
}

function cell(day, clock, due, today, suspended) {
  const kind = cellKind(day, clock, due, today, suspended);
  const isDue = day.date === due;
  const sign = isDue ? t('dueMark') : kind === 'suspended' ? t('daySuspended') : kind === 'late' ? t('dayAfter')
    : kind === 'none' ? '' : t(SIGNS[kind]);
  const text = isDue ? `${t('legendDue')}, ${describe(kind, day)}` : describe(kind, day);
  return h('td', {class: `day ${kind}${isDue ? ' due' : ''}${day.date === today ? ' today' : ''}`,
                  title: `${day.date} ${text}`},
    h('span', {'aria-hidden': 'true'}, sign), h('span', {class: 'unseen'}, text));
}

function head(day, today) {
  const [, month, date] = day.date.split('-');
  return h('th', {scope: 'col', class: `day ${day.kind}${day.date === today ? ' today' : ''}`,
                  title: `${day.date} ${day.name}`.trim()},
    h('span', {class: 'day-month'}, date === '01' ? `${Number(month)}/` : ''), Number(date),
    h('small', null, day.date === today ? t('today') : weekday(day.date)));
}

function clockRow(clock, days, today, suspended) {
  const due = lastDay(clock.due_at);
  return paint(h('tr', null,
    h('th', {scope: 'row'}, h('span', {class: 'clock-name'}, clockLabel(clock.name, clock.label)), badge(clock.level, clock.severity)),
    days.map(day => cell(day, clock, due, today, suspended))), clock.level);
}

function legend() {
  const entries = [['working', 'dayWorking', 'legendWorking'], ['makeup', 'dayMakeup', 'legendMakeup'],
                   ['rest', 'dayRest', 'legendRest'], ['holiday', 'dayHoliday', 'legendHoliday'],
                   ['suspended', 'daySuspended', 'legendSuspended'], ['late', 'dayAfter', 'legendLate'],
                   ['due', 'dueMark', 'legendDue']];
  return h('ul', {class: 'legend', 'aria-hidden': 'true'}, entries.map(([kind, sign, text]) =>
    h('li', null, h('span', {class: `day ${kind}`}, t(sign)), ' ', t(text))));
}

// `suspended`: the days, as YYYY-MM-DD, on which the clock stood still.
export function timeline(data, suspended = new Set()) {
  const today = dayOf(now());
  const days = data.days;
  if (days.length === 0)
    return null;
  return h('div', null,
    h('div', {class: 'scroller', tabindex: '0', role: 'region', 'aria-label': t('timelineCaption')},
      h('table', {class: 'timeline'},
        h('caption', {class: 'unseen'}, t('timelineCaption')),
        h('thead', null, h('tr', null,
          h('th', {scope: 'col'}, days[0].date, ' – ', days.at(-1).date), days.map(day => head(day, today)))),
        h('tbody', null, data.clocks.map(clock => clockRow(clock, days, today, suspended))))),
    legend());
}
