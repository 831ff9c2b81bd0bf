// The open conversation: its messages, who it is with, and the composer.

import { AVAILABILITY } from '../xmpp/presence.js';
import { describe } from './contact-list.js';
import { byId, dressAvatar, make, textWithLinks } from './dom.js';

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const STATES = { sent: 'Sent', delivered: 'Delivered', failed: 'Not delivered', received: '' };
const NEAR_END = 80;

/** Shows `conversations.active`; `open(jid)` changes it, `open(null)` goes back to the list. */
export function conversationView(connection, roster, conversations) {
  const log = byId('messages');
  const text = byId('composer-text');
  let shown = null;

  function open(jid, { focus = true } = {}) {
    conversations.activate(jid);
    shown = conversations.active;
    byId('chat').classList.toggle('has-conversation', shown !== null);
    byId('conversation-none').hidden = shown !== null;
    byId('conversation-open').hidden = shown === null;
    if (!shown) return;
    renderPeer();
    log.setAttribute('aria-live', 'off');
    log.replaceChildren();
    shown.messages.forEach((message, index) => append(message, shown.messages[index - 1]));
    setTimeout(() => log.setAttribute('aria-live', 'polite'), 100);
    log.scrollTop = log.scrollHeight;
    text.value = shown.draft;
    fit();
    renderTyping();
    if (focus) text.focus();
  }

  function renderPeer() {
    if (!shown) return;
    const contact = roster.contact(shown.jid);
    dressAvatar(byId('peer-avatar'), contact.jid, contact.name);
    byId('peer-name').textContent = contact.name;
    byId('peer-name').title = contact.jid;
    const words = describe(contact);
    const plain = AVAILABILITY[contact.show];
    byId('peer-presence').replaceChildren(
      make('span', { class: `dot ${contact.show}` }),
      contact.show !== 'offline' && words !== plain ? `${plain} · ${words}` : words);
    byId('peer-presence').dataset.show = contact.show;
    byId('peer-add').hidden = contact.isContact;
    byId('peer-remove').hidden = !contact.isContact;
  }

  function renderTyping() {
    const name = roster.contact(shown.jid).name;
    byId('typing').textContent = shown.isTyping ? `${name} is typing…` : '';
  }

  function append(message, previous) {
    const day = message.time.toDateString();
    if (previous?.time.toDateString() !== day) {
      log.append(make('li', { class: 'day', role: 'separator' }, DAY.format(message.time)));
    }
    log.append(renderMessage(message));
  }

  function renderMessage(message) {
    const side = message.isOwn ? 'own-message' : 'their-message';
    const item = make('li', { class: `message ${side}`, dataset: { state: message.state } });
    if (message.id) item.dataset.id = message.id;
    const author = message.isOwn ? 'You' : roster.contact(shown.jid).name;
    const time = make('time', {
      datetime: message.time.toISOString(), title: FULL.format(message.time),
    }, TIME.format(message.time));
    const facts = make('div', { class: 'facts' }, time);
    if (message.isDelayed) {
      facts.prepend(make('span', { class: 'delayed' }, 'Sent while you were away ·'));
    }
    if (message.isOwn) facts.append(make('span', { class: 'state' }, STATES[message.state]));
    item.append(
      make('span', { class: 'visually-hidden' }, `${author}: `),
      make('div', { class: 'text', dir: 'auto' }, textWithLinks(message.text)),
      facts);
    if (message.state === 'failed') item.append(renderFailure(message));
    return item;
  }

  function renderFailure(message) {
    return make('div', { class: 'failure', role: 'alert' }, message.problem, ' ',
      make('button', {
        type: 'button', class: 'link', onclick: () => resend(message),
      }, 'Send again'));
  }

  function resend(message) {
    if (connection.state !== 'online') return;
    shown.messages.splice(shown.messages.indexOf(message), 1);
    find(message)?.remove();
    conversations.send(shown, message.text);
  }

  const find = ({ id }) => log.querySelector(`[data-id="${CSS.escape(id)}"].own-message`);

  function send() {
    const words = text.value.trim();
    if (!words || !shown || connection.state !== 'online') return;
    text.value = '';
    fit();
    conversations.send(shown, words);
    log.scrollTop = log.scrollHeight;
  }

  /** Lets the composer grow with its text, up to the height its style allows. */
  function fit() {
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  text.addEventListener('input', () => {
    fit();
    if (shown) conversations.typed(shown, text.value);
  });
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
    text.focus();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && shown) conversations.markRead(shown);
  });
  conversations.addEventListener('message', ({ detail: { conversation, message } }) => {
    if (conversation !== shown) return;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    append(message, shown.messages.at(-2));
    if (isAtEnd || message.isOwn) log.scrollTop = log.scrollHeight;
  });
  conversations.addEventListener('update', ({ detail: { conversation, message } }) => {
    if (conversation === shown) find(message)?.replaceWith(renderMessage(message));
  });
  conversations.addEventListener('change', ({ detail: { conversation } }) => {
    if (conversation === shown) renderTyping();
  });
  roster.addEventListener('change', renderPeer);
  connection.addEventListener('state', ({ detail: { state } }) => {
    byId('composer-send').disabled = state !== 'online';
    text.placeholder = state === 'online' ? 'Write a message' : 'Waiting for the connection…';
  });

  return { open, get jid() { return shown?.jid ?? null; } };
}
