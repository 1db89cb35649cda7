// What may be done with a case: each in a dialog, each recorded by the server.
import {post} from './api.js';
import {fill, h} from './dom.js';
import {addDays, dayOf, instantOf, now} from './format.js';
import {t, word} from './i18n.js';
import {clockLabel} from './levels.js';

const SUPERVISORS = new Set(['supervision', 'admin']);

function clockField(clocks) {
  if (clocks.length < 2)
    return null;
  return h('p', {class: 'field'}, h('label', {for: 'act-clock'}, t('clock')),
    h('select', {id: 'act-clock', name: 'clock'}, h('option', {value: ''}, t('allClocks')),
      clocks.map(clock => h('option', {value: clock.name}, clockLabel(clock.name, clock.label)))));
}

function textField(name, label, required) {
  return h('p', {class: 'field'}, h('label', {for: `act-${name}`}, label),
    h('textarea', {id: `act-${name}`, name, rows: 3, maxlength: 500, required, autofocus: true}));
}

function untilField() {
  const tomorrow = addDays(dayOf(now()), 1);
  return h('p', {class: 'field'}, h('label', {for: 'act-until'}, t('until')),
    h('input', {id: 'act-until', name: 'until', type: 'datetime-local', required: true,
                min: `${dayOf(now())}T00:00`, value: `${tomorrow}T09:00`}));
}

// The fields as the API wants them; a text says what is missing.
function read(form, needs) {
  const data = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ''));
  if (needs.includes('reason') && !data.reason)
    return t('reasonMissing');
  if (needs.includes('until')) {
    const until = instantOf(data.until);
    if (!(until > now()))
      return t('untilMissing');
    data.until = new Date(until).toISOString();
  }
  return data;
}

// Who a case concerns, as the server has told it this once.
function peopleList(told) {
  return h('dl', {class: 'people-list'}, ['applicant', 'handler', 'agent'].filter(role => told[role].name || told[role].phone)
    .map(role => h('div', null, h('dt', null, word('role', role)), h('dd', null, told[role].name || '—', ' ',
      told[role].phone && h('a', {href: `tel:${told[role].phone}`}, told[role].phone)))));
}

function describe(error) {
  if (error.passes)
    return t('away');
  if (error.status === 403)
    return t('forbidden');
  return error.status === 501 ? t('noSource') : `${t('failed')}: ${error.message}`;
}

// A modal dialog that closes by Esc, by its button, or when it is done; with `show`, when the viewer
// has seen what the server told.
function ask({title, lead, fields, action, needs, path, show, onDone}) {
  const problem = h('p', {class: 'notice bad', role: 'alert', hidden: true});
  const submit = h('button', {type: 'submit', class: 'primary'}, title);
  const form = h('form', {method: 'dialog'}, h('h2', {id: 'act-title'}, title), h('p', {class: 'lead'}, lead), fields, problem,
    h('p', {class: 'buttons'}, h('button', {type: 'button', onclick: () => dialog.close()}, t('cancel')), submit));
  const dialog = h('dialog', {'aria-labelledby': 'act-title', class: `act ${action}`, onclose: () => dialog.remove()}, form);
  const complain = text => {
    fill(problem, text);
    problem.hidden = false;
    submit.disabled = false;
  };
  form.noValidate = true;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const data = read(form, needs);
    if (typeof data === 'string') {
      complain(data);
      return;
    }
    submit.disabled = true;
    try {
      const told = await post(path, data);
      if (show) {
        fill(form, h('h2', {id: 'act-title'}, title), show(told),
          h('p', {class: 'buttons'}, h('button', {type: 'button', class: 'primary', autofocus: true, onclick: () => dialog.close()}, t('close'))));
        form.querySelector('button').focus();
      } else {
        dialog.close();
      }
      onDone();
    } catch (error) {
      complain(describe(error));
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

// The buttons of those acts that this viewer may do.
export function actButtons({me, data, onDone}) {
  const path = `cases/${encodeURIComponent(data.case.case_no)}`;
  const open = data.clocks.filter(clock => clock.state === 'running' || clock.state === 'suspended');
  const raised = open.filter(clock => clock.severity > 0 && !clock.withdrawn);
  const acts = [
    {action: 'acknowledge', shown: raised.some(clock => !clock.acknowledged), needs: [],
     fields: [clockField(raised), textField('note', t('note'), false)]},
    {action: 'withdraw', shown: raised.length > 0 && SUPERVISORS.has(me.role), needs: ['reason'],
     fields: [clockField(raised), textField('reason', t('reason'), true)]},
    {action: 'silence', shown: open.length > 0 && SUPERVISORS.has(me.role), needs: ['reason', 'until'],
     fields: [untilField(), textField('reason', t('reason'), true)]},
    {action: 'people', shown: SUPERVISORS.has(me.role), needs: ['reason'],
     fields: [textField('reason', t('reason'), true)], show: peopleList},
  ];
  return h('div', {class: 'acts'}, acts.filter(act => act.shown).map(act => h('button', {
    type: 'button', class: act.action === 'acknowledge' ? 'primary' : null, 'data-act': act.action,
    onclick: () => ask({...act, title: t(act.action), lead: t(`${act.action}Lead`), path: `${path}/${act.action}`, onDone}),
  }, t(act.action))));
}
