// Keeps a table of cases as the server has it: reads its page, again each minute, soon after news,
// and at once after a gap.
import {get} from './api.js';
import {announcement} from './cases.js';
import {h, setText} from './dom.js';
import {now, setNow, time} from './format.js';
import {t} from './i18n.js';
import {allLevels} from './levels.js';
import {connection, live} from './live.js';
import {Loader} from './states.js';

const MINUTE_MS = 60e3;
const SOON_MS = 120; // after the first news
const OLD_MS = 60e3; // data that are older say so
const APART_MS = 2000; // between two reads, whatever happens

export class Feed {
  // `fields()`: what to ask the board for; `show(page)`: draws all but the table; `announce(text)`.
  constructor({place, table, fields, show, announce}) {
    Object.assign(this, {table, fields, show, announce, soon: 0, asked_ms: 0, heard: new Map()});
    this.loader = new Loader(place, signal => {
      this.asked_ms = Date.now();
      return get('board', this.fields(), signal);
    }, (page, at_ms) => this.take(page, at_ms));
    this.aged = h('p', {class: 'notice', role: 'status', hidden: true});
    this.onLevel = event => this.hear(event.detail);
    this.onReset = () => this.look();
    live.addEventListener('level', this.onLevel);
    live.addEventListener('reset', this.onReset);
    this.second = setInterval(() => this.onSecond(), 1000);
  }

  look() {
    clearTimeout(this.soon);
    this.soon = 0;
    return this.loader.look();
  }

  take(page, at_ms) {
    setNow(page.now, page.open_until);
    this.tellAge(page.counted_at);
    const changed = this.table.show(page.rows, at_ms);
    this.tell(changed);
    this.show(page);
  }

  // The server answers, but with what it knew some time ago.
  tellAge(counted_at) {
    const isOld = counted_at !== null && now() - Date.parse(counted_at) > OLD_MS;
    this.aged.hidden = !isOld;
    setText(this.aged, isOld ? t('countedAt', {time: time(counted_at)}) : '');
  }

  // Each level once, whether the stream or the page told it first.
  tell(cases) {
    const anew = cases.filter(data => this.heard.get(data.case_no) !== data.level);
    for (const data of anew)
      this.heard.set(data.case_no, data.level);
    if (anew.length > 0)
      this.announce(announcement(anew));
  }

  hear(event) {
    const isHere = this.table.hear(event);
    if (isHere && allLevels().some(level => level.name === event.kind))
      this.tell([event]);
    this.lookSoon();
  }

  lookSoon() {
    if (this.soon === 0)
      this.soon = setTimeout(() => this.look(), Math.max(SOON_MS, this.asked_ms + APART_MS - Date.now()));
  }

  onSecond() {
    this.table.tick();
    if (Date.now() - this.asked_ms > MINUTE_MS && connection() !== 'stale')
      this.look();
  }

  stop() {
    clearTimeout(this.soon);
    clearInterval(this.second);
    this.loader.stop();
    live.removeEventListener('level', this.onLevel);
    live.removeEventListener('reset', this.onReset);
  }
}
