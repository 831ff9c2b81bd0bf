// The open conversation: its messages, and who it is with.

import { AVAILABILITY } from '../xmpp/presence.js';
import { updateUpload } from './attachments.js';
import { composer } from './composer.js';
import { describe } from './contact-list.js';
import { byId, dressAvatar, make } from './dom.js';
import { renderMessage, updateMessage } from './message-view.js';

const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const NEAR_END = 80;
const QUIET_MS = 100;

/** Shows `conversations.active`; `open(jid)` changes it, `open(null)` goes back to the list. */
export function conversationView(roster, conversations, outbox, uploads) {
  const log = byId('messages');
  const list = byId('message-list');
  const toEnd = byId('to-end');
  const writing = composer(conversations, outbox, uploads, () => shown);
  let shown = null;
  /** Whether the end of the log stays in view, whatever is added or grows. */
  let isFollowing = true;
  let lastTop = 0;

  const actions = {
    again(message) {
      if (message.file) uploads.retry(shown, message);
      else conversations.sendAgain(shown, message);
      writing.focus();
    },
    discard(message) {
      conversations.discard(shown, message);
      writing.focus();
    },
    cancel(message) {
      uploads.cancel(shown, message);
      writing.focus();
    },
    isTrusted: (origin) => uploads.origins.has(origin),
  };

  function open(jid, { focus = true } = {}) {
    conversations.activate(jid);
    shown = conversations.active;
    byId('chat').classList.toggle('has-conversation', shown !== null);
    byId('conversation-none').hidden = shown !== null;
    byId('conversation-open').hidden = shown === null;
    list.replaceChildren();
    if (!shown) return;
    renderPeer();
    log.setAttribute('aria-live', 'off');
    shown.messages.forEach((message, index) => append(message, shown.messages[index - 1]));
    setTimeout(() => log.setAttribute('aria-live', 'polite'), QUIET_MS);
    writing.fill(shown.draft);
    scrollToEnd();
    renderTyping();
    if (focus) writing.focus();
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
      list.append(make('li', { class: 'day' }, DAY.format(message.time)));
    }
    list.append(renderMessage(message, roster.contact(shown.jid).name, actions));
  }

  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
  const scrollToEnd = () => {
    isFollowing = true;
    toEnd.hidden = true;
    log.scrollTop = log.scrollHeight;
  };
  // Going up is what people do; going down may be the browser's doing.
  log.addEventListener('scroll', () => {
    if (isAtEnd()) isFollowing = true;
    else if (log.scrollTop < lastTop) isFollowing = false;
    lastTop = log.scrollTop;
    if (isFollowing) toEnd.hidden = true;
  }, { passive: true });
  // Pictures arrive, the window changes, a keyboard comes up.
  const sizes = new ResizeObserver(() => {
    if (shown && isFollowing) scrollToEnd();
  });
  sizes.observe(log);
  sizes.observe(list);
  toEnd.addEventListener('click', () => {
    scrollToEnd();
    writing.focus();
  });
  const find = ({ id, isOwn }) => list.querySelector(
    `[data-id="${CSS.escape(id)}"].${isOwn ? 'own-message' : 'their-message'}`);
  /** Calls `action(item, message)` for what happens to a message on the screen. */
  const follow = (name, action) =>
    conversations.addEventListener(name, ({ detail: { conversation, message } }) => {
      const item = conversation === shown && find(message);
      if (item) action(item, message);
    });

  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && shown) conversations.markRead(shown);
  });
  conversations.addEventListener('message', ({ detail: { conversation, message } }) => {
    if (conversation !== shown) return;
    append(message, shown.messages[shown.messages.length - 2]);
    if (isFollowing || message.isOwn) scrollToEnd();
    else toEnd.hidden = false;
  });
  follow('update', (item, message) => {
    updateMessage(item, message, actions);
    if (isFollowing) scrollToEnd();
  });
  follow('progress', (item, message) => updateUpload(item, message.file));
  follow('remove', (item) => item.remove());
  conversations.addEventListener('change', ({ detail: { conversation } }) => {
    if (conversation === shown) renderTyping();
  });
  roster.addEventListener('change', renderPeer);

  return { open, get jid() { return shown?.jid ?? null; } };
}
