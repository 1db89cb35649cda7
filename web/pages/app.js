// The frame of all pages but the wall's and the login's: who looks, where to, how fresh it is.
import {ApiError, get, logOut, setCsrf} from './api.js';
import {BoardView, boardQuery} from './board.js';
import {CaseView} from './case.js';
import {DeliveryView} from './delivery.js';
import {fill, h, setText} from './dom.js';
import {age, clockTime, now, serverTime, setNow, setZone} from './format.js';
import {setLocale, state as language, t, word} from './i18n.js';
import {allLevels, setLevels} from './levels.js';
import {begin as beginLive, connection, live} from './live.js';
import {MineView} from './mine.js';
import {OverviewView} from './overview.js';
import * as prefs from './prefs.js';
import {alarm, isOn, switchNotify, switchSound} from './alarm.js';
import {fresh, Loader} from './states.js';

const main = document.getElementById('main');
const announcer = document.getElementById('announcer');
const toastPlace = document.getElementById('toast');
const views = {board: BoardView, mine: MineView, overview: OverviewView, delivery: DeliveryView, case: CaseView};
const CONNECTIONS = {open: 'live', connecting: 'connecting', stale: 'staleData', lost: 'lost'};
let me = null;
let view = null;

function announce(text) {
  announcer.textContent = text;
}

function toast(text) {
  fill(toastPlace, h('p', null, text));
  setTimeout(() => fill(toastPlace), 4000);
}

// --- where to ---

function pages() {
  const sees = ['supervision', 'admin'].includes(me.role) && me.place === '';
  const first = me.role === 'window' ? 'mine' : 'board';
  return sees ? ['board', 'overview', 'delivery'] : [first, 'overview'];
}

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, argument] = path.split('/');
  let decoded = '';
  try {
    decoded = decodeURIComponent(argument ?? '');
  } catch { /* not an address of ours: the first page */ }
  const known = Object.hasOwn(views, name) && (name !== 'case' || decoded) && (name === 'case' || name === 'board' || pages().includes(name));
  return {name: known ? name : pages()[0], argument: decoded, query: new URLSearchParams(query ?? '')};
}

function open(focuses) {
  const {name, argument, query} = route();
  view?.stop();
  view = new views[name]({me, argument, query, announce, toast});
  fill(main, view.element);
  document.title = `${view.title} · ${t('duban')}`;
  main.className = `page-${name}`; // with what showConnection() adds
  showBanner(name);
  if (focuses) {
    scrollTo(0, 0);
    view.element.querySelector('h1')?.focus();
  }
}

// --- the banner ---

function link(name, current) {
  const href = name === 'board' ? `#/board${boardQuery()}` : `#/${name}`;
  return h('a', {href, 'aria-current': name === current ? 'page' : null}, t(name));
}

function option(text, onclick, attributes = {}) {
  return h('button', {type: 'button', class: 'quiet', onclick, ...attributes}, text);
}

function again() {
  const name = route().name;
  const wasOpen = document.querySelector('#banner details')?.open;
  open(false);
  if (wasOpen) {
    document.querySelector('#banner details').open = true;
    showBanner(name, true);
  }
}

function switchLanguage() {
  prefs.set('locale', language.locale === 'en' ? 'zh-CN' : 'en');
  setLocale();
  again();
}

function switchTheme() {
  const next = {auto: 'light', light: 'dark', dark: 'auto'}[prefs.get('theme') ?? 'auto'];
  prefs.set('theme', next === 'auto' ? null : next);
  dispatchEvent(new CustomEvent('themechoice', {detail: next}));
  again();
}

