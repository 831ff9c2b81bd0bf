// Whether the connection is there, in words, with a countdown to the next attempt.

import { byId } from './dom.js';

export function connectionBanner(connection) {
  const banner = byId('connection-banner');
  const text = byId('connection-text');
  let timer = 0;

  byId('connection-retry').addEventListener('click', () => connection.retryNow());

  connection.addEventListener('state', ({ detail: { state, problem, retryAt } }) => {
    clearInterval(timer);
    banner.hidden = state === 'online' || state === 'offline';
    byId('connection-retry').hidden = state !== 'waiting';
    document.documentElement.dataset.connection = state;
    if (state === 'connecting') text.textContent = 'Connecting…';
    if (state !== 'waiting') return;
    const count = () => {
      const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
      text.textContent = `${problem} Trying again in ${seconds} s.`;
    };
    count();
    timer = setInterval(count, 1000);
  });
}
