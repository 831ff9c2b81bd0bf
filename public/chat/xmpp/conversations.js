// One-to-one conversations: messages with delay stamps (XEP-0203), receipts (XEP-0184), typing
// notifications (XEP-0085) and errors.
//
// Events, each with the conversation as its detail: `message` (also: message), `update` (a message
// has a new state; also: message), `change` (unread count, typing).

import { stanzaFailure } from './conditions.js';
import { bare } from './jid.js';
import { NS, child, childText } from './namespaces.js';

const { $msg } = window;
const KEPT_MESSAGES = 1000;
const PAUSE_SECONDS = 5;
const TYPING_SECONDS = 60;

export class Conversations extends EventTarget {
  #connection;
  #roster;
  #all = new Map();
  #active = null;

  constructor(connection, roster) {
    super();
    this.#connection = connection;
    this.#roster = roster;
    connection.addEventListener('message', ({ detail }) => this.#receive(detail));
    connection.addEventListener('state', ({ detail }) => this.#followState(detail.state));
  }

  get all() {
    return [...this.#all.values()];
  }

  get unread() {
    return this.all.reduce((sum, each) => sum + each.unread, 0);
  }

  get active() {
    return this.#active;
  }

  with(jid) {
    if (!this.#all.has(jid)) {
      this.#all.set(jid, {
        jid, messages: [], unread: 0, isTyping: false, draft: '', knowsStates: false,
        ownState: 'active', timers: {},
      });
    }
    return this.#all.get(jid);
  }

  /** Chooses what the person looks at; null for none. Reading is what clears the unread count. */
  activate(jid) {
    if (this.#active) this.#setOwnState(this.#active, 'active');
    this.#active = jid ? this.with(jid) : null;
    if (this.#active) this.markRead(this.#active);
  }

  markRead(conversation) {
    conversation.unread = 0;
    this.#emit('change', conversation);
  }

  clear() {
    for (const { timers } of this.all) Object.values(timers).forEach(clearTimeout);
    this.#all.clear();
    this.#active = null;
  }

  remove(jid) {
    this.#all.delete(jid);
    if (this.#active?.jid === jid) this.#active = null;
  }

  send(conversation, text) {
    const id = this.#connection.uniqueId();
    const message = { id, text, isOwn: true, time: new Date(), isDelayed: false, state: 'sent' };
    this.#stopTimer(conversation, 'pause');
    conversation.ownState = 'active';
    conversation.draft = '';
    this.#connection.send(
      $msg({ to: conversation.jid, type: 'chat', id })
        .c('body').t(text).up()
        .c('active', { xmlns: NS.chatStates }).up()
        .c('request', { xmlns: NS.receipts }));
    this.#append(conversation, message);
  }

  /** Tells the other side that we type, when its client has shown that it understands. */
  typed(conversation, text) {
    conversation.draft = text;
    this.#stopTimer(conversation, 'pause');
    this.#setOwnState(conversation, text ? 'composing' : 'active');
    if (text) {
      conversation.timers.pause = setTimeout(
        () => this.#setOwnState(conversation, 'paused'), PAUSE_SECONDS * 1000);
    }
  }

  #setOwnState(conversation, state) {
    if (conversation.ownState === state) return;
    conversation.ownState = state;
    if (!conversation.knowsStates || this.#connection.state !== 'online') return;
    if (this.#roster.contact(conversation.jid).show === 'offline') return;
    this.#connection.send(
      $msg({ to: conversation.jid, type: 'chat' }).c(state, { xmlns: NS.chatStates }));
  }

  #receive(stanza) {
    const jid = bare(stanza.getAttribute('from') ?? '');
    const type = stanza.getAttribute('type');
    if (!jid || type === 'groupchat') return;
    if (type === 'error') {
      this.#receiveError(jid, stanza);
      return;
    }
    const text = childText(stanza, 'body') || childText(stanza, 'subject');
    const conversation = text ? this.with(jid) : this.#all.get(jid);
    if (!conversation) return;
    this.#receiveState(conversation, stanza);
    this.#receiveReceipt(conversation, stanza);
    if (!text) return;
    const { time, isDelayed } = readTime(stanza);
    const id = stanza.getAttribute('id');
    this.#append(conversation, { id, text, isOwn: false, time, isDelayed, state: 'received' });
    if (id && child(stanza, 'request', NS.receipts)) this.#confirm(jid, id);
  }

  #receiveError(jid, stanza) {
    const id = stanza.getAttribute('id');
    const conversation = this.#all.get(jid);
    const message = conversation?.messages.find((each) => each.isOwn && each.id === id);
    if (!message) return;
    message.state = 'failed';
    message.problem = stanzaFailure(stanza).words;
    this.#emit('update', conversation, message);
  }

  #receiveState(conversation, stanza) {
    const state = [...stanza.children].find((each) => each.namespaceURI === NS.chatStates);
    if (!state && !child(stanza, 'body')) return;
    if (child(stanza, 'delay', NS.delay)) return;
    conversation.knowsStates = state !== undefined;
    this.#setTyping(conversation, state?.localName === 'composing');
  }

  #setTyping(conversation, isTyping) {
    this.#stopTimer(conversation, 'typing');
    if (isTyping) {
      conversation.timers.typing = setTimeout(
        () => this.#setTyping(conversation, false), TYPING_SECONDS * 1000);
    }
    if (conversation.isTyping === isTyping) return;
    conversation.isTyping = isTyping;
    this.#emit('change', conversation);
  }

  #receiveReceipt(conversation, stanza) {
    const id = child(stanza, 'received', NS.receipts)?.getAttribute('id');
    const message = id && conversation.messages.find((each) => each.isOwn && each.id === id);
    if (!message || message.state === 'failed') return;
    message.state = 'delivered';
    this.#emit('update', conversation, message);
  }

