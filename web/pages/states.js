// What a view shows before, between and instead of its data, and the loading that leads there.
import {ApiError} from './api.js';
import {fill, h} from './dom.js';
import {t} from './i18n.js';

export function empty(title, hint, ...more) {
  return h('div', {class: 'state'}, h('p', {class: 'state-title'}, title),
    hint && h('p', {class: 'lead'}, hint), more);
}

function skeleton() {
  return h('div', {class: 'state skeleton', role: 'status'}, h('p', {class: 'unseen'}, t('loading')),
    [1, 2, 3, 4, 5].map(() => h('div', {class: 'bone'})));
}

function describe(error) {
  if (error instanceof ApiError && error.code === 'too_many')
    return [t('tooMany'), ''];
  if (error instanceof ApiError && error.passes)
    return [t('away'), t('awayHint')];
  if (error instanceof ApiError && error.status === 404)
    return [t('notFound'), t('notFoundHint')];
  if (error instanceof ApiError && error.status === 403)
    return [t('forbidden'), ''];
  return [t('failed'), error.message];
}

// When any view last had an answer, for the age in the banner.
export const fresh = {at_ms: Date.now()};

// Loads again and again: `load(signal)` gives the data, `show(data, at_ms)` draws it in `place`.
// A failure that passes is tried again by itself; data that is there already stays, marked stale.
export class Loader {
  constructor(place, load, show) {
    Object.assign(this, {place, load, show, shown: false, timer: 0, countdown: 0, abort: null});
    this.notice = h('p', {class: 'notice bad', role: 'alert', hidden: true});
  }

  look() {
    this.settle();
    this.abort = new AbortController();
    this.place.setAttribute('aria-busy', 'true');
    if (!this.shown)
      this.timer = setTimeout(() => fill(this.place, skeleton()), 150);
    return this.run(this.abort.signal);
  }

  async run(signal) {
    try {
      const data = await this.load(signal);
      if (signal.aborted)
        return;
      this.settle();
      if (!this.shown)
        fill(this.place);
      this.shown = true;
      this.notice.hidden = true;
      this.place.classList.remove('stale');
      fresh.at_ms = Date.now();
      this.show(data, fresh.at_ms);
    } catch (error) {
      if (!signal.aborted)
        this.fail(error);
    }
  }

  fail(error) {
    this.settle();
    if (error instanceof ApiError && error.status === 401) {
      location.assign('/login');
      return;
    }
    if (!(error instanceof ApiError))
      console.error(error);
    const [title, hint] = describe(error);
    const passes = error instanceof ApiError && error.passes;
    const waiting = h('span', {class: 'waiting'});
    const again = passes && h('button', {type: 'button', onclick: () => this.look()}, t('retry'));
    if (this.shown) {
      this.place.classList.add('stale');
      fill(this.notice, title, ' ', waiting, ' ', again);
      this.notice.hidden = false;
    } else {
      fill(this.place, h('div', {role: 'alert'}, empty(title, hint, h('p', null, waiting, ' ', again))));
    }
    if (passes)
      this.wait(error.retry_s, waiting);
  }

  wait(seconds, waiting) {
    const until_ms = Date.now() + seconds * 1000;
    const count = () => {
      const rest = Math.ceil((until_ms - Date.now()) / 1000);
      waiting.textContent = rest > 0 ? t('retryIn', {n: rest}) : '';
      if (rest <= 0)
        this.look();
    };
    count();
    this.countdown = setInterval(count, 1000);
  }

  settle() {
    this.abort?.abort();
    clearTimeout(this.timer);
    clearInterval(this.countdown);
    this.place.removeAttribute('aria-busy');
  }

  stop() {
    this.settle();
  }
}
