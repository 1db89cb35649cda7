// Departments and windows: what is open, what was done in time, and which days ahead are crowded.
import {get} from './api.js';
import {drawCharts} from './charts.js';
import {fill, h, row, table} from './dom.js';
import {addDays, dayOf, now, number, percent, weekday, weekdayNumber} from './format.js';
import {t} from './i18n.js';
import {allLevels, levelLabel, paint, shape} from './levels.js';
import {empty, Loader} from './states.js';

const AGAIN_MS = 60e3;
const AHEAD_DAYS = 60;
const SPANS = {today: 'spanToday', week: 'spanWeek', month: 'spanMonth'};
const BYS = {department: 'byDepartment', window: 'byWindow'};
const remembered = {by: null, span: 'month'};

function choice(label, options, chosen, onChoose) {
  return h('div', {class: 'choice', role: 'group', 'aria-label': label}, Object.entries(options).map(([value, key]) =>
    h('button', {type: 'button', 'aria-pressed': String(value === chosen), onclick: () => onChoose(value)}, t(key))));
}

function totals(rows) {
  const sum = {open: 0, levels: {}, completed: 0, on_time: 0, early: 0, late: 0};
  for (const entry of rows) {
    for (const key of ['open', 'completed', 'on_time', 'early', 'late'])
      sum[key] += entry[key];
    for (const [level, cases] of Object.entries(entry.levels))
      sum.levels[level] = (sum.levels[level] ?? 0) + cases;
  }
  return {...sum, name: t('sum'), rate: sum.completed > 0 ? sum.on_time / sum.completed : null};
}

function cells(entry, by) {
  const made = {
    name: entry.code ? h('a', {href: `#/board?${by}=${encodeURIComponent(entry.code)}`}, entry.name) : entry.name,
    open: number(entry.open), completed: number(entry.completed), onTime: number(entry.on_time),
    early: number(entry.early), late: number(entry.late),
    rate: entry.rate === null ? '—' : [h('meter', {min: 0, max: 1, low: 0.9, high: 0.99, optimum: 1, value: entry.rate,
                                                   'aria-label': t('rate')}), h('span', {class: 'rate'}, percent(entry.rate))],
  };
  for (const level of allLevels())
    made[`level-${level.name}`] = number(entry.levels[level.name] ?? 0);
  return made;
}

function showTable(rows, by, span) {
  const count = (key, label = t(key)) => ({key, label, class: 'number'});
  const raised = allLevels().filter(level => level.severity > 0);
  const columns = [{key: 'name', label: t(BYS[by])}, count('open'),
                   ...raised.map(level => count(`level-${level.name}`, paint(h('span', {class: 'badge-plain'},
                     shape(level.severity), levelLabel(level.name)), level.name))),
                   count('completed'), count('onTime'), count('early'), count('late', t('lateCount')), count('rate')];
  const made = table(t('overviewCaption', {by: t(BYS[by]), span: t(SPANS[span])}), columns,
    rows.map(entry => row(columns, cells(entry, by))), {class: 'plain-table cards compact'});
  for (const cell of made.querySelectorAll('td[data-label="[object HTMLSpanElement]"]'))
    cell.dataset.label = levelLabel(raised[cell.cellIndex - 2].name);
  made.append(h('tfoot', {role: 'rowgroup'}, row(columns, cells(totals(rows), by))));
  for (const cell of made.tFoot.querySelectorAll('td'))
    cell.dataset.label = made.tBodies[0].rows[0]?.cells[cell.cellIndex].dataset.label ?? '';
  return made;
}

function dayName(date) {
  const [, month, day] = date.split('-').map(Number);
  return day === 1 ? `${month}/1` : day;
}

