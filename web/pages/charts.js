// Small charts by Chart.js, which comes with the program; the table beside them says the same.
import {fill, h} from './dom.js';
import {t} from './i18n.js';
import {allLevels, levelLabel, paint} from './levels.js';

const MOST = 12; // bars
let library = null;
let charts = [];

function load() {
  library ??= new Promise((resolve, reject) => {
    const script = h('script', {src: '/static/chart.min.js', onload: () => resolve(globalThis.Chart), onerror: reject});
    document.head.append(script);
  });
  return library;
}

// The colours of the style sheet, which canvas doesn't read by itself.
function colourOf(level) {
  const probe = paint(h('span', {hidden: true}), level);
  document.body.append(probe);
  const colour = getComputedStyle(probe).getPropertyValue('--level').trim();
  probe.remove();
  return colour;
}

// Names without the place that all of them begin with, short enough for an axis.
function shorten(names) {
  const [first = ''] = names;
  let common = names.length > 1 ? first.length : 0;
  for (const name of names)
    while (!name.startsWith(first.slice(0, common)))
      common--;
  return names.map(name => {
    const rest = name.length > common ? name.slice(common) : name;
    return rest.length > 10 ? `${rest.slice(0, 9)}…` : rest;
  });
}

function bars(Chart, canvas, rows, sets) {
  const style = getComputedStyle(document.documentElement);
  const text = style.getPropertyValue('--muted').trim();
  const line = style.getPropertyValue('--line').trim();
  const axis = {stacked: true, grid: {color: line, borderColor: line}, ticks: {color: text, precision: 0}};
  charts.push(new Chart(canvas, {
    type: 'bar',
    data: {labels: shorten(rows.map(entry => entry.name)), datasets: sets},
    options: {
      indexAxis: 'y', animation: false, responsive: true, maintainAspectRatio: false,
      plugins: {legend: {position: 'bottom', labels: {color: text, boxWidth: 12}}},
      scales: {x: axis, y: {...axis, grid: {display: false}}},
    },
  }));
}

// Without rows, what is there is taken down.
export async function drawCharts(place, rows) {
  for (const chart of charts)
    chart.destroy();
  charts = [];
  if (!rows)
    return;
  let Chart;
  try {
    Chart = await load();
  } catch {
    fill(place, h('p', {class: 'lead'}, '—'));
    return;
  }
  if (!place.isConnected)
    return;
  const shown = [...rows].sort((a, b) => b.open - a.open).slice(0, MOST);
  const canvas = () => h('canvas', {role: 'img', 'aria-label': t('chartOpen')});
  const [open, done] = [canvas(), canvas()];
  done.setAttribute('aria-label', t('chartDone'));
  fill(place, h('div', {class: 'chart'}, open), h('div', {class: 'chart'}, done));
  bars(Chart, open, shown, [...allLevels()].reverse().map(level => ({
    label: levelLabel(level.name), backgroundColor: colourOf(level.name),
    data: shown.map(entry => entry.levels[level.name] ?? 0)})));
  const style = getComputedStyle(document.documentElement);
  const set = (key, label, variable) => ({label, backgroundColor: style.getPropertyValue(variable).trim(), data: shown.map(key)});
  bars(Chart, done, shown, [set(entry => entry.early, t('early'), '--accent'),
    set(entry => entry.on_time - entry.early, t('onTime'), '--accent-soft'), set(entry => entry.late, t('lateCount'), '--bad')]);
}
