// Who is signed in, and what others see of them.

import { domainpart, localpart } from '../xmpp/jid.js';
import { AVAILABILITY, buildPresence } from '../xmpp/presence.js';
import { byId, dressAvatar, make } from './dom.js';

/** Sends the own presence when it is changed; `announce()` sends it after every sign-in. */
export function ownStatus(connection) {
  const show = byId('own-show');
  const status = byId('own-status');
  const choices = Object.entries(AVAILABILITY).filter(([value]) => value !== 'offline');
  let sent = '';

  show.append(...choices.map(([value, label]) => make('option', { value }, label)));
  show.value = 'online';

  const announce = () => {
    byId('own-dot').className = `dot ${show.value}`;
    const presence = { show: show.value, status: status.value.trim() };
    sent = presence.status;
    connection.send(buildPresence(presence));
  };

  const change = () => {
    if (connection.state === 'online') announce();
  };

  show.addEventListener('change', change);
  status.addEventListener('change', () => {
    if (status.value.trim() !== sent) change();
  });
  status.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') status.blur();
  });
  connection.addEventListener('state', ({ detail: { state } }) => {
    byId('own-dot').className = `dot ${state === 'online' ? show.value : 'offline'}`;
  });

  return {
    announce,
    introduce(jid) {
      byId('own-name').textContent = localpart(jid);
      byId('own-jid').textContent = domainpart(jid);
      dressAvatar(byId('own-avatar'), jid);
    },
    reset() {
      show.value = 'online';
      status.value = '';
    },
  };
}
