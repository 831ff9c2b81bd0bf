// Signing in.

import { defaultDomain, fromInput } from '../xmpp/jid.js';
import { byId, showText } from './dom.js';

const REMEMBERED = 'martlet.address';

/** Calls `onSignIn(jid, password)`; returns what the page may do with the form. */
export function signInForm(onSignIn) {
  const jid = byId('signin-jid');
  const password = byId('signin-password');
  const remember = byId('signin-remember');
  const submit = byId('signin-submit');
  const remembered = localStorage.getItem(REMEMBERED);

  jid.placeholder = `name@${defaultDomain()}`;
  byId('signin-hint').textContent = `Without an @, ${defaultDomain()} is meant.`;
  remember.checked = remembered !== null;
  jid.value = remembered ?? '';

  const fail = (text, field) => {
    showText(byId('signin-error'), text);
    jid.toggleAttribute('aria-invalid', field === jid);
    password.toggleAttribute('aria-invalid', field === password);
    field?.focus();
  };

  byId('signin-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const address = fromInput(jid.value);
    if (!address) {
      fail('Please enter an address like name@example.org.', jid);
      return;
    }
    if (!password.value) {
      fail('Please enter your password.', password);
      return;
    }
    if (remember.checked) localStorage.setItem(REMEMBERED, address);
    else localStorage.removeItem(REMEMBERED);
    fail(null);
    onSignIn(address, password.value);
  });

  return {
    setBusy(isBusy) {
      submit.disabled = isBusy;
      submit.textContent = isBusy ? 'Signing in…' : 'Sign in';
    },
    show(problem) {
      byId('register').hidden = true;
      byId('signin').hidden = false;
      fail(problem, jid.value ? password : jid);
      if (problem) password.select();
    },
    /** After registration, or when the session is over: nothing secret stays in the page. */
    fill(address, secret = '') {
      jid.value = address;
      password.value = secret;
    },
    forgetPassword() {
      password.value = '';
    },
  };
}
