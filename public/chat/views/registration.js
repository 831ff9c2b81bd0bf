// Creating an account: the server is asked for its form, which is then filled in here.

import { domainpart, fromInput, defaultDomain } from '../xmpp/jid.js';
import { Registration } from '../xmpp/registration.js';
import { byId, make, showText } from './dom.js';

const PLAIN = {
  conflict: 'That user name is already taken. Please choose another one.',
  'not-allowed': 'This server does not let people create accounts by themselves.',
  'service-unavailable': 'This server does not let people create accounts by themselves.',
  'feature-not-implemented': 'This server does not let people create accounts by themselves.',
  'resource-constraint': 'Too many accounts were created from here. Please wait a while.',
  'not-acceptable': 'The server did not accept that. Please check the name and the password.',
};

/**
 * Calls `onRegistered(jid, password)` with a new account, `onCancel()` on the way back; asks
 * `findUrl()` where BOSH is.
 */
export function registrationForm(findUrl, onRegistered, onCancel) {
  const domain = byId('register-domain');
  const domainForm = byId('register-domain-form');
  const form = byId('register-form');
  let registration = null;
  let questions = null;

  const fail = (error) => showText(
    byId('register-error'), error && (PLAIN[error.condition] ?? error.message));

  const reset = () => {
    registration?.close();
    registration = null;
    form.hidden = true;
    domainForm.hidden = false;
    fail(null);
  };

  const work = async (button, action) => {
    button.disabled = true;
    fail(null);
    try {
      await action();
    } catch (error) {
      fail(error);
    } finally {
      button.disabled = false;
    }
  };

  const fetchForm = async () => {
    registration?.close();
    registration = new Registration(await findUrl(), domain.value.trim().toLowerCase());
    questions = await registration.fetchForm();
    renderForm(questions);
    domainForm.hidden = true;
    form.hidden = false;
    form.querySelector('input, select, textarea')?.focus();
  };

  domainForm.addEventListener('submit', (event) => {
    event.preventDefault();
    work(byId('register-next'), fetchForm);
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const answers = readAnswers(questions);
    const missing = questions.fields.find((each) => each.isRequired && !answers[each.name]);
    if (missing) {
      fail(new Error(`Please fill in “${missing.label}”.`));
      byId(`register-field-${missing.name}`)?.focus();
      return;
    }
    const jid = answers.username && fromInput(`${answers.username}@${domain.value.trim()}`);
    if (answers.username && !jid) {
      fail(new Error('That user name has characters that are not allowed.'));
      return;
    }
    work(byId('register-submit'), async () => {
      await registration.submit(questions, answers);
      reset();
      onRegistered(jid, answers.password ?? '');
    });
  });

  byId('register-cancel').addEventListener('click', () => {
    reset();
    onCancel();
  });

  return {
    show(address) {
      byId('signin').hidden = true;
      byId('register').hidden = false;
      domain.value = address ? domainpart(address) : defaultDomain();
      reset();
      domain.focus();
      domain.select();
    },
  };
}

function renderForm({ instructions, url, fields }) {
  const text = byId('register-instructions');
  showText(text, instructions);
  if (url) {
    text.hidden = false;
    text.append(' ', make('a', { href: url, rel: 'noopener noreferrer', target: '_blank' }, url));
  }
  byId('register-fields').replaceChildren(
    ...fields.filter((each) => each.type !== 'hidden').map(renderField));
}

function renderField(field) {
  if (field.type === 'fixed') return make('p', { class: 'hint' }, field.value);
  const id = `register-field-${field.name}`;
  const { control, isCheck } = renderControl(field, id);
  if (isCheck) return make('label', { class: 'check' }, control, make('span', {}, field.label));
  return make('div', { class: 'field' }, make('label', { for: id }, field.label), control);
}

function renderControl(field, id) {
  const attributes = { id, required: field.isRequired, autocapitalize: 'none' };
  if (field.type === 'boolean') {
    const checked = ['1', 'true'].includes(field.value);
    return { control: make('input', { id, type: 'checkbox', checked }), isCheck: true };
  }
  if (field.type.startsWith('list-')) {
    const options = field.options.map(({ value, label }) =>
      make('option', { value, selected: value === field.value }, label));
    const multiple = field.type === 'list-multi';
    return { control: make('select', { ...attributes, multiple }, ...options) };
  }
  if (field.type.endsWith('-multi')) {
    return { control: make('textarea', { ...attributes, rows: 3 }, field.value) };
  }
  const isSecret = field.type === 'text-private';
  const autocomplete = { username: 'username', password: 'new-password', email: 'email' };
  return {
    control: make('input', {
      ...attributes,
      type: isSecret ? 'password' : 'text',
      value: field.value,
      autocomplete: autocomplete[field.name] ?? 'off',
    }),
  };
}

function readAnswers({ fields }) {
  const answers = {};
  for (const { name } of fields) {
    const control = byId(`register-field-${name}`);
    if (!control) continue;
    if (control.type === 'checkbox') answers[name] = control.checked ? '1' : '0';
    else if (control.multiple) {
      answers[name] = [...control.selectedOptions].map((each) => each.value).join('\n');
    } else answers[name] = name === 'password' ? control.value : control.value.trim();
  }
  return answers;
}
