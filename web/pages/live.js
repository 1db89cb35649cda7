// The stream of news. Emits on `live`: 'level' {detail: the event}, 'reset' (look anew), 'tick',
// and 'connection' whenever `connection()` changes: connecting, open, stale (the database is away)
// or lost.
import {setNow} from './format.js';

export const live = new EventTarget();

const SILENCE_MS = 40e3; // ticks come each 15 s
const AGAIN_MS = 5e3;
const HIDDEN_MS = 10e3;
let source = null;
let missed = false;
let again = 0;
let hiding = 0;
let connection_ = 'connecting';
let heard_ms = 0;

export function connection() {
  return connection_;
}

function become(state) {
  if (connection_ === state)
    return;
  connection_ = state;
  live.dispatchEvent(new CustomEvent('connection'));
}

function tell(name, detail) {
  live.dispatchEvent(new CustomEvent(name, {detail}));
}

function hear(state) {
  heard_ms = Date.now();
  if (state)
    become(state);
}

function open() {
  source?.close();
  source = new EventSource('/api/v1/events');
  hear();
  source.addEventListener('open', () => {
    hear('open');
    if (missed)
      tell('reset');
    missed = false;
  });
  source.addEventListener('level', event => {
    hear('open');
    tell('level', JSON.parse(event.data));
  });
  source.addEventListener('tick', event => {
    const was = connection_;
    setNow(JSON.parse(event.data).now);
    hear('open');
    tell(was === 'open' ? 'tick' : 'reset');
  });
  source.addEventListener('reset', () => {
    hear();
    tell('reset');
  });
  source.addEventListener('stale', () => hear('stale'));
  source.addEventListener('error', event => {
    missed = true;
    become('lost');
    if (event.target === source && source.readyState === EventSource.CLOSED) // refused: the browser won't try again
      again = setTimeout(open, AGAIN_MS);
  });
}

// Browsers open six connections to a server, over all tabs, and a stream holds one of them: those
// that nobody looks at give theirs back.
function pause() {
  clearTimeout(again);
  source?.close();
  source = null;
  missed = true;
  become('connecting');
}

function resume() {
  clearTimeout(hiding);
  if (!source)
    open();
}

// `listens()`: whether a hidden page is to hear the news as well.
export function begin(listens) {
  open();
  addEventListener('pagehide', pause);
  addEventListener('pageshow', resume);
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (!document.hidden)
      resume();
    else if (!listens())
      hiding = setTimeout(pause, HIDDEN_MS);
  });
  setInterval(() => {
    if (source && Date.now() - heard_ms > SILENCE_MS && source.readyState !== EventSource.CLOSED) {
      missed = true;
      become('lost');
      open();
    }
  }, AGAIN_MS);
}
