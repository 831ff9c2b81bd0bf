// Error conditions in plain words. What is not listed falls back on the server's own text.

import { NS, child, childText } from './namespaces.js';

const STANZA = {
  'bad-request': 'The server did not understand that.',
  conflict: 'That name is already taken.',
  'feature-not-implemented': 'The other side cannot do that.',
  forbidden: 'You are not allowed to do that.',
  'internal-server-error': 'The server had a problem. Please try again.',
  'item-not-found': 'There is no such address.',
  'jid-malformed': 'That is not a valid address.',
  'not-acceptable': 'The server did not accept that. Please check what you entered.',
  'not-allowed': 'This server does not allow that.',
  'not-authorized': 'You are not signed in for that.',
  'policy-violation': 'That is against the rules of this server.',
  'recipient-unavailable': 'They cannot be reached at the moment.',
  'registration-required': 'You need to register there first.',
  'remote-server-not-found': 'The server of that address could not be found.',
  'remote-server-timeout': 'The server of that address does not answer.',
  'resource-constraint': 'Too much at once, or their mailbox is full. Please try later.',
  'service-unavailable': 'That address does not exist or does not take messages now.',
  'subscription-required': 'They must accept you as a contact first.',
  timeout: 'The server did not answer in time.',
};

const LOGIN = {
  'not-authorized': 'Wrong name or password.',
  'account-disabled': 'This account is disabled.',
  'credentials-expired': 'This password has expired.',
  'encryption-required': 'This server wants an encrypted connection (https).',
  'invalid-authzid': 'This account may not sign in under that name.',
  'malformed-request': 'The server did not understand the sign-in.',
  'mechanism-too-weak': 'This server wants a safer way to sign in.',
  'temporary-auth-failure': 'The server cannot check passwords at the moment. Try again shortly.',
  conflict: 'You are signed in elsewhere under the same session name.',
};

const STREAM = {
  conflict: 'You signed in somewhere else with the same session, so this one was closed.',
  'host-unknown': 'This server is not in charge of that domain. Check the part after the @.',
  'host-gone': 'This server is no longer in charge of that domain.',
  'improper-addressing': 'This server is not in charge of that domain. Check the part after the @.',
  'internal-server-error': 'The server had a problem.',
  'item-not-found': 'The session has expired.',
  'not-authorized': 'The account was removed, may no longer sign in, or has another password now.',
  'policy-violation':
    'The server closed the connection: an administrator ended it, or a rule was broken.',
  'remote-connection-failed': 'The chat service is not running.',
  'reset': 'The server asked to sign in anew.',
  'resource-constraint': 'The server is too busy.',
  'see-other-uri': 'The service has moved to another address.',
  'system-shutdown': 'The server is restarting.',
  unreachable: 'The server cannot be reached.',
  timeout: 'The server did not answer in time.',
};

const words = (table, condition, text, otherwise) =>
  table[condition] ?? (text || `${otherwise} (${condition || 'no reason given'})`);

/** A stanza of type error, as { condition, words }; null stands for no answer at all. */
export function stanzaFailure(stanza) {
  if (!stanza) return { condition: 'timeout', words: STANZA.timeout };
  const error = child(stanza, 'error');
  const named = error && [...error.children].find(
    (each) => each.namespaceURI === NS.stanzas && each.localName !== 'text');
  const condition = named?.localName ?? '';
  const text = error ? childText(error, 'text', NS.stanzas) : '';
  return { condition, words: words(STANZA, condition, text, 'That did not work') };
}

export const loginFailure = (condition, text) =>
  words(LOGIN, condition || 'not-authorized', text, 'Sign-in failed');

export const streamFailure = (condition, text) => {
  if (condition === 'policy-violation' && text) return `The server closed the connection: ${text}.`;
  return words(STREAM, condition, text, 'The connection was closed');
};
