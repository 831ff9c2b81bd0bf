// One session over one transport, by Strophe. It ends once and is not used again.
//
// Calls its `owner`: `linkOpened()`, `linkReceived(name, stanza)`, then `linkClosed({ condition,
// text, isRefusal, hadBegun })`; while a session that may go on is cut off `linkInterrupted(
// condition, retryAt)` and `linkRetrying()`, and `linkRestored()` when it goes on.

import { Backoff } from './backoff.js';
import { BOSHSession } from './bosh-session.js';
import { NS, childText } from './namespaces.js';

const { Strophe, $iq, $pres } = window;
const HOLD_SECONDS = 60;
/** A handshake that hangs is given up for the next place; a login takes longer. */
const FIRST_WORD_MS = { websocket: 6000, bosh: 15000 };
const LOGIN_MS = 30000;
const PROBE_MS = 10000;
const SHORT_PROBE_MS = 5000;
const LOOK_MS = 5000;
const QUIET_MS = 30000;
/** What Strophe says when it knows no reason. */
const UNTOLD = ['giving-up', 'bad-service', 'unknown'];
const UNREACHED = new Set(['unreachable', 'timeout']);
const HTTP_FAILURES = [0, 500, 502, 503, 504];

export class Link {
  #owner;
  #strophe;
  #bosh = null;
  #timers = new Map();
  #backoff = new Backoff();
  #problem = null;
  #isOver = false;
  #isProbing = false;

  #wasOpened = false;
  #wasHeard = false;

  place;
  lastHeard = 0;

