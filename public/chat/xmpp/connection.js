// One signed-in account, kept connected: over the first transport that works, over the same
// session for as long as it can go on, over a new one after that.
//
// Events: `state` (detail: state, problem, retryAt, isSameSession); each stanza as `message`,
// `presence`, `iq`.
// States: offline → connecting → online → waiting (for the next attempt) → connecting or online …

import { Backoff } from './backoff.js';
import { loginFailure, stanzaFailure, streamFailure } from './conditions.js';
import { Link } from './link.js';

const { Strophe } = window;
const IQ_MS = 30000;
const LOOK_AGAIN_MS = 5000;
/** Conditions after which trying again would be wrong, or in vain. */
const FINAL = new Set(['conflict', 'not-authorized', 'host-gone', 'policy-violation']);
/** Refused logins that may be taken later. */
const PASSING = new Set(['temporary-auth-failure']);

export class Connection extends EventTarget {
  #transports;
  #link = null;
  #untried = [];
  #credentials = null;
  #wasOnline = false;
  #backoff = new Backoff();
  #timer = 0;
  #unanswered = new Set();

  state = 'offline';

  constructor(transports) {
    super();
    this.#transports = transports;
    window.addEventListener('online', () => this.#lookAgain());
    window.addEventListener('offline', () => this.#doubt());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#lookAgain();
    });
    window.addEventListener('pagehide', () => this.#link?.leave());
    window.addEventListener('pageshow', ({ persisted }) => {
      if (persisted && this.#link) this.linkClosed({ condition: 'unreachable', hadBegun: true });
    });
  }

  get jid() {
    return this.#link?.jid ?? '';
  }

  /** 'websocket' or 'bosh' while there is a link, and its address. */
  get place() {
    return this.#link?.place ?? null;
  }

  signIn(jid, password) {
    const id = uniqueId().slice(0, 8);
    this.#credentials = { jid: `${jid}/web-${id}`, password };
    this.#wasOnline = false;
    this.#backoff.reset();
    this.#begin();
  }

  signOut() {
    const link = this.#link;
    this.#end(null);
    link?.end();
  }

  retryNow() {
    if (this.state !== 'waiting') return;
    this.#transports.forgetFailures();
    if (this.#link) this.#link.retry();
    else this.#begin();
  }

  /** Another transport was chosen: moves over to it at once. */
  reconnect() {
    if (this.state === 'offline') return;
    this.#transports.forgetFailures();
    if (this.#link && this.#transports.allows(this.#link.place.kind)) return;
    const link = this.#link;
    this.#drop();
    link?.end();
    this.#begin();
  }

  send(stanza) {
    this.#link?.send(stanza);
  }

  /** Sends an IQ; resolves with the result, rejects with an Error whose message is for people. */
  request(iq) {
    return new Promise((resolve, reject) => {
      if (!this.#link || this.state === 'connecting') {
        reject(failureOf(null));
        return;
      }
      let forget = () => {};
      const finish = (answer) => {
        clearTimeout(timer);
        forget();
        this.#unanswered.delete(finish);
        if (answer?.getAttribute('type') === 'result') resolve(answer);
        else reject(failureOf(answer));
      };
      const timer = setTimeout(() => finish(null), IQ_MS);
      this.#unanswered.add(finish);
      forget = this.#link.ask(iq, finish);
    });
  }

  /**
   * Calls `done` once the server has handled all that was sent before: it handles stanzas in
   * order (RFC 6120 §10.1), so its answer to a ping stands for them, whichever it is.
   */
  confirm(done) {
    this.#link?.ping(done);
  }

  // What the link tells

  linkOpened() {
    this.#wasOnline = true;
    this.#backoff.reset();
    this.#transports.noteSuccess(this.#link.place);
    this.#become('online');
  }

  linkInterrupted(condition, retryAt) {
    this.#become('waiting', { problem: streamFailure(condition), retryAt });
  }

  linkRetrying() {
    this.#become('connecting', { isSameSession: true });
  }

  linkRestored() {
    this.#become('online', { isSameSession: true });
  }

  linkReceived(name, stanza) {
    this.dispatchEvent(new CustomEvent(name, { detail: stanza }));
  }

  linkClosed({ condition, text, isRefusal, hadBegun }) {
    const { place } = this.#link;
    this.#drop();
    if (isRefusal && !(this.#wasOnline && PASSING.has(condition))) {
      // Whoever was in knew the password.
      const isGone = this.#wasOnline && condition === 'not-authorized';
      this.#end(isGone ? streamFailure(condition) : loginFailure(condition, text));
    } else if (!hadBegun) {
      this.#transports.noteFailure(place);
      this.#tryNext(condition);
    } else {
      this.#waitOrEnd(condition, text);
    }
  }

  // Attempts

  async #begin() {
    clearTimeout(this.#timer);
    this.#become('connecting');
    const credentials = this.#credentials;
    this.#untried = await this.#transports.plan();
    const isStillWanted = credentials === this.#credentials && this.state === 'connecting';
    if (isStillWanted && !this.#link) this.#tryNext('unreachable');
  }

  #tryNext(condition) {
    const place = this.#untried.shift();
    if (!place) {
      this.#waitOrEnd(condition);
      return;
    }
    this.#link = new Link(place, this);
    this.#link.connect(this.#credentials);
  }

  #waitOrEnd(condition, text) {
    const problem = streamFailure(condition, text);
    if (!this.#wasOnline || FINAL.has(condition)) {
      this.#end(problem);
      return;
    }
    const pause = this.#backoff.next();
    this.#timer = setTimeout(() => this.#begin(), pause);
    this.#become('waiting', { problem, retryAt: Date.now() + pause });
  }

  #lookAgain() {
    if (this.state === 'waiting') this.retryNow();
    else this.#doubt();
  }

  #doubt() {
    if (this.state === 'online') this.#link?.probe(LOOK_AGAIN_MS);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#link = null;
    for (const finish of [...this.#unanswered]) finish(null);
  }

  #end(problem) {
    this.#drop();
    this.#credentials = null;
    this.#become('offline', { problem });
  }

  #become(state, { problem = null, retryAt = 0, isSameSession = false } = {}) {
    this.state = state;
    this.dispatchEvent(
      new CustomEvent('state', { detail: { state, problem, retryAt, isSameSession } }));
  }
}

function failureOf(answer) {
  const { condition, words } = stanzaFailure(answer);
  return Object.assign(new Error(words), { condition, answer });
}

/** An id that nobody else uses. `randomUUID` is there on encrypted pages only. */
export function uniqueId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');
}

/** Whether a stanza may speak for the account itself: from the server or the own bare JID. */
export function isFromOwnAccount(stanza, ownJid) {
  const from = stanza.getAttribute('from');
  return !from || from === Strophe.getBareJidFromJid(ownJid);
}
