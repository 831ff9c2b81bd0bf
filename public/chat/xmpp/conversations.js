// One-to-one conversations: messages with delay stamps (XEP-0203), receipts (XEP-0184), typing
// notifications (XEP-0085), links to files (XEP-0066) and errors.
//
// A message: { id, text, link, isOwn, time, isDelayed, state, problem, isFinal, file }. Its state
// is `received`, or for an own one `waiting`, `sent` (the server has it), `delivered` or `failed`.
// `file` is there while one is on its way to the server, see uploads.js.
//
// Events, each with the conversation as its detail: `message` (also: message), `update` (a message
// has a new state), `progress` (of its file), `remove`; `change` (unread count, typing).

import { stanzaFailure } from './conditions.js';
import { uniqueId } from './connection.js';
import { bare } from './jid.js';
import { NS, child, childText } from './namespaces.js';

const { $msg } = window;
const KEPT_MESSAGES = 1000;
/** A message that waited longer tells when it was written. */
const NOTED_DELAY_MS = 30000;
const PAUSE_SECONDS = 5;
const TYPING_SECONDS = 60;

export class Conversations extends EventTarget {
  #connection;
  #roster;
  #outbox;
  #all = new Map();
  #active = null;

  constructor(connection, roster, outbox) {
    super();
    this.#connection = connection;
    this.#roster = roster;
    this.#outbox = outbox;
    outbox.addEventListener('taken', ({ detail }) => this.#taken(detail));
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
    this.emit('change', conversation);
  }

  clear() {
    this.#outbox.clear();
    for (const { timers } of this.all) Object.values(timers).forEach(clearTimeout);
    this.#all.clear();
    this.#active = null;
  }

  remove(jid) {
    for (const { id } of this.with(jid).messages) this.#outbox.remove(id);
    this.#all.delete(jid);
    if (this.#active?.jid === jid) this.#active = null;
  }

  send(conversation, text) {
    this.#stopTimer(conversation, 'pause');
    conversation.ownState = 'active';
    conversation.draft = '';
    this.#post(conversation, this.addOwn(conversation, text));
  }

  /** An own message in the conversation that is not sent yet: its file comes first. */
  addOwn(conversation, text, file = null) {
    const message = {
      id: uniqueId(), text, link: '', isOwn: true, time: new Date(), isDelayed: false,
      state: 'waiting', file,
    };
    this.#append(conversation, message);
    return message;
  }

  /** Sends the address of the file that a message waited for. */
  sendLink(conversation, message, url) {
    Object.assign(message, { text: url, link: url, file: null });
    this.#post(conversation, message);
    this.emit('update', conversation, message);
  }

  /** Sends a message again that came back; it is a new one to everybody. */
  sendAgain(conversation, message) {
    this.discard(conversation, message);
    const { text, link } = message;
    const again = this.addOwn(conversation, text);
    again.link = link;
    this.#post(conversation, again);
  }

  /** Takes a message out of the conversation, for one that was never sent. */
  discard(conversation, message) {
    const at = conversation.messages.indexOf(message);
    if (at >= 0) conversation.messages.splice(at, 1);
    this.emit('remove', conversation, message);
  }

  /** `isFinal`: trying again would fail again. */
  fail(conversation, message, problem, isFinal = false) {
    message.isFinal = isFinal;
    this.#settle(conversation, message, 'failed', problem);
  }

  #post({ jid }, message) {
    const { id, text, link, time } = message;
    this.#outbox.add(id, () => {
      const stanza = $msg({ to: jid, type: 'chat', id }).c('body').t(text).up();
      if (link) stanza.c('x', { xmlns: NS.oob }).c('url').t(link).up().up();
      stanza.c('active', { xmlns: NS.chatStates }).up().c('request', { xmlns: NS.receipts }).up()
        .c('origin-id', { xmlns: NS.stanzaId, id }).up();
      const isLate = Date.now() - time > NOTED_DELAY_MS;
      return isLate ? stanza.c('delay', { xmlns: NS.delay, stamp: time.toISOString() }) : stanza;
    });
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
    const id = stanza.getAttribute('id');
    if (id && child(stanza, 'request', NS.receipts)) this.#confirm(stanza.getAttribute('from'), id);
    if (isRepeated(conversation, id, text)) return;
    const outside = child(stanza, 'x', NS.oob);
    this.#append(conversation, {
      id, text, link: outside ? childText(outside, 'url').trim() : '', isOwn: false,
      ...readTime(stanza), state: 'received', file: null,
    });
  }

  #receiveError(jid, stanza) {
    const conversation = this.#all.get(jid);
    const message = findOwn(conversation, stanza.getAttribute('id'));
    if (message) this.#settle(conversation, message, 'failed', stanzaFailure(stanza).words);
  }

  #taken(id) {
    for (const conversation of this.all) {
      const message = findOwn(conversation, id);
      if (message?.state === 'waiting') this.#settle(conversation, message, 'sent');
    }
  }

  #settle(conversation, message, state, problem) {
    this.#outbox.remove(message.id);
    Object.assign(message, { state, problem });
    this.emit('update', conversation, message);
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
    this.emit('change', conversation);
  }

  #receiveReceipt(conversation, stanza) {
    const id = child(stanza, 'received', NS.receipts)?.getAttribute('id');
    const message = findOwn(conversation, id);
    if (message && message.state !== 'failed') this.#settle(conversation, message, 'delivered');
  }

  /** To the very client that asks; only those who may see us learn when we are there. */
  #confirm(from, id) {
    if (!this.#roster.maySeeUs(bare(from))) return;
    this.#connection.send(
      $msg({ to: from, type: 'chat' }).c('received', { xmlns: NS.receipts, id }));
  }

  #followState(state) {
    if (state !== 'waiting') return;
    for (const conversation of this.all) {
      conversation.ownState = 'active';
      this.#setTyping(conversation, false);
    }
  }

  #append(conversation, message) {
    conversation.messages.push(message);
    if (conversation.messages.length > KEPT_MESSAGES) conversation.messages.shift();
    const isSeen = conversation === this.#active && document.visibilityState === 'visible';
    if (!message.isOwn && !isSeen) conversation.unread += 1;
    this.emit('message', conversation, message);
    this.emit('change', conversation);
  }

  #stopTimer(conversation, name) {
    clearTimeout(conversation.timers[name]);
  }

  /** Tells of something that happened to a conversation, or to one of its messages. */
  emit(name, conversation, message) {
    this.dispatchEvent(new CustomEvent(name, { detail: { conversation, message } }));
  }
}

const findOwn = (conversation, id) =>
  id && conversation?.messages.find((each) => each.isOwn && each.id === id);

/** Somebody who lost the connection may send the same message twice; the id alone proves little. */
const isRepeated = ({ messages }, id, text) =>
  id && messages.some((each) => !each.isOwn && each.id === id && each.text === text);

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
