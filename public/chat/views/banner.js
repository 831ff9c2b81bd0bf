// Whether the connection is there and by what, in words, with a countdown to the next attempt.

import { NAMES } from '../xmpp/transports.js';
import { byId } from './dom.js';

const KEPT = 'What you write is kept and sent later.';

export function connectionBanner(connection) {
  const banner = byId('connection-banner');
  const text = byId('connection-text');
  const count = byId('connection-count');
  const line = byId('connection-line');
  let timer = 0;

  byId('connection-retry').addEventListener('click', () => connection.retryNow());

  function countDown(retryAt) {
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
      count.textContent = `Trying again in ${seconds} s.`;
    };
    tick();
    timer = setInterval(tick, 1000);
  }

  connection.addEventListener('state', ({ detail: { state, problem, retryAt } }) => {
    clearInterval(timer);
    const name = NAMES[connection.place?.kind];
    document.documentElement.dataset.connection = state;
    document.documentElement.dataset.transport = connection.place?.kind ?? '';
    banner.hidden = state === 'online' || state === 'offline';
    byId('connection-retry').hidden = state !== 'waiting';
    count.textContent = '';
    line.textContent = state === 'online' ? `Connected by ${name}` : 'Not connected';
    if (state === 'connecting') text.textContent = 'Connecting…';
    if (state !== 'waiting') return;
    text.textContent = `${problem} ${KEPT}`;
    countDown(retryAt);
  });
}
