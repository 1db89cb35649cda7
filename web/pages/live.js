// The stream of news. Emits on `live`: 'level' {detail: the event}, 'reset' (look anew), 'tick',
// and 'connection' whenever `connection()` changes: connecting, open, stale (the database is away)
// or lost.
import {setNow} from './format.js';

export const live = new EventTarget();

const SILENCE_MS = 40e3; // ticks come each 15 s
const AGAIN_MS = 5e3;
let source = null;
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
  let opened = false;
  source.addEventListener('open', () => {
    hear('open');
    if (opened || wasLost)
      tell('reset');
    opened = true;
    wasLost = false;
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
  source.addEventListener('error', () => {
    wasLost = true;
    become('lost');
    if (source.readyState === EventSource.CLOSED) // refused: the browser won't try again by itself
      setTimeout(open, AGAIN_MS);
  });
}

let wasLost = false;

export function begin() {
  open();
  setInterval(() => {
    if (Date.now() - heard_ms > SILENCE_MS && source.readyState !== EventSource.CLOSED) {
      wasLost = true;
      become('lost');
      open();
    }
  }, AGAIN_MS);
}
