// One signed-in account over BOSH (XEP-0124, XEP-0206), kept connected.
//
// Events: `state` (detail: state, problem, retryAt); each stanza as `message`, `presence`, `iq`.
// States: offline → connecting → online → waiting (for the next attempt) → connecting …

import { loginFailure, stanzaFailure, streamFailure } from './conditions.js';
import { NS, childText } from './namespaces.js';

const { Strophe } = window;
const HOLD_SECONDS = 60;
const CONNECT_SECONDS = 30;
const IQ_SECONDS = 30;
const LONGEST_PAUSE = 30;
const FAILURES_BEFORE_LOST = 2;
const HTTP_FAILURES = [0, 500, 502, 503, 504];
const FINAL = new Set(['conflict', 'not-authorized', 'host-gone', 'policy-violation']);

export class Connection extends EventTarget {
  #url;
  #strophe = null;
  #credentials = null;
  #wasOnline = false;
  #attempts = 0;
  #timer = 0;
  #problem = null;
  #unanswered = new Set();

  state = 'offline';
  /** When the server was last heard; what was sent later may not have arrived. */
  lastHeard = 0;

  constructor(url) {
    super();
    this.#url = url;
    window.addEventListener('online', () => this.retryNow());
    window.addEventListener('pagehide', () => this.#leave());
  }

  get jid() {
    return this.#strophe?.jid ?? '';
  }

  signIn(jid, password) {
    const id = Math.random().toString(36).slice(2, 8);
    this.#credentials = { jid: `${jid}/web-${id}`, password };
    this.#wasOnline = false;
    this.#attempts = 0;
    this.#connect();
  }

  signOut() {
    const strophe = this.#strophe;
    this.#end(null);
    strophe?.disconnect();
  }

  retryNow() {
    if (this.state === 'waiting') this.#connect();
  }

  send(stanza) {
    this.#strophe?.send(stanza);
  }

  uniqueId() {
    return this.#strophe?.getUniqueId() ?? '';
  }

  /** Sends an IQ; resolves with the result, rejects with an Error whose message is for people. */
  request(iq) {
    return new Promise((resolve, reject) => {
      const fail = (answer) => {
        this.#unanswered.delete(fail);
        const { condition, words } = stanzaFailure(answer);
        reject(Object.assign(new Error(words), { condition }));
      };
      const succeed = (answer) => {
        this.#unanswered.delete(fail);
        resolve(answer);
      };
      if (this.state !== 'online') {
        fail(null);
        return;
      }
      this.#unanswered.add(fail);
      this.#strophe.sendIQ(iq, succeed, fail, IQ_SECONDS * 1000);
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#problem = null;
    const strophe = new Strophe.Connection(this.#url, {
      mechanisms: [Strophe.SASLSHA1, Strophe.SASLPlain],
    });
    this.#strophe = strophe;
    strophe.maxRetries = 3;
    strophe.xmlInput = (element) => this.#notice(element);
    this.#watch(strophe);
    this.#become('connecting');
    const { jid, password } = this.#credentials;
    const report = (status, condition) => {
      if (strophe === this.#strophe) this.#follow(strophe, status, condition);
    };
    strophe.connect(jid, password, report, HOLD_SECONDS, 1);
  }

  /** Notices a dead network sooner than the library's own retries would. */
  #watch(strophe) {
    let failures = 0;
    const failed = () => {
      failures += 1;
      if (failures >= FAILURES_BEFORE_LOST) this.#lose(strophe, 'unreachable');
    };
    strophe.rawInput = () => {
      failures = 0;
      this.lastHeard = Date.now();
    };
    for (const status of HTTP_FAILURES) strophe.addProtocolErrorHandler('HTTP', status, failed);
    this.#timer = setTimeout(() => this.#lose(strophe, 'timeout'), CONNECT_SECONDS * 1000);
  }

  #follow(strophe, status, condition) {
    const { Status } = Strophe;
    if (status === Status.CONNECTED) {
      clearTimeout(this.#timer);
      this.#wasOnline = true;
      this.#attempts = 0;
      for (const name of ['message', 'presence', 'iq']) this.#forward(strophe, name);
      this.#become('online');
    } else if (status === Status.AUTHFAIL) {
      const { condition: reason, text } = this.#problem ?? {};
      this.#end(loginFailure(condition ?? reason, text));
      strophe.disconnect();
    } else if (status === Status.CONNFAIL) {
      this.#problem ??= { condition, text: '' };
      if (condition === 'giving-up' || condition === 'bad-service') {
        this.#lose(strophe, 'unreachable');
      }
    } else if (status === Status.DISCONNECTED) {
      this.#closed(this.#problem ?? { condition: condition ?? 'unreachable', text: '' });
    }
  }

  #forward(strophe, name) {
    strophe.addHandler((stanza) => {
      try {
        this.dispatchEvent(new CustomEvent(name, { detail: stanza }));
      } catch (error) {
        console.error(error);
      }
      return true;
    }, null, name);
  }

  /** Keeps the reason of a refused login or a closed stream: the library passes on less. */
  #notice(element) {
    const isFailure = element.localName === 'failure' && element.namespaceURI === NS.sasl;
    const isError = element.nodeName === 'stream:error';
    if (!isFailure && !isError) return;
    const named = [...element.children].find((each) => each.localName !== 'text');
    this.#problem = { condition: named?.localName ?? '', text: childText(element, 'text') };
  }

  #lose(strophe, condition) {
    if (strophe !== this.#strophe) return;
    this.#strophe = null;
    strophe.maxRetries = 0;
    strophe.disconnect(condition);
    this.#closed({ condition, text: '' });
  }

  #closed({ condition, text }) {
    this.#strophe = null;
    clearTimeout(this.#timer);
    const problem = streamFailure(condition, text);
    if (!this.#wasOnline || FINAL.has(condition)) {
      this.#end(problem);
      return;
    }
    const jitter = 0.8 + Math.random() * 0.4;
    const pause = Math.min(LONGEST_PAUSE, 2 ** this.#attempts) * jitter * 1000;
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#become('waiting', problem, Date.now() + pause);
  }

  #end(problem) {
    clearTimeout(this.#timer);
    this.#strophe = null;
    this.#credentials = null;
    this.#become('offline', problem);
  }

  #become(state, problem = null, retryAt = 0) {
    this.state = state;
    if (state !== 'online') this.#unanswered.forEach((fail) => fail(null));
    this.dispatchEvent(new CustomEvent('state', { detail: { state, problem, retryAt } }));
  }

  /** Ends the session when the page goes away, so that contacts see it at once. */
  #leave() {
    const bosh = this.#strophe?._proto;
    if (this.state !== 'online' || !bosh?.sid) return;
    const body = `<body xmlns="${NS.bind}" rid="${bosh.rid++}" sid="${bosh.sid}" type="terminate">`
      + `<presence xmlns="${NS.client}" type="unavailable"/></body>`;
    navigator.sendBeacon(this.#url, new Blob([body], { type: 'text/plain' }));
  }
}

/** Whether a stanza may speak for the account itself: from the server or the own bare JID. */
export function isFromOwnAccount(stanza, ownJid) {
  const from = stanza.getAttribute('from');
  return !from || from === Strophe.getBareJidFromJid(ownJid);
}
