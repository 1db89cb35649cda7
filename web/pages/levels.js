// A level as colour, word and shape.
import {h, svg} from './dom.js';
import {word, state as language} from './i18n.js';

let levels = [];

export function setLevels(list) {
  levels = list;
}

export function allLevels() {
  return levels;
}

export function levelOf(name) {
  return levels.find(level => level.name === name) ?? {name, label: name, colour: 'grey', severity: 0};
}

// The configuration's words in its own language; those that everybody has in the other one.
export function levelLabel(name) {
  const level = levelOf(name);
  return language.locale === language.configured ? level.label : word('level', name, level.label);
}

export function clockLabel(name, label) {
  return language.locale === language.configured ? label : word('clock', name, label);
}

const KNOWN = new Set(['yellow', 'red', 'orange', 'blue', 'purple', 'green', 'grey']);

// Sets --level on the element, by a class for known names, else as the colour that is configured.
export function paint(element, name) {
  const {colour} = levelOf(name);
  element.classList.add('level');
  for (const known of KNOWN)
    element.classList.toggle(`level-${known}`, known === colour);
  if (!KNOWN.has(colour) && /^#[0-9a-f]{3,8}$/i.test(colour))
    element.style.setProperty('--level', colour);
  else
    element.style.removeProperty('--level');
  return element;
}

const SHAPES = [
  ['circle', {cx: 12, cy: 12, r: 8}],
  ['path', {d: 'M12 2.5 22.5 21h-21z'}],
  ['path', {d: 'M8 2h8l6 6v8l-6 6H8l-6-6V8z'}],
  ['path', {d: 'M12 1l11 11-11 11L1 12z'}],
  ['path', {d: 'M3 3h18v18H3z'}],
];

// The more it weighs, the more corners show: circle, triangle, octagon, diamond, square; with a
// mark inside from the second on.
export function shape(severity) {
  const parts = [SHAPES[Math.min(Math.max(severity, 0), SHAPES.length - 1)]];
  if (severity === 1)
    parts.push(['path', {class: 'mark', d: 'M11 9h2v6h-2zM11 16.5h2v2h-2z'}]);
  else if (severity > 1)
    parts.push(['path', {class: 'mark', d: 'M11 6h2v8h-2zM11 16h2v2.2h-2z'}]);
  const drawn = svg('0 0 24 24', ...parts);
  drawn.classList.add('shape');
  return drawn;
}

export function badge(name, severity = levelOf(name).severity) {
  return paint(h('span', {class: 'badge'}, shape(severity), h('span', null, levelLabel(name))), name);
}