function options() {
  const theme = {light: 'themeLight', dark: 'themeDark'}[prefs.get('theme')] ?? 'themeAuto';
  const redraw = () => showBanner(route().name, true);
  return [
    option(t('language'), switchLanguage, {title: t('languageHint'), lang: language.locale === 'en' ? 'zh-CN' : 'en', 'data-option': 'language'}),
    option(t(theme), switchTheme, {'data-option': 'theme'}),
    option(t(isOn('notify') ? 'notifyOn' : 'notifyOff'), () => switchNotify().then(allowed => {
      if (!allowed)
        toast(t('notifyDenied'));
      redraw();
    }), {'aria-pressed': String(isOn('notify')), 'data-option': 'notify'}),
    option(t(isOn('sound') ? 'soundOn' : 'soundOff'), () => { switchSound(); redraw(); },
      {'aria-pressed': String(isOn('sound')), 'data-option': 'sound'}),
    h('a', {href: '/wall', class: 'button quiet'}, t('wall')),
    option(t('logout'), logOut, {'data-option': 'logout'}),
  ];
}

const pill = h('span', {class: 'pill'}, h('span', {class: 'dot', 'aria-hidden': 'true'}), h('span', {class: 'pill-text', role: 'status'}),
  h('span', {class: 'pill-age'}));
const brand = h('img', {src: '/static/icon.svg', alt: '', width: 28, height: 28});
const watch = h('time', {class: 'watch'});
const trouble = document.getElementById('connection');

function showConnection() {
  const state = connection();
  pill.dataset.state = state;
  setText(pill.querySelector('.pill-text'), t(CONNECTIONS[state]));
  const old_s = (Date.now() - fresh.at_ms) / 1000;
  setText(pill.querySelector('.pill-age'), t('dataAge', {age: age(old_s)}));
  const isAway = state === 'lost' || state === 'stale';
  setText(trouble, isAway ? t(state === 'lost' ? 'lostSince' : 'staleSince', {time: clockTime(serverTime(fresh.at_ms))}) : '');
  main.classList.toggle('stale', isAway);
  setText(watch, clockTime(now()));
}

function showBanner(current, keepsOpen = false) {
  const focused = document.activeElement?.dataset?.option;
  setText(document.getElementById('skip'), t('skip'));
  const menu = h('details', {class: 'menu'}, h('summary', null, h('span', {class: 'who'}, me.user), ' ', h('small', null, word('role', me.role))),
    h('div', {class: 'menu-list'}, me.place_name && h('p', {class: 'lead'}, me.place_name), options()));
  menu.open = keepsOpen;
  menu.addEventListener('keydown', event => {
    if (event.key === 'Escape' && menu.open) {
      event.stopPropagation();
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  fill(document.getElementById('banner'),
    h('p', {class: 'brand'}, brand,
      h('strong', null, t('duban')), h('span', {class: 'centre'}, me.centre)),
    h('nav', {'aria-label': t('navigation')}, pages().map(name => link(name, current))),
    h('div', {class: 'state-line'}, pill, watch), menu);
  if (focused)
    document.querySelector(`[data-option="${focused}"]`)?.focus();
  showConnection();
}

// --- beginning ---

function hear(event) {
  const {detail} = event;
  const level = allLevels().find(known => known.name === detail.kind);
  if (level && level.severity > 0)
    alarm({case_no: detail.case_no, level: level.name});
}

function start(data) {
  me = data;
  setCsrf(me.csrf);
  setZone(me.zone);
  setNow(me.now);
  setLevels(me.levels);
  setLocale(me.locale);
  addEventListener('hashchange', () => open(true));
  document.getElementById('skip').addEventListener('click', event => { // the hash is the page's address
    event.preventDefault();
    main.focus();
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !document.querySelector('dialog[open]'))
      view?.onEscape?.();
  });
  live.addEventListener('level', hear);
  live.addEventListener('connection', showConnection);
  setInterval(showConnection, 1000);
  open(false);
  beginLive(() => isOn('notify') || isOn('sound'));
}

setLocale();
const first = new Loader(main, async signal => {
  const data = await get('me', {}, signal);
  if (!data.user)
    throw new ApiError(401, 'unauthorized', '');
  return data;
}, data => {
  first.stop();
  start(data);
});
first.look();
