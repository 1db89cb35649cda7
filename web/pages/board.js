// The board: figures per level that filter, the filters, and the open cases, worst first.
import {get} from './api.js';
import {CaseTable} from './cases.js';
import {fill, h} from './dom.js';
import {Feed} from './feed.js';
import {number} from './format.js';
import {t, word} from './i18n.js';
import {allLevels, levelLabel, paint, shape} from './levels.js';
import {empty} from './states.js';

const FILTERS = ['level', 'department', 'window', 'item', 'kind', 'stage', 'q'];
const TYPING_MS = 300;
const LIMIT = 50;

// Where the viewer was, for when they come back from a case.
const remembered = {query: null, stack: [null], case_no: null};

export function rememberCase(case_no) {
  remembered.case_no = case_no;
}

export function boardQuery() {
  return remembered.query ? `?${remembered.query}` : '';
}

export class BoardView {
  constructor({me, query, announce}) {
    this.me = me;
    this.title = t('board');
    this.filter = Object.fromEntries(FILTERS.map(name => [name, query.get(name) ?? '']));
    this.items = new Map(this.filter.item ? [[this.filter.item, this.filter.item]] : []);
    this.abort = new AbortController();
    const text = this.queryText();
    if (remembered.query !== text)
      Object.assign(remembered, {query: text, stack: [null], case_no: null});
    this.stack = remembered.stack;
    this.table = new CaseTable(t('openCases'));
    this.figures = h('div', {class: 'figures', role: 'group', 'aria-label': t('levels')});
    this.place = h('div', {class: 'table-place'});
    this.pager = h('nav', {class: 'pager', 'aria-label': t('openCases')});
    this.feed = new Feed({
      place: this.place, table: this.table, announce, show: page => this.show(page),
      fields: () => ({...this.filter, after: this.stack.at(-1), limit: LIMIT}),
    });
    this.element = h('div', {class: 'board'}, h('h1', {class: 'unseen', tabindex: '-1'}, this.title),
      this.feed.aged, this.figures, this.makeFilters(), this.feed.loader.notice, this.place, this.pager);
    this.showFigures(null);
    this.feed.look();
    this.loadItems();
  }

  queryText() {
    return new URLSearchParams(Object.entries(this.filter).filter(([, value]) => value)).toString();
  }

  // --- filters ---

  makeSelect(name, options) {
    const select = h('select', {name, onchange: () => this.choose(name, select.value)},
      h('option', {value: ''}, t('any')),
      options.map(([value, text]) => h('option', {value}, text)));
    select.value = this.filter[name];
    if (select.selectedIndex < 0) {
      select.append(h('option', {value: this.filter[name]}, this.filter[name]));
      select.value = this.filter[name];
    }
    return h('label', {class: 'filter'}, h('span', null, t(name)), select);
  }

  makeFilters() {
    const places = this.me.places ?? [];
    const departments = places.filter(place => place.kind === 'department');
    const windows = places.filter(place => place.kind === 'window'
      && (!this.filter.department || place.parent === this.filter.department));
    const entry = place => [place.code, place.name];
    this.search = h('input', {type: 'search', name: 'q', value: this.filter.q, maxlength: 60,
                              placeholder: t('searchHint'), autocomplete: 'off', oninput: event => this.onType(event),
                              oncompositionend: event => this.onType(event)});
    this.itemFilter = this.makeSelect('item', []);
    this.clearButton = h('button', {type: 'button', class: 'quiet', disabled: this.queryText() === '',
                                    onclick: () => { location.hash = '#/board'; }}, t('clear'));
    return h('form', {class: 'filters', role: 'search', 'aria-label': t('filters'),
                      onsubmit: event => { event.preventDefault(); this.choose('q', this.search.value.trim()); }},
      h('label', {class: 'filter grow'}, h('span', null, t('search')), this.search),
      h('button', {type: 'button', class: 'filter-toggle', 'aria-expanded': 'false', onclick: event => { // on phones only
        event.target.setAttribute('aria-expanded', String(event.target.form.classList.toggle('open')));
      }}, t('filters')),
      this.makeSelect('level', [...allLevels()].reverse().map(level => [level.name, levelLabel(level.name)])),
      departments.length > 1 && this.makeSelect('department', departments.map(entry)),
      windows.length > 1 && this.makeSelect('window', windows.map(entry)),
      this.itemFilter,
      this.makeSelect('kind', this.me.kinds.map(kind => [kind.name, word('kind', kind.name)])),
      this.makeSelect('stage', this.me.stages.filter(stage => stage.name !== 'completed')
        .map(stage => [stage.name, word('stage', stage.name)])),
      this.clearButton);
  }

