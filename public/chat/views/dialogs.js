// Adding a contact, and asking before something is lost.

import { fromInput } from '../xmpp/jid.js';
import { byId, showText } from './dom.js';

/** `open(jid)` asks for an address; `onAdded(jid)` follows once the server has taken it. */
export function addDialog(roster, ownJid, onAdded) {
  const dialog = byId('add-dialog');
  const jid = byId('add-jid');
  const name = byId('add-name');
  const submit = byId('add-submit');
  const fail = (text) => showText(byId('add-error'), text);

  byId('add-cancel').addEventListener('click', () => dialog.close());
  byId('add-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const address = fromInput(jid.value);
    const problem = !address
      ? 'Please enter an address like name@example.org.'
      : address === ownJid() && 'That is your own address.';
    fail(problem);
    if (problem) {
      jid.focus();
      return;
    }
    submit.disabled = true;
    try {
      await roster.add(address, name.value.trim());
      dialog.close();
      onAdded(address);
    } catch (error) {
      fail(error.message);
    } finally {
      submit.disabled = false;
    }
  });

  return {
    open(address = '') {
      fail(null);
      jid.value = address;
      name.value = '';
      dialog.showModal();
      (address ? name : jid).focus();
    },
  };
}

/** Asks a question; resolves with true only for a clear yes. */
export function confirm({ title, text, yes }) {
  const dialog = byId('confirm-dialog');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  byId('confirm-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