  /** `place`: { kind, url }. */
  constructor(place, owner) {
    this.place = place;
    this.#owner = owner;
    this.#strophe = new Strophe.Connection(place.url, {
      mechanisms: [Strophe.SASLSHA1, Strophe.SASLPlain],
    });
    if (place.kind === 'bosh') this.#bosh = new BOSHSession(this.#strophe);
  }

  get jid() {
    return this.#strophe.jid ?? '';
  }

  get isHeld() {
    return this.#bosh?.isHeld ?? false;
  }

  connect({ jid, password }) {
    const strophe = this.#strophe;
    strophe.xmlInput = (element) => this.#notice(element);
    strophe.rawInput = () => this.#hear();
    for (const status of HTTP_FAILURES) {
      strophe.addProtocolErrorHandler('HTTP', status, () => this.stumble('unreachable'));
    }
    this.#after('login', FIRST_WORD_MS[this.place.kind], () => this.stumble('timeout'));
    const report = (status, condition) => {
      if (!this.#isOver) this.#follow(status, condition);
    };
    try {
      strophe.connect(jid, password, report, HOLD_SECONDS, 1);
    } catch (error) {
      console.warn(error);
      this.#close({ condition: 'unreachable' });
      return;
    }
    // Strophe says nothing of a socket that closes in good order before the login.
    strophe._proto.socket?.addEventListener('close', () => this.stumble('unreachable'));
  }

  send(stanza) {
    if (!this.#isOver) this.#strophe.send(stanza);
  }

  /** Calls `done(answer)` when the answer to an IQ comes; returns a function that forgets it. */
  ask(iq, done) {
    const element = iq.tree();
    const id = element.getAttribute('id') ?? this.#strophe.getUniqueId();
    element.setAttribute('id', id);
    const handler = this.#strophe.addHandler(done, null, 'iq', ['result', 'error'], id);
    this.send(element);
    return () => this.#strophe.deleteHandler(handler);
  }

  /** Asks the server for a sign of life, and calls `done` when it answers; something must come. */
  ping(done = () => {}, patience = PROBE_MS) {
    if (this.#isOver) return;
    if (!this.isHeld) this.#after('probe', patience, () => this.stumble('timeout'));
    const to = Strophe.getDomainFromJid(this.jid);
    this.ask($iq({ type: 'get', to }).c('ping', { xmlns: NS.ping }), done);
  }

  /** The same to find out whether the network is there; at most one is on its way. */
  probe(patience) {
    if (this.#isOver || this.isHeld) return;
    if (this.#isProbing) {
      this.#after('probe', patience ?? PROBE_MS, () => this.stumble('timeout'));
      return;
    }
    this.#isProbing = true;
    this.ping(() => {
      this.#isProbing = false;
    }, patience);
  }

  /** The network failed: a BOSH session is kept and tried again, any other is over. */
  stumble(condition) {
    if (this.#isOver) return;
    if (!this.#bosh?.canContinue) {
      this.#close({ condition });
      return;
    }
    if (this.isHeld) return;
    this.#forget('probe');
    this.#bosh.hold();
    const pause = this.#backoff.next();
    this.#after('repeat', pause, () => this.retry());
    // Once is no news: an idle connection that was closed under a request looks the same.
    if (this.#backoff.attempts > 1) this.#owner.linkInterrupted(condition, Date.now() + pause);
  }

  /** Sends what a held session has not had answered, now. */
  retry() {
    if (!this.isHeld) return;
    this.#forget('repeat');
    this.#bosh.repeat();
    if (this.#backoff.attempts > 1) this.#owner.linkRetrying();
    this.probe(SHORT_PROBE_MS);
  }

  /** Ends the session and says so to the server. Nothing is reported any more. */
  end() {
    if (this.#isOver) return;
    this.#stop();
    this.#bosh?.repeat();
    this.#strophe.disconnect();
  }

  /** The same while the page goes away. */
  leave() {
    if (this.#isOver) return;
    const presence = $pres({ xmlns: NS.client, type: 'unavailable' });
    if (this.#bosh?.canContinue) {
      const body = this.#bosh.farewell(presence);
      navigator.sendBeacon(this.place.url, new Blob([body], { type: 'text/plain' }));
      this.#stop();
      this.#bosh.hold();
    } else {
      this.end();
    }
  }

  #follow(status, condition) {
    const { Status } = Strophe;
    if (status === Status.CONNECTED) {
      this.#wasOpened = true;
      this.#forget('login');
      this.#after('look', LOOK_MS, () => this.#look());
      for (const name of ['message', 'presence', 'iq']) this.#forward(name);
      this.#owner.linkOpened();
    } else if (status === Status.AUTHFAIL) {
      this.#close({ ...this.#problem ?? { condition: condition ?? '' }, isRefusal: true });
    } else if (status === Status.CONNFAIL || status === Status.ERROR) {
      const isNamed = /^[a-z-]+$/.test(condition ?? '') && !UNTOLD.includes(condition);
      this.#problem ??= { condition: isNamed ? condition : 'unreachable' };
    } else if (status === Status.DISCONNECTED) {
      this.#close({ ...this.#problem ?? { condition: condition ?? undefined }, isGone: true });
    }
  }

  #forward(name) {
    this.#strophe.addHandler((stanza) => {
      try {
        this.#owner.linkReceived(name, stanza);
      } catch (error) {
        console.error(error);
      }
      return true;
    }, null, name);
  }

  /** Keeps the reason of a refused login or a closed stream: the library passes on less. */
  #notice(received) {
    for (const element of [received, ...received.children ?? []]) {
      const isFailure = element.localName === 'failure' && element.namespaceURI === NS.sasl;
      const isError = element.localName === 'error' && element.namespaceURI === NS.streams;
      if (!isFailure && !isError) continue;
      const named = [...element.children].find((each) => each.localName !== 'text');
      this.#problem = { condition: named?.localName ?? '', text: childText(element, 'text') };
    }
  }

  #hear() {
    this.lastHeard = Date.now();
    this.#forget('probe');
    if (!this.#wasHeard) {
      this.#wasHeard = true;
      this.#after('login', LOGIN_MS, () => this.stumble('timeout'));
    }
    if (this.#backoff.attempts === 0) return;
    const wasNews = this.#backoff.attempts > 1;
    this.#backoff.reset();
    if (wasNews) queueMicrotask(() => this.#isOver || this.#owner.linkRestored());
  }

  /** Looks now and then whether it is quiet for too long. */
  #look() {
    const usual = this.#bosh ? this.#bosh.waitMs + LOOK_MS : QUIET_MS;
    if (Date.now() - this.lastHeard > usual && !this.#timers.has('probe')) this.probe();
    this.#after('look', LOOK_MS, () => this.#look());
  }

  #close({ condition = 'unreachable', text = '', isRefusal = false, isGone = false }) {
    if (this.#isOver) return;
    // Whoever answered with a reason was the right place.
    const hadBegun = this.#wasOpened || (this.#wasHeard && !UNREACHED.has(condition));
    this.#stop();
    if (!isGone) {
      this.#bosh?.hold();
      this.#strophe.disconnect(condition);
    }
    this.#owner.linkClosed({ condition, text, isRefusal, hadBegun });
  }

  #stop() {
    this.#isOver = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #after(name, milliseconds, action) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, milliseconds));
  }

  #forget(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