  onType(event) {
    clearTimeout(this.typing);
    if (event.isComposing) // an input method is still asking which word is meant
      return;
    this.typing = setTimeout(() => this.choose('q', this.search.value.trim()), TYPING_MS);
  }

  choose(name, value) {
    clearTimeout(this.typing);
    if (this.filter[name] === value)
      return;
    this.filter[name] = value;
    if (name === 'department')
      this.filter.window = '';
    history.replaceState(null, '', `#/board${this.queryText() ? `?${this.queryText()}` : ''}`);
    Object.assign(remembered, {query: this.queryText(), stack: [null], case_no: null});
    this.stack = remembered.stack;
    if (name === 'department') { // whose windows can be chosen
      this.element.querySelector('.filters').replaceWith(this.makeFilters());
      this.element.querySelector('[name=department]').focus();
      this.showItems();
    }
    this.clearButton.disabled = this.queryText() === '';
    for (const select of this.element.querySelectorAll('.filters select'))
      select.value = this.filter[select.name];
    this.feed.look();
  }

  // The items of all open cases and how many each has; those that are on the page, until it is known.
  async loadItems() {
    try {
      const {items} = await get('items', {}, this.abort.signal);
      this.items = new Map(items.map(item => [item.code, `${item.name} (${number(item.cases)})`]));
      this.showItems();
    } catch { /* what the pages show can be chosen */ }
  }

  showItems() {
    const select = this.itemFilter.querySelector('select');
    const entries = [['', t('any')], ...this.items];
    const shown = [...select.options].map(option => `${option.value} ${option.textContent}`);
    if (entries.map(entry => entry.join(' ')).join() === shown.join())
      return; // a list that is open stays as it is
    fill(select, entries.map(([code, name]) => h('option', {value: code}, name)));
    select.value = this.filter.item;
  }

  // --- what the server told ---

  show(page) {
    for (const data of page.rows)
      if (!this.items.has(data.item_code) || data.item_code === this.items.get(data.item_code))
        this.items.set(data.item_code, data.item_name);
    this.showItems();
    this.showFigures(page.counts);
    this.showTable(page);
    this.showPager(page);
    if (remembered.case_no) {
      this.table.focus(remembered.case_no);
      remembered.case_no = null;
    }
  }

  figure(name, severity, cases) {
    const isChosen = name !== '' && this.filter.level === name;
    const button = h('button', {type: 'button', class: 'figure', 'aria-pressed': String(isChosen),
                                'data-figure': name || 'all',
                                onclick: () => this.choose('level', isChosen ? '' : name)},
      h('span', {class: 'figure-count'}, cases === null ? '—' : number(cases)),
      h('span', {class: 'figure-name'}, name !== '' && shape(severity), name === '' ? t('allCases') : levelLabel(name)));
    return name === '' ? button : paint(button, name);
  }

  // `counts`: null while nobody knows them.
  showFigures(counts) {
    const counted = new Map(counts?.map(count => [count.severity, count.cases]));
    const all = counts?.reduce((sum, count) => sum + count.cases, 0) ?? null;
    const known = severity => counts ? counted.get(severity) ?? 0 : null;
    const focused = this.figures.contains(document.activeElement) && document.activeElement.dataset.figure;
    fill(this.figures,
      [...allLevels()].reverse().map(level => this.figure(level.name, level.severity, known(level.severity))),
      this.figure('', 0, all));
    if (focused)
      this.figures.querySelector(`[data-figure="${focused}"]`)?.focus();
  }

  showTable(page) {
    if (page.rows.length > 0 || page.next) {
      if (this.table.element.parentNode !== this.place)
        fill(this.place, this.table.element);
      return;
    }
    const filtered = this.queryText() !== '';
    fill(this.place, filtered ? empty(t('empty'), t('emptyHint')) : empty(t('emptyAll'), t('emptyAllHint')));
  }

  showPager(page) {
    const turn = (change, focus) => () => {
      change();
      this.feed.look().then(() => {
        this.pager.querySelector(focus)?.focus();
        this.element.scrollIntoView({block: 'start'});
      });
    };
    const focused = this.pager.contains(document.activeElement) && document.activeElement.className;
    fill(this.pager,
      h('span', {class: 'total'}, page.total === null ? '' : t('total', {n: page.total})),
      h('button', {type: 'button', class: 'back', disabled: this.stack.length < 2,
                   onclick: turn(() => this.stack.pop(), '.back')}, t('previous')),
      h('span', {class: 'page'}, t('page', {n: this.stack.length})),
      h('button', {type: 'button', class: 'more', disabled: !page.next,
                   onclick: turn(() => this.stack.push(page.next), '.more')}, t('next')));
    if (focused)
      this.pager.querySelector(`.${focused}`)?.focus();
  }

  stop() {
    clearTimeout(this.typing);
    this.abort.abort();
    this.feed.stop();
  }
}
