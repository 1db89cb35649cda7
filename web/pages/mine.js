// What a window looks at: the most urgent thing large, then today's work in order of urgency.
import {caseLink, CaseTable} from './cases.js';
import {fill, h, setText} from './dom.js';
import {Feed} from './feed.js';
import {dateTime, left, longDay, now, number} from './format.js';
import {t} from './i18n.js';
import {allLevels, badge, levelLabel, paint, shape} from './levels.js';
import {empty} from './states.js';

const LIMIT = 100;

export class MineView {
  constructor({me, announce}) {
    this.title = t('mine');
    this.table = new CaseTable(t('todayWork'));
    this.table.element.classList.add('own');
    this.banner = h('section', {class: 'urgent', 'aria-label': t('mostUrgent')});
    this.place = h('div', {class: 'table-place'});
    this.after = null;
    this.feed = new Feed({place: this.place, table: this.table, announce,
                          fields: () => ({limit: LIMIT}), show: page => this.show(page)});
    this.element = h('div', {class: 'mine'},
      h('div', {class: 'mine-head'}, h('h1', {tabindex: '-1'}, me.place_name || this.title),
        h('p', {class: 'lead'}, longDay(now()))),
      this.feed.aged, this.banner, this.feed.loader.notice, this.place);
    this.second = setInterval(() => this.tick(), 1000);
    this.feed.look();
  }

  show(page) {
    const worst = page.rows.find(data => !data.suspended) ?? page.rows[0];
    this.worst = worst;
    this.showBanner(worst, page);
    if (page.rows.length === 0)
      fill(this.place, empty(t('emptyAll'), t('emptyAllHint')));
    else if (this.table.element.parentNode !== this.place)
      fill(this.place, this.table.element);
    this.tick();
  }

  showBanner(worst, page) {
    if (!worst) {
      this.time = null;
      this.banner.className = 'urgent calm';
      fill(this.banner, h('p', {class: 'urgent-left'}, t('bannerNone')));
      return;
    }
    this.time = h('span');
    this.detail = h('span', {class: 'lead'});
    const counts = new Map(page.counts.map(count => [count.severity, count.cases]));
    this.banner.className = 'urgent';
    paint(this.banner, worst.level);
    fill(this.banner,
      h('div', {class: 'urgent-case'},
        h('p', {class: 'urgent-left'}, shape(worst.severity), this.time),
        h('p', {class: 'urgent-item'}, badge(worst.level, worst.severity), ' ',
          h('a', {href: caseLink(worst.case_no)}, worst.item_name), ' ', h('span', {class: 'lead'}, worst.case_no)),
        h('p', {class: 'lead'}, t('due'), ' ', dateTime(worst.due_at), ' · ', this.detail)),
      h('dl', {class: 'urgent-figures'},
        [...allLevels()].reverse().map(level => paint(h('div', null,
          h('dt', null, shape(level.severity), levelLabel(level.name)),
          h('dd', null, number(counts.get(level.severity) ?? 0))), level.name)),
        h('div', null, h('dt', null, t('summaryToday')), h('dd', null, number(page.due_today)))));
  }

  tick() {
    if (!this.time || !this.worst)
      return;
    const rest = left(this.worst, this.table.at_ms);
    setText(this.time, rest.main);
    setText(this.detail, rest.detail);
  }

  stop() {
    clearInterval(this.second);
    this.feed.stop();
  }
}
