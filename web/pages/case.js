// One case: its clocks over the calendar, what was recorded and told, how its time was computed,
// and what may be done.
import {actButtons} from './acts.js';
import {ApiError, get, getText} from './api.js';
import {boardQuery, rememberCase} from './board.js';
import {caseLink} from './cases.js';
import {fill, h, row, setText, table} from './dom.js';
import {dateTime, full, left, setNow} from './format.js';
import {state as language, t, toldText, word} from './i18n.js';
import {allLevels, badge, clockLabel, levelLabel, paint} from './levels.js';
import {live} from './live.js';
import {messageTable, openCourses} from './messages.js';
import {Loader} from './states.js';
import {timeline} from './timeline.js';

const SOON_MS = 150;

function section(title, ...content) {
  return h('section', {class: 'card'}, h('h2', null, title), content);
}

function fact(label, ...value) {
  return value[0] ? h('div', null, h('dt', null, label), h('dd', null, value)) : null;
}

function eventName(event) {
  return allLevels().some(level => level.name === event.kind) ? badge(event.kind)
    : word('event', event.kind, levelLabel(event.kind));
}

export class CaseView {
  constructor({me, argument, toast}) {
    Object.assign(this, {me, case_no: argument, toast, soon: 0, clocks: [], suspended: new Set()});
    this.title = t('caseTitle', {case: argument});
    rememberCase(argument);
    this.place = h('div', {class: 'case'});
    this.loader = new Loader(this.place, signal => get(`cases/${encodeURIComponent(argument)}`, {}, signal),
      (data, at_ms) => this.show(data, at_ms));
    this.element = h('div', null,
      h('p', {class: 'crumb'}, h('a', {href: this.backTarget(), class: 'back'}, '← ', t('back'))),
      h('h1', {tabindex: '-1'}, this.title), this.loader.notice, this.place);
    this.explanation = h('div', {class: 'explanation-place'});
    this.onLevel = event => event.detail.case_no === argument && this.lookSoon();
    this.onReset = () => this.loader.look();
    live.addEventListener('level', this.onLevel);
    live.addEventListener('reset', this.onReset);
    this.second = setInterval(() => this.tick(), 1000);
    this.loader.look();
    this.explain();
  }

  backTarget() {
    return this.me.role === 'window' ? '#/mine' : `#/board${boardQuery()}`;
  }

  // Esc goes back, unless it closes a dialog.
  onEscape() {
    location.hash = this.backTarget();
  }

  lookSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.loader.look(), SOON_MS);
  }

  show(data, at_ms) {
    setNow(data.now, data.open_until);
    this.data = data;
    this.at_ms = at_ms;
    const focused = document.activeElement?.dataset?.act;
    const opened = openCourses(this.place);
    const scrolled = this.place.querySelector('.scroller')?.scrollLeft ?? Infinity; // at first the last days, with today
    this.timeline = h('div', null, timeline(data, this.suspended));
    fill(this.place,
      h('div', {class: 'case-head card'}, h('div', null, h('p', {class: 'case-item'}, data.case.item_name),
        this.showClocks(data)), actButtons({me: this.me, data, onDone: () => this.acted()})),
      this.showFacts(data), section(t('timeline'), this.timeline),
      section(t('ledger'), this.showLedger(data)), section(t('messages'), messageTable(data.messages, eventName, opened)),
      section(t('explanation'), this.explanation));
    if (focused)
      this.place.querySelector(`[data-act="${focused}"]`)?.focus();
    const scroller = this.place.querySelector('.scroller');
    if (scroller)
      scroller.scrollLeft = Math.min(scrolled, scroller.scrollWidth);
    this.tick();
  }

  acted() {
    this.toast(t('acted'));
    this.loader.look();
  }

  showClocks(data) {
    this.clocks = data.clocks.map(clock => ({clock, main: h('strong'), detail: h('small')}));
    return h('ul', {class: 'clock-list'}, this.clocks.map(({clock, main, detail}) => paint(h('li', null,
      badge(clock.level, clock.severity), ' ', h('span', null, clockLabel(clock.name, clock.label)), ' ',
      ['stopped', 'vanished', 'dropped'].includes(clock.state) ? h('span', {class: 'lead'}, word('state', clock.state)) : [main, ' ', detail],
      h('span', {class: 'lead'}, t('due'), ' ', dateTime(clock.due_at)),
      clock.acknowledged && h('span', {class: 'mark-chip'}, t('acknowledgedMark')),
      clock.withdrawn && h('span', {class: 'mark-chip'}, t('withdrawnMark'))), clock.level)));
  }

  showFacts(data) {
    const facts = data.case;
    return section(t('facts'), h('dl', {class: 'facts'},
      fact(t('window'), facts.window_name), fact(t('department'), facts.department_name),
      fact(t('kind'), facts.kind && word('kind', facts.kind)), fact(t('stage'), facts.stage && word('stage', facts.stage)),
      fact(t('status'), facts.status && word('status', facts.status)), fact(t('projectClass'), facts.class),
      fact(t('received'), facts.received_at && full(facts.received_at)), fact(t('accepted'), facts.accepted_at && full(facts.accepted_at)),
      fact(t('item'), h('a', {href: `#/board?item=${encodeURIComponent(facts.item_code)}`}, facts.item_code, ' · ', t('itemOnly'))),
      fact(t('parent'), facts.parent && h('a', {href: caseLink(facts.parent)}, facts.parent)),
      fact(t('parts'), data.parts.length > 0 && data.parts.map(part => [h('a', {href: caseLink(part)}, part), ' '])),
      fact(t('silences'), data.silences.length > 0 && data.silences.map(silence => h('p', null, t('silenceLine', {
        from: dateTime(silence.begins_at), until: dateTime(silence.ends_at), author: silence.author, reason: silence.reason}))))));
  }

  clockLabel(name) {
    return clockLabel(name, this.data.clocks.find(clock => clock.name === name)?.label ?? name);
  }

  showLedger(data) {
    if (data.events.length === 0)
      return h('p', {class: 'lead'}, t('noEvents'));
    const columns = [{key: 'at', label: t('at')}, {key: 'event', label: t('event')}, {key: 'clock', label: t('clock')},
                     {key: 'due', label: t('due')}, {key: 'told', label: t('told')}, {key: 'detail', label: t('detail')}];
    return table(t('ledger'), columns, data.events.map(event => row(columns, {
      at: h('time', {datetime: event.event_at}, full(event.event_at)), event: eventName(event),
      clock: event.clock && this.clockLabel(event.clock), due: dateTime(event.due_at),
      told: toldText(event.told), detail: event.detail,
    })), {class: 'plain-table cards'});
  }

  // --- the explanation: a fragment that the server has escaped; scripts can't run by the policy ---

  async explain() {
    this.abort = new AbortController();
    fill(this.explanation, h('p', {class: 'lead'}, t('loading')));
    try {
      const text = await getText(`cases/${encodeURIComponent(this.case_no)}/explanation`, {lang: language.locale}, this.abort.signal);
      const parsed = new DOMParser().parseFromString(text, 'text/html');
      fill(this.explanation, [...parsed.body.childNodes].map(node => document.adoptNode(node)));
      this.readSuspended();
    } catch (error) {
      if (error.name !== 'AbortError')
        fill(this.explanation, h('p', {class: 'lead'},
          error instanceof ApiError && error.status === 501 ? t('noExplanation') : t('away')));
    }
  }

  // Which days a clock stood still only the approval system knows: the explanation tells them.
  readSuspended() {
    for (const cell of this.explanation.querySelectorAll('.ledger .suspended > :first-child')) {
      const [day] = cell.textContent.match(/^\d{4}-\d\d-\d\d/) ?? [];
      if (day)
        this.suspended.add(day);
    }
    if (this.suspended.size > 0 && this.data)
      fill(this.timeline, timeline(this.data, this.suspended));
  }

  tick() {
    for (const {clock, main, detail} of this.clocks) {
      const rest = left(clock, this.at_ms);
      setText(main, rest.main);
      setText(detail, rest.detail);
    }
  }

  stop() {
    clearTimeout(this.soon);
    clearInterval(this.second);
    this.loader.stop();
    this.abort?.abort();
    live.removeEventListener('level', this.onLevel);
    live.removeEventListener('reset', this.onReset);
  }
}
