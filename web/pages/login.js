// The login page: its language, and why the last try failed.
import * as prefs from './prefs.js';
import {setLocale, state, t} from './i18n.js';

const reasons = {wrong: 'loginWrong', wait: 'loginWait', form: 'loginForm', busy: 'loginBusy'};
const reason = reasons[new URLSearchParams(location.search).get('error')];
const message = document.getElementById('login-message');
const language = document.getElementById('language');

function show() {
  setLocale();
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = t(element.dataset.text);
  document.title = `${t('duban')} · ${t('login')}`;
  language.textContent = t('language');
  language.lang = state.locale === 'en' ? 'zh-CN' : 'en';
  message.hidden = !reason;
  message.textContent = reason ? t(reason) : '';
}

language.addEventListener('click', () => {
  prefs.set('locale', state.locale === 'en' ? 'zh-CN' : 'en');
  show();
});
show();
