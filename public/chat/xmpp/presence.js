// Presence as data: what one resource says, and which of several counts.

import { childText } from './namespaces.js';

const { $pres } = window;

/** Every availability, best first, in words. */
export const AVAILABILITY = Object.freeze({
  chat: 'Free to chat',
  online: 'Available',
  away: 'Away',
  xa: 'Away for long',
  dnd: 'Do not disturb',
  offline: 'Offline',
});

const ORDER = Object.keys(AVAILABILITY);

export const OFFLINE = Object.freeze({ show: 'offline', status: '', priority: 0 });

/** The presence of one resource; unknown `show` values count as available. */
export function parsePresence(stanza) {
  const show = childText(stanza, 'show').trim() || 'online';
  const priority = Number.parseInt(childText(stanza, 'priority'), 10) || 0;
  const status = childText(stanza, 'status').trim();
  if (stanza.getAttribute('type') === 'unavailable') return { ...OFFLINE, status };
  return { show: ORDER.includes(show) && show !== 'offline' ? show : 'online', status, priority };
}

/** The presence that stands for the whole contact: highest priority, then most available. */
export function best(presences) {
  return [...presences].sort(
    (a, b) => b.priority - a.priority || rank(a.show) - rank(b.show))[0] ?? OFFLINE;
}

export const rank = (show) => ORDER.indexOf(show);

export function buildPresence({ show, status }) {
  const presence = $pres();
  if (show !== 'online') presence.c('show').t(show).up();
  if (status) presence.c('status').t(status).up();
  return presence;
}
