// The choice of a transport: on the entrance, and while one is signed in.

import { CHOICES, NAMES } from '../xmpp/transports.js';
import { byId, make } from './dom.js';

/** `onChange()` follows a choice, which is remembered on this device. */
export function transportChoice(connection, transports, onChange) {
  const select = byId('signin-transport');
  const dialog = byId('connection-dialog');
  const group = byId('connection-choices');

  const options = Object.entries(CHOICES).map(([value, words]) => make('option', { value }, words));
  select.append(...options);
  select.value = transports.choice;
  byId('signin-options').open = transports.choice !== 'automatic';
  select.addEventListener('change', () => choose(select.value));

  for (const [value, words] of Object.entries(CHOICES)) {
    const radio = make('input', {
      type: 'radio', name: 'transport', value, onchange: () => choose(value),
    });
    group.append(make('label', { class: 'check' }, radio, make('span', {}, words)));
  }

  function choose(value) {
    transports.choice = value;
    select.value = value;
    onChange();
  }

  function describe() {
    const { place, state } = connection;
    const isEncrypted = /^(https|wss):/.test(place?.url ?? '');
    byId('connection-facts').textContent = state !== 'online' || !place
      ? 'There is no connection at the moment.'
      : `Connected by ${NAMES[place.kind]} to ${new URL(place.url).host}, `
        + `${isEncrypted ? 'encrypted' : 'not encrypted'}.`;
  }

  connection.addEventListener('state', describe);
  byId('connection-open').addEventListener('click', () => {
    describe();
    group.querySelector(`[value=${transports.choice}]`).checked = true;
    dialog.showModal();
    group.querySelector(':checked').focus();
  });
}