// Weeks as rows, so that a crowded day is seen before it comes.
function heatMap(due_ahead) {
  const today = dayOf(now());
  const cases = new Map(due_ahead.map(entry => [entry.date, entry.cases]));
  const most = Math.max(1, ...cases.values());
  const first = addDays(today, -weekdayNumber(today));
  const monday = [0, 1, 2, 3, 4, 5, 6].map(n => addDays(first, n));
  const cell = date => {
    const n = cases.get(date) ?? 0;
    const ahead = date >= today && date < addDays(today, AHEAD_DAYS);
    const heat = n === 0 ? 0 : Math.min(5, Math.ceil(5 * n / most));
    return h('td', {class: `heat-${ahead ? heat : 'none'}${date === today ? ' today' : ''}`,
                    title: ahead ? t('dueOn', {date, n}) : null},
      ahead && [h('span', {class: 'heat-day'}, dayName(date)),
                h('strong', null, n > 0 ? number(n) : '')]);
  };
  const weeks = Array.from({length: Math.ceil((AHEAD_DAYS + weekdayNumber(today)) / 7)}, (unused, i) => addDays(first, 7 * i));
  return h('div', null,
    h('table', {class: 'heat'}, h('caption', {class: 'unseen'}, t('dueAhead')),
      h('thead', null, h('tr', null, h('th', {scope: 'col'}, t('week')), monday.map(day => h('th', {scope: 'col'}, weekday(day))))),
      h('tbody', null, weeks.map(week => h('tr', null, h('th', {scope: 'row'}, week.slice(5)),
        [0, 1, 2, 3, 4, 5, 6].map(n => cell(addDays(week, n))))))),
    h('p', {class: 'heat-legend lead', 'aria-hidden': 'true'}, t('fewMany').split('→')[0],
      [1, 2, 3, 4, 5].map(n => h('span', {class: `heat-${n}`})), t('fewMany').split('→')[1]));
}

export class OverviewView {
  constructor({me}) {
    this.title = t('overview');
    this.by = remembered.by ?? (me.role === 'window' || me.role === 'department' ? 'window' : 'department');
    this.span = remembered.span;
    this.place = h('div', {class: 'stack'});
    this.choices = h('div', {class: 'choices'});
    this.charts = h('div', {class: 'charts'});
    this.loader = new Loader(this.place, signal => get('overview', {by: this.by, span: this.span}, signal), data => this.show(data));
    this.element = h('div', null, h('div', {class: 'head'}, h('h1', {tabindex: '-1'}, this.title), this.choices),
      this.loader.notice, this.place);
    this.again = setInterval(() => this.loader.shown && this.loader.look(), AGAIN_MS);
    this.onTheme = () => drawCharts(this.charts, this.rows);
    addEventListener('themechange', this.onTheme);
    this.showChoices();
    this.loader.look();
  }

  choose(name, value) {
    this[name] = remembered[name] = value;
    this.showChoices();
    this.choices.querySelector(`.choice:nth-child(${name === 'by' ? 1 : 2}) [aria-pressed=true]`).focus();
    this.loader.look();
  }

  showChoices() {
    fill(this.choices, choice(t('by'), BYS, this.by, value => this.choose('by', value)),
      choice(t('span'), SPANS, this.span, value => this.choose('span', value)));
  }

  show(data) {
    if (data.rows.length === 0 && data.due_ahead.length === 0) {
      fill(this.place, empty(t('noRows'), t('emptyAllHint')));
      return;
    }
    fill(this.place, h('div', {class: 'two'},
      h('section', {class: 'card'}, h('h2', null, t('dueAhead')), heatMap(data.due_ahead)),
      h('section', {class: 'card'}, h('h2', null, t('chartOpen'), ' · ', t('chartDone')), this.charts)),
      h('section', {class: 'card'}, h('div', {class: 'scroller'}, showTable(data.rows, this.by, this.span))));
    this.rows = data.rows;
    drawCharts(this.charts, this.rows);
  }

  stop() {
    clearInterval(this.again);
    this.loader.stop();
    removeEventListener('themechange', this.onTheme);
    drawCharts(this.charts, null);
  }
}
