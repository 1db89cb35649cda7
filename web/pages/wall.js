// The hall's wall: public fields only, turns its pages by itself, goes on through lost connections.
import {get} from './api.js';
import {fill, h, row, setText, table} from './dom.js';
import {age, clockTime, date, dateTime, longDay, now, number, setNow, setZone} from './format.js';
import {setLocale, t, word} from './i18n.js';
import {allLevels, badge, levelLabel, paint, setLevels, shape} from './levels.js';

// How long a page stays: /wall?seconds=8, else 12 s.
const asked_s = Number(new URLSearchParams(location.search).get('seconds'));
const TURN_MS = 1000 * (asked_s >= 2 && asked_s <= 300 ? asked_s : 12);
const AGAIN_MS = 5e3; // after a failure
const SETTLE_MS = 200; // after the window has changed its size
const OLD_S = 60;
const ROW_MOST = 200;

const wall = document.getElementById('wall');
const age_ = h('p', {class: 'wall-age', role: 'status'});
const watch = h('time', {class: 'wall-watch'});
// `after`: where the next page begins; `here`: where the one that is shown does, `page` its number.
const state = {after: null, here: null, page: 0, at_ms: 0, failed: false, timer: 0, turn: 0};

// How many rows of a legible height fit below the head.
function rowsThatFit() {
  const unit = parseFloat(getComputedStyle(document.body).fontSize);
  const height = (selector, units) => wall.querySelector(selector)?.offsetHeight ?? units * unit;
  const around = height('.wall-head', 6.5) + height('thead', 2.6) + height('.wall-foot', 3.4);
  return Math.max(3, Math.min(ROW_MOST, Math.floor((innerHeight - around) / height('tbody tr', 3.05))));
}

const COLUMNS = () => [
  {key: 'level', label: t('level')}, {key: 'case', label: t('caseNo'), header: true}, {key: 'item', label: t('item'), class: 'wall-item'},
  {key: 'window', label: t('window'), class: 'wall-window'}, {key: 'stage', label: t('stage')},
  {key: 'accepted', label: t('accepted'), class: 'wall-accepted'}, {key: 'due', label: t('due')},
];

function showRows(rows) {
  const columns = COLUMNS();
  return table(t('wallTitle'), columns, rows.map(data => paint(row(columns, {
    level: badge(data.level, data.severity), case: data.case_no, item: data.item_name, window: data.window_name,
    stage: data.suspended ? t('suspended') : word('stage', data.stage), accepted: date(data.accepted_at), due: dateTime(data.due_at),
  }), data.level)), {class: 'wall-table'});
}

function showFigures(counts) {
  const counted = new Map(counts.map(count => [count.severity, count.cases]));
  return h('dl', {class: 'wall-figures'}, [...allLevels()].reverse().map(level => paint(h('div', null,
    h('dt', null, shape(level.severity), levelLabel(level.name)), h('dd', null, number(counted.get(level.severity) ?? 0))), level.name)));
}

function show(data) {
  setZone(data.zone);
  setLevels(data.levels);
  setLocale(data.locale);
  setNow(data.now);
  document.title = `${t('wallTitle')} · ${data.centre}`;
  fill(wall,
    h('header', {class: 'wall-head'},
      h('div', null, h('h1', null, data.centre || t('duban')), h('p', null, t('wallTitle'), ' · ', longDay(now()))),
      showFigures(data.counts), watch),
    data.rows.length > 0 ? showRows(data.rows) : h('p', {class: 'wall-empty'}, t('wallEmpty')),
    h('footer', {class: 'wall-foot'}, h('span', {class: 'wall-page'}, t('wallPage', {n: state.page + 1})), age_,
      h('button', {type: 'button', class: 'quiet', onclick: () => document.documentElement.requestFullscreen?.()}, t('fullScreen'))));
}

// `settled`: the rows that fit were measured, not guessed.
async function turn(after, page, settled = false) {
  const number_ = ++state.turn;
  const most = rowsThatFit();
  let wait_ms = TURN_MS;
  clearTimeout(state.timer);
  try {
    let data = await get('wall', {after, limit: most});
    if (data.rows.length === 0 && after !== null) { // what was there has gone meanwhile
      [after, page] = [null, 0];
      data = await get('wall', {limit: most});
    }
    if (number_ !== state.turn) // the window has changed its size meanwhile
      return;
    Object.assign(state, {at_ms: Date.now(), failed: false, here: after, page, after: data.next});
    show(data);
    const fit = rowsThatFit();
    if (!settled && (fit < data.rows.length || (fit > most && data.next !== null))) {
      turn(after, page, true);
      return;
    }
  } catch (error) {
    if (number_ !== state.turn)
      return;
    if (error.status === 401) {
      location.assign('/login');
      return;
    }
    if (error.status === 400) // a place that this server doesn't know any more
      state.after = null;
    state.failed = true;
    wait_ms = AGAIN_MS;
    if (state.at_ms === 0)
      fill(wall, h('div', {class: 'state', role: 'alert'}, h('p', {class: 'state-title'}, t('away')), h('p', {class: 'lead'}, t('awayHint'))));
  }
  state.timer = setTimeout(() => turn(state.after, state.after === null ? 0 : state.page + 1), wait_ms);
  tick();
}

// As many rows as fit into the window as it is now.
function onResize() {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => turn(state.here, state.page), SETTLE_MS);
}

function tick() {
  if (state.at_ms === 0)
    return;
  const old_s = (Date.now() - state.at_ms) / 1000;
  const lost = state.failed || old_s > OLD_S;
  setText(watch, clockTime(now()));
  setText(age_, lost ? t('wallLost', {time: dateTime(now() - old_s * 1000), age: age(old_s)}) : t('wallAge', {age: age(old_s)}));
  wall.classList.toggle('stale', lost);
}

setLocale();
setInterval(tick, 1000);
addEventListener('resize', onResize);
turn(null, 0);
