// A page of cases as a table: keyed rows that change in place, time that ticks.
import {badge, clockLabel, levelLabel, paint} from './levels.js';
import {h, row, setText, table} from './dom.js';
import {date, dateTime, full, left} from './format.js';
import {t, word} from './i18n.js';

const COLUMNS = () => [
  {key: 'level', label: t('level'), class: 'col-level'},
  {key: 'case', label: t('caseNo'), class: 'col-case', header: true},
  {key: 'item', label: t('item'), class: 'col-item'},
  {key: 'window', label: t('window'), class: 'col-window'},
  {key: 'stage', label: t('stage'), class: 'col-stage'},
  {key: 'accepted', label: t('accepted'), class: 'col-accepted'},
  {key: 'due', label: t('due'), class: 'col-due'},
  {key: 'left', label: t('left'), class: 'col-left'},
];

export function caseLink(case_no) {
  return `#/case/${encodeURIComponent(case_no)}`;
}

function small(...text) {
  return h('small', null, ...text);
}

function marks(data) {
  return [
    data.acknowledged && h('span', {class: 'mark-chip'}, t('acknowledgedMark')),
    data.withdrawn && h('span', {class: 'mark-chip'}, t('withdrawnMark')),
  ];
}

export class CaseTable {
  constructor(caption) {
    this.columns = COLUMNS();
    this.rows = new Map();
    this.at_ms = 0;
    this.element = table(caption, this.columns, [], {class: 'cases'});
    this.body = this.element.tBodies[0];
    this.body.addEventListener('click', event => this.onClick(event));
    this.body.addEventListener('keydown', event => this.onKey(event));
  }

  // Draws what differs. Returns the cases whose level has changed.
  show(list, at_ms) {
    const focused = document.activeElement?.closest?.('tr')?.dataset.case;
    const old = this.rows;
    const changed = [];
    this.at_ms = at_ms;
    this.rows = new Map();
    list.forEach((data, i) => {
      const before = old.get(data.case_no);
      const kept = before ?? {data: null, element: null, text: ''};
      const text = JSON.stringify({...data, open_left_s: 0});
      if (kept.text !== text)
        this.draw(kept, data);
      if (before && before.data.level !== data.level)
        changed.push(data);
      Object.assign(kept, {data, text});
      if (this.body.children[i] !== kept.element)
        this.body.insertBefore(kept.element, this.body.children[i] ?? null);
      this.rows.set(data.case_no, kept);
      old.delete(data.case_no);
    });
    for (const gone of old.values())
      gone.element.remove();
    for (const data of changed)
      this.highlight(data.case_no);
    if (focused && this.rows.has(focused) && !this.body.contains(document.activeElement))
      this.focus(focused);
    this.tick();
    return changed;
  }

  draw(kept, data) {
    const time = h('span', {class: 'left-main'});
    const detail = h('small');
    const made = row(this.columns, {
      level: badge(data.level, data.severity),
      case: [h('a', {href: caseLink(data.case_no)}, data.case_no),
             data.clock !== 'completion' && small(clockLabel(data.clock, data.clock_label)), marks(data)],
      item: [h('span', {class: 'item-name'}, data.item_name), small(word('kind', data.kind))],
      window: [data.window_name, small(data.department_name)],
      stage: word('stage', data.stage),
      accepted: h('time', {datetime: data.accepted_at, title: full(data.accepted_at)}, date(data.accepted_at)),
      due: h('time', {datetime: data.due_at, title: full(data.due_at)}, dateTime(data.due_at)),
      left: [time, detail],
    }, {'data-case': data.case_no, 'data-level': data.level});
    const element = kept.element ?? made; // the row itself stays, with its highlight
    if (kept.element)
      element.replaceChildren(...made.children);
    element.dataset.level = data.level;
    paint(element, data.level);
    Object.assign(kept, {element, time, detail});
  }

  highlight(case_no) {
    const {element} = this.rows.get(case_no);
    element.classList.remove('changed');
    void element.offsetWidth; // begins the animation anew
    element.classList.add('changed');
  }

  // A level that was told before the page is read again. Whether that row is here.
  hear(event) {
    const kept = this.rows.get(event.case_no);
    if (!kept || kept.data.clock !== event.clock || kept.data.level === event.level || event.kind !== event.level)
      return Boolean(kept);
    kept.data = {...kept.data, level: event.level, severity: event.severity};
    this.draw(kept, kept.data);
    this.highlight(event.case_no);
    this.tick();
    return true;
  }

  tick() {
    for (const {data, time, detail, element} of this.rows.values()) {
      const rest = left(data, this.at_ms);
      setText(time, rest.main);
      setText(detail, rest.detail);
      element.classList.toggle('late', rest.late);
    }
  }

  focus(case_no) {
    this.rows.get(case_no)?.element.querySelector('a').focus();
  }

  onClick(event) {
    const chosen = event.target.closest('tr');
    if (chosen && !event.target.closest('a, button') && !getSelection().toString())
      location.hash = caseLink(chosen.dataset.case);
  }

  onKey(event) {
    const rows = [...this.body.rows];
    const at = rows.indexOf(event.target.closest('tr'));
    const wanted = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1}[event.key];
    if (wanted === undefined || !rows[wanted])
      return;
    event.preventDefault();
    rows[wanted].querySelector('a').focus();
  }
}

export function announcement(cases) {
  if (cases.length > 3)
    return t('manyChanged', {n: cases.length});
  return cases.map(data => t('nowAt', {case: data.case_no, level: levelLabel(data.level)})).join(' ');
}
