// Making an account before signing in (XEP-0077) over a BOSH session of its own: three or four
// requests in a row, so no library is needed.

import { stanzaFailure, streamFailure } from './conditions.js';
import { fillQuery, parseQuery } from './forms.js';
import { NS, child } from './namespaces.js';

const EMPTY_ANSWERS_MAX = 3;

export class RegistrationError extends Error {
  constructor(condition, words) {
    super(words);
    this.condition = condition;
  }
}

export class Registration {
  #url;
  #domain;
  #rid = Math.floor(Math.random() * 2 ** 32) + 1;
  #sid = null;

  constructor(url, domain) {
    this.#url = url;
    this.#domain = domain;
  }

  /** Asks the server for its form; see forms.js for its shape. */
  async fetchForm() {
    const answer = await this.#post({
      to: this.#domain, ver: '1.11', wait: '10', hold: '1', 'xml:lang': navigator.language,
    });
    this.#sid = answer.getAttribute('sid');
    if (!this.#sid) throw new RegistrationError('', 'The server did not open a session.');
    const result = await this.#request('get', 'form', () => {});
    const query = child(result, 'query', NS.register);
    if (!query) throw new RegistrationError('', 'The server sent no registration form.');
    return parseQuery(query);
  }

  async submit(form, answers) {
    await this.#request('set', 'submit', (query) => fillQuery(query, form, answers));
  }

  async close() {
    const sid = this.#sid;
    if (!sid) return;
    try {
      await this.#post({ type: 'terminate' });
    } catch {
      // Nothing is lost: the server forgets idle sessions.
    }
    this.#sid = null;
  }

  async #request(type, id, fill) {
    const iq = document.createElementNS(NS.client, 'iq');
    iq.setAttribute('type', type);
    iq.setAttribute('id', id);
    iq.setAttribute('to', this.#domain);
    const query = iq.appendChild(document.createElementNS(NS.register, 'query'));
    fill(query);
    let body = await this.#post({}, iq);
    for (let empty = 0; empty < EMPTY_ANSWERS_MAX; empty += 1) {
      const answer = [...body.children].find((each) => each.getAttribute('id') === id);
      if (answer?.getAttribute('type') === 'result') return answer;
      if (answer) {
        const { condition, words } = stanzaFailure(answer);
        throw new RegistrationError(condition, words);
      }
      body = await this.#post({});
    }
    throw new RegistrationError('timeout', streamFailure('timeout'));
  }

  async #post(attributes, stanza) {
    const body = document.createElementNS(NS.bind, 'body');
    body.setAttribute('rid', String(this.#rid));
    this.#rid += 1;
    if (this.#sid) body.setAttribute('sid', this.#sid);
    for (const [name, value] of Object.entries(attributes)) body.setAttribute(name, value);
    if (!this.#sid) {
      body.setAttributeNS(NS.xbosh, 'xmpp:version', '1.0');
    }
    if (stanza) body.appendChild(stanza);
    const answer = parse(await this.#exchange(new XMLSerializer().serializeToString(body)));
    if (answer.getAttribute('type') === 'terminate' && attributes.type !== 'terminate') {
      this.#sid = null;
      const condition = answer.getAttribute('condition') ?? '';
      const error = answer.getElementsByTagNameNS(NS.streams, '*')[0]?.localName;
      throw new RegistrationError(condition, streamFailure(error ?? condition));
    }
    return answer;
  }

  async #exchange(text) {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        body: text,
        headers: { 'Content-Type': 'text/xml; charset=utf-8' },
        signal: AbortSignal.timeout(30000),
      });
      if (response.ok) return await response.text();
    } catch (error) {
      console.warn(error);
    }
    throw new RegistrationError('unreachable', streamFailure('unreachable'));
  }
}

function parse(text) {
  const root = new DOMParser().parseFromString(text, 'text/xml').documentElement;
  if (root.localName !== 'body' || root.namespaceURI !== NS.bind) {
    throw new RegistrationError('', 'The server sent something that is not a chat session.');
  }
  return root;
}