  #confirm(jid, id) {
    if (!this.#roster.maySeeUs(jid)) return;
    this.#connection.send(
      $msg({ to: jid, type: 'chat' }).c('received', { xmlns: NS.receipts, id }));
  }

  /** What was sent after the last sign of life from the server may not have arrived. */
  #followState(state) {
    if (state !== 'waiting') return;
    for (const conversation of this.all) {
      conversation.ownState = 'active';
      this.#setTyping(conversation, false);
      for (const message of conversation.messages) {
        if (message.state !== 'sent' || message.time <= this.#connection.lastHeard) continue;
        message.state = 'failed';
        message.problem = 'The connection was lost; this may not have arrived.';
        this.#emit('update', conversation, message);
      }
    }
  }

  #append(conversation, message) {
    conversation.messages.push(message);
    if (conversation.messages.length > KEPT_MESSAGES) conversation.messages.shift();
    const isSeen = conversation === this.#active && document.visibilityState === 'visible';
    if (!message.isOwn && !isSeen) conversation.unread += 1;
    this.#emit('message', conversation, message);
    this.#emit('change', conversation);
  }

  #stopTimer(conversation, name) {
    clearTimeout(conversation.timers[name]);
  }

  #emit(name, conversation, message) {
    this.dispatchEvent(new CustomEvent(name, { detail: { conversation, message } }));
  }
}

/** When a message was sent, and whether somebody stored it on the way (XEP-0203, XEP-0091). */
function readTime(stanza) {
  const stamp = child(stanza, 'delay', NS.delay)?.getAttribute('stamp');
  const legacy = child(stanza, 'x', NS.legacyDelay)?.getAttribute('stamp');
  const text = stamp ?? legacy?.replace(/^(\d{4})(\d\d)(\d\d)T(.*)$/, '$1-$2-$3T$4Z');
  const time = new Date(text ?? NaN);
  return Number.isNaN(time.getTime())
    ? { time: new Date(), isDelayed: false }
    : { time, isDelayed: true };
}
