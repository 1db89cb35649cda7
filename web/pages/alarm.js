// Notifications and a sound, only for viewers who turned them on.
import {caseLink} from './cases.js';
import {t} from './i18n.js';
import * as prefs from './prefs.js';

const APART_MS = 1500; // however much happens at once
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

export function alarm(text, case_no) {
  if (Date.now() - last_ms < APART_MS)
    return;
  last_ms = Date.now();
  if (isOn('sound'))
    beep();
  if (isOn('notify')) {
    const shown = new Notification(t('duban'), {body: text, tag: case_no, icon: '/static/icon.svg'});
    shown.onclick = () => {
      focus();
      location.hash = caseLink(case_no);
    };
  }
}
