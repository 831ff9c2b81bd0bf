// One message: who, what, when, and for an own one how far it has come.

import { attachmentOf, renderAttachment, renderUpload } from './attachments.js';
import { make, sign, textWithLinks } from './dom.js';

const TIME = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const STATES = {
  waiting: 'Waiting', sent: 'Sent', delivered: 'Delivered', failed: 'Not delivered', received: '',
};

/**
 * `author`: a name; `actions`: { again(message), discard(message), cancel(message),
 * isTrusted(origin) }.
 */
export function renderMessage(message, author, actions) {
  const side = message.isOwn ? 'own-message' : 'their-message';
  const item = make('li', { class: `message ${side}` },
    make('span', { class: 'visually-hidden' }, `${message.isOwn ? 'You' : author}: `),
    make('div', { class: 'content' }), renderFacts(message));
  if (message.id) item.dataset.id = message.id;
  updateMessage(item, message, actions);
  return item;
}

function renderFacts(message) {
  const facts = make('div', { class: 'facts' }, make('time', {
    datetime: message.time.toISOString(), title: FULL.format(message.time),
  }, TIME.format(message.time)));
  if (message.isDelayed) {
    facts.prepend(make('span', { class: 'delayed' }, 'Sent while you were away ·'));
  }
  // A new state is to be seen, and not read out for every message.
  if (message.isOwn) facts.append(make('span', { class: 'state', 'aria-live': 'off' }));
  return facts;
}

/** Brings an item up to date without making it a new one for a screen reader. */
export function updateMessage(item, message, actions) {
  item.dataset.state = message.state;
  const isUpload = message.file && message.state === 'waiting';
  const kind = isUpload ? 'upload' : 'text';
  if (item.dataset.kind !== kind) {
    item.dataset.kind = kind;
    item.querySelector('.content').replaceChildren(...renderContent(message, actions));
  }
  if (message.isOwn) {
    item.querySelector('.state').replaceChildren(sign(message.state), STATES[message.state]);
  }
  item.querySelector('.failure')?.remove();
  if (message.state === 'failed') item.append(renderFailure(message, actions));
}

function renderContent(message, { cancel, isTrusted }) {
  if (message.file && message.state === 'waiting') {
    return [renderUpload(message.file, () => cancel(message))];
  }
  const attachment = attachmentOf(message);
  const text = make('div', { class: 'text', dir: 'auto', hidden: attachment?.isAll ?? false },
    textWithLinks(message.text));
  return attachment ? [text, renderAttachment(attachment, isTrusted)] : [text];
}

function renderFailure(message, { again, discard }) {
  const button = (words, action) =>
    make('button', { type: 'button', class: 'link', onclick: () => action(message) }, words);
  return make('div', { class: 'failure', role: 'alert' },
    make('p', { class: 'problem' }, message.problem),
    message.isFinal ? '' : button('Send again', again), button('Remove', discard));
}
