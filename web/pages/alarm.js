// Notifications and a sound, only for viewers who turned them on.
import {announcement, caseLink} from './cases.js';
import {t} from './i18n.js';
import * as prefs from './prefs.js';

const GATHER_MS = 300; // what comes at once is told at once
const APART_MS = 1500; // between two alarms, however much happens
let waiting = [];
let timer = 0;
let last_ms = 0;
let audio = null;

export function isOn(name) {
  return prefs.get(name) === 'on' && (name !== 'notify' || globalThis.Notification?.permission === 'granted');
}

// False: the browser doesn't allow it.
export async function switchNotify() {
  if (isOn('notify')) {
    prefs.set('notify', null);
    return true;
  }
  if (!globalThis.Notification || await Notification.requestPermission() !== 'granted')
    return false;
  prefs.set('notify', 'on');
  return true;
}

export function switchSound() {
  prefs.set('sound', isOn('sound') ? null : 'on');
  if (isOn('sound'))
    beep();
}

function beep() {
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  const at = audio.currentTime;
  tone.frequency.setValueAtTime(660, at);
  tone.frequency.setValueAtTime(880, at + 0.14);
  volume.gain.setValueAtTime(0.12, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.4);
}

function notify(cases) {
  const [only, ...others] = cases;
  const shown = new Notification(t('duban'), {body: announcement(cases), icon: '/static/icon.svg',
                                              tag: others.length > 0 ? 'duban' : only.case_no});
  shown.onclick = () => {
    focus();
    location.hash = others.length > 0 ? '#/' : caseLink(only.case_no);
  };
}

function sound() {
  const cases = [...new Map(waiting.map(event => [event.case_no, event])).values()];
  waiting = [];
  timer = 0;
  last_ms = Date.now();
  if (isOn('sound'))
    beep();
  if (isOn('notify'))
    notify(cases);
}

// An event that raised a level: {case_no, level}.
export function alarm(event) {
  if (!isOn('sound') && !isOn('notify'))
    return;
  waiting.push(event);
  if (timer === 0)
    timer = setTimeout(sound, Math.max(GATHER_MS, last_ms + APART_MS - Date.now()));
}
