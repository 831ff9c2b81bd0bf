// The roster (RFC 6121 §2), subscriptions (§3) and the presence of contacts (§4).
//
// Event `change`: a contact, a request or the whole list is different now.
// Event `unreachable`: somebody could not be asked (detail: { jid, words }).
// Event `online`: somebody came online (detail: jid).

import { stanzaFailure } from './conditions.js';
import { isFromOwnAccount } from './connection.js';
import { bare, localpart, resource } from './jid.js';
import { NS, child } from './namespaces.js';
import { OFFLINE, best, parsePresence } from './presence.js';

const { $iq, $pres } = window;

export class Roster extends EventTarget {
  #connection;
  /** Bare JID → { jid, name, subscription, isAsking, groups }. */
  #items = new Map();
  /** Bare JID → resource → presence; also of people who are no contacts. */
  #presences = new Map();
  /** The status text that somebody left with. */
  #farewells = new Map();
  /** Why a contact could not be asked, in words. */
  #failures = new Map();
  /** Bare JIDs that want to see our presence, in order of arrival. */
  requests = new Set();

  constructor(connection) {
    super();
    this.#connection = connection;
    connection.addEventListener('presence', ({ detail }) => this.#receivePresence(detail));
    connection.addEventListener('iq', ({ detail }) => this.#receivePush(detail));
  }

  /** Fetches the whole list; the own presence is to be sent only afterwards. */
  async load() {
    this.forgetPresence();
    const answer = await this.#connection.request(
      $iq({ type: 'get' }).c('query', { xmlns: NS.roster }));
    this.#items.clear();
    const query = child(answer, 'query', NS.roster);
    for (const item of query?.children ?? []) this.#store(item);
    this.#changed();
  }

  clear() {
    this.#items.clear();
    this.#failures.clear();
    this.requests.clear();
    this.forgetPresence();
  }

  forgetPresence() {
    this.#presences.clear();
    this.#farewells.clear();
    this.#changed();
  }

  get contacts() {
    return [...this.#items.keys()].map((jid) => this.contact(jid));
  }

  /** Everything known of an address, contact or not. */
  contact(jid) {
    const item = this.#items.get(jid);
    const resources = this.#presences.get(jid);
    const presence = resources?.size
      ? best(resources.values())
      : { ...OFFLINE, status: this.#farewells.get(jid) ?? '' };
    return {
      jid,
      name: item?.name || localpart(jid) || jid,
      isContact: item !== undefined,
      subscription: item?.subscription ?? 'none',
      isAsking: item?.isAsking ?? false,
      failure: this.#failures.get(jid) ?? '',
      ...presence,
    };
  }

  /** Whether they may see our presence, and so may know that we read their messages. */
  maySeeUs(jid) {
    return ['from', 'both'].includes(this.#items.get(jid)?.subscription);
  }

  async add(jid, name) {
    this.#failures.delete(jid);
    await this.#set({ jid, ...(name ? { name } : {}) });
    this.#sendPresence('subscribe', jid);
  }

  async rename(jid, name) {
    await this.#set({ jid, name });
  }

  async remove(jid) {
    await this.#set({ jid, subscription: 'remove' });
  }

  /** Lets them see our presence, and asks for theirs when we have not yet. */
  approve(jid) {
    this.#sendPresence('subscribed', jid);
    const { subscription, isAsking } = this.contact(jid);
    if (!['to', 'both'].includes(subscription) && !isAsking) this.#sendPresence('subscribe', jid);
    this.#settle(jid);
  }

  deny(jid) {
    this.#sendPresence('unsubscribed', jid);
    this.#settle(jid);
  }

  #settle(jid) {
    this.requests.delete(jid);
    this.#changed();
  }

  #sendPresence(type, to) {
    this.#connection.send($pres({ type, to }));
  }

  #set(attributes) {
    const groups = this.#items.get(attributes.jid)?.groups ?? [];
    const iq = $iq({ type: 'set' }).c('query', { xmlns: NS.roster }).c('item', attributes);
    if (attributes.subscription !== 'remove') {
      groups.forEach((group) => iq.c('group').t(group).up());
    }
    return this.#connection.request(iq);
  }

  #receivePush(iq) {
    const query = child(iq, 'query', NS.roster);
    if (!query || iq.getAttribute('type') !== 'set') return;
    if (!isFromOwnAccount(iq, this.#connection.jid)) return;
    for (const item of query.children) this.#store(item);
    this.#connection.send($iq({ type: 'result', id: iq.getAttribute('id') }));
    this.#changed();
  }

  #store(item) {
    const jid = bare(item.getAttribute('jid') ?? '');
    if (item.localName !== 'item' || !jid) return;
    const subscription = item.getAttribute('subscription') ?? 'none';
    if (subscription === 'remove') {
      this.#items.delete(jid);
      this.#presences.delete(jid);
      this.#farewells.delete(jid);
      this.#failures.delete(jid);
      return;
    }
    const groups = [...item.children].filter((each) => each.localName === 'group');
    this.#items.set(jid, {
      name: item.getAttribute('name') ?? '',
      subscription,
      isAsking: item.getAttribute('ask') === 'subscribe',
      groups: groups.map((each) => each.textContent),
    });
  }

  #receivePresence(stanza) {
    const from = stanza.getAttribute('from') ?? '';
    const jid = bare(from);
    const type = stanza.getAttribute('type');
    if (!jid || jid === bare(this.#connection.jid)) return;
    if (type === 'subscribe') {
      this.#receiveRequest(jid);
    } else if (type === null || type === 'unavailable') {
      this.#storePresence(jid, resource(from), parsePresence(stanza));
    } else if (type === 'error') {
      this.#presences.delete(jid);
      this.#noteFailure(jid, stanza);
    } else if (type === 'subscribed') {
      this.#failures.delete(jid);
    }
    this.#changed();
  }

  /** A contact that has not answered yet, and never will. */
  #noteFailure(jid, stanza) {
    const item = this.#items.get(jid);
    if (!item || ['to', 'both'].includes(item.subscription)) return;
    const { words } = stanzaFailure(stanza);
    if (this.#failures.get(jid) === words) return;
    this.#failures.set(jid, words);
    this.dispatchEvent(new CustomEvent('unreachable', { detail: { jid, words } }));
  }

  /** Whoever we have asked ourselves needs no question back. */
  #receiveRequest(jid) {
    const { subscription, isAsking } = this.contact(jid);
    const isWanted = isAsking || ['to', 'both', 'from'].includes(subscription);
    if (isWanted) this.#sendPresence('subscribed', jid);
    else this.requests.add(jid);
  }

  #storePresence(jid, name, presence) {
    const resources = this.#presences.get(jid) ?? new Map();
    this.#presences.set(jid, resources);
    if (presence.show === 'offline') {
      resources.delete(name);
      if (!name) resources.clear();
      this.#farewells.set(jid, presence.status);
      return;
    }
    const wasOffline = resources.size === 0;
    resources.set(name, presence);
    if (wasOffline) this.dispatchEvent(new CustomEvent('online', { detail: jid }));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
