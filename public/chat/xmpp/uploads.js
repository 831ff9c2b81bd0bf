// Files: uploaded to the server's service (XEP-0363), their addresses sent as messages (XEP-0066).
//
// The `file` of a message: { source, name, size, loaded }. One file at a time is on its way; the
// others wait, as all do while there is no connection.
//
// Event `change`: the service was found, or is gone.

import { webAddress } from './addresses.js';
import { stanzaFailure } from './conditions.js';
import { domainpart } from './jid.js';
import { NS, child, childText } from './namespaces.js';
import { inBytes } from './units.js';

const { $iq } = window;
const ATTEMPTS_MAX = 3;
const PAUSE_MS = 2000;
const ITEMS_MAX = 20;
const FIELDS = ['authorization', 'expires'];
const ANSWERS = {
  400: 'The server did not understand the upload.',
  403: 'The server refused the upload.',
  404: 'The place for this file is gone. Please try again.',
  410: 'The place for this file is gone. Please try again.',
  413: 'The server finds the file too large.',
  415: 'The server does not take files of this kind.',
  429: 'Too many uploads at once. Please try later.',
  507: 'The server has no room left for this file.',
};

export class Uploads extends EventTarget {
  #connection;
  #conversations;
  #service = null;
  #queue = [];
  #current = null;

  constructor(connection, conversations) {
    super();
    this.#connection = connection;
    this.#conversations = conversations;
    connection.addEventListener('state', ({ detail: { state } }) => {
      if (state === 'online') this.#next();
    });
  }

  /** Where the own server keeps files: its pictures may be shown without asking. */
  origins = new Set([location.origin]);

  get isAvailable() {
    return this.#service !== null;
  }

  /** The largest file in bytes that the service takes; infinite when it does not say. */
  get bytesMax() {
    return this.#service?.bytesMax ?? Infinity;
  }

  /** Looks for the service: the host itself, or one of its items. */
  async find() {
    const host = domainpart(this.#connection.jid);
    this.#service = await this.#examine(host);
    if (!this.#service) {
      const answer = await this.#ask(host, NS.discoItems);
      const items = [...child(answer, 'query', NS.discoItems)?.children ?? []]
        .map((each) => each.getAttribute('jid')).filter(Boolean).slice(0, ITEMS_MAX);
      const found = await Promise.all(items.map((jid) => this.#examine(jid).catch(() => null)));
      this.#service = found.find(Boolean) ?? null;
    }
    this.dispatchEvent(new Event('change'));
  }

  forget() {
    this.#service = null;
    this.#queue = [];
    this.#current?.abort();
    this.#current = null;
    this.dispatchEvent(new Event('change'));
  }

  send(conversation, source) {
    const { name, size } = source;
    const file = { source, name, size, loaded: 0, attempts: 0 };
    this.#enqueue(conversation, this.#conversations.addOwn(conversation, name, file));
  }

  retry(conversation, message) {
    const { source } = message.file;
    this.#conversations.discard(conversation, message);
    this.send(conversation, source);
  }

  /** Takes back a file that is not sent yet. */
  cancel(conversation, message) {
    this.#queue = this.#queue.filter((each) => each.message !== message);
    this.#conversations.discard(conversation, message);
    if (this.#current?.message === message) this.#current.abort();
  }

  #enqueue(conversation, message) {
    const { size } = message.file;
    const problem = size === 0 && 'This file is empty.'
      || size > this.bytesMax && `This file has ${inBytes(size)}; the server takes up to `
        + `${inBytes(this.bytesMax)}.`;
    if (problem) {
      this.#conversations.fail(conversation, message, problem, true);
      return;
    }
    this.#queue.push({ conversation, message });
    this.#next();
  }

  async #next() {
    if (this.#current || this.#connection.state !== 'online' || !this.#service) return;
    const job = this.#queue.shift();
    if (!job) return;
    const { conversation, message } = job;
    const controller = new AbortController();
    const current = { message, abort: () => controller.abort() };
    this.#current = current;
    let pause = 0;
    try {
      const url = await this.#upload(job, controller.signal);
      if (!controller.signal.aborted) this.#conversations.sendLink(conversation, message, url);
    } catch (error) {
      if (!controller.signal.aborted && this.#keeps(job, error)) pause = PAUSE_MS;
    } finally {
      if (this.#current === current) this.#current = null;
    }
    setTimeout(() => this.#next(), pause);
  }

  /** A lost network is no reason to give up; the server's word is. */
  #keeps(job, error) {
    const { conversation, message } = job;
    message.file.loaded = 0;
    if (this.#connection.state === 'online') message.file.attempts += 1;
    if (error.isNetwork && message.file.attempts < ATTEMPTS_MAX) {
      this.#queue.unshift(job);
      return true;
    }
    this.#conversations.fail(conversation, message, error.message);
    return false;
  }

  async #upload({ conversation, message }, signal) {
    const slot = await this.#requestSlot(message.file.source);
    this.origins.add(new URL(slot.get).origin);
    signal.throwIfAborted();
    let told = 0;
    await put(slot, message.file.source, signal, (loaded) => {
      message.file.loaded = loaded;
      if (Date.now() - told < 100 && loaded < message.file.size) return;
      told = Date.now();
      this.#conversations.emit('progress', conversation, message);
    });
    return slot.get;
  }

  async #requestSlot({ name, size, type }) {
    const iq = $iq({ type: 'get', to: this.#service.jid }).c('request', {
      xmlns: NS.upload, filename: name, size: String(size),
      ...(type ? { 'content-type': type } : {}),
    });
    try {
      return readSlot(await this.#connection.request(iq));
    } catch (error) {
      throw Object.assign(new Error(refusal(error)), { isNetwork: error.condition === 'timeout' });
    }
  }

  async #examine(jid) {
    const query = child(await this.#ask(jid, NS.discoInfo), 'query', NS.discoInfo);
    const children = [...query?.children ?? []];
    if (!children.some((each) => each.getAttribute('var') === NS.upload)) return null;
    const fields = children.filter((each) => each.namespaceURI === NS.data)
      .flatMap((form) => [...form.children]);
    const field = fields.find((each) => each.getAttribute('var') === 'max-file-size');
    const bytesMax = Number.parseInt(field ? childText(field, 'value') : '', 10);
    return { jid, bytesMax: bytesMax > 0 ? bytesMax : Infinity };
  }

  #ask(to, xmlns) {
    return this.#connection.request($iq({ type: 'get', to }).c('query', { xmlns }));
  }
}

function readSlot(answer) {
  const slot = child(answer, 'slot', NS.upload);
  const [put, get] = ['put', 'get'].map((name) => slot && child(slot, name, NS.upload));
  const urls = [put, get].map((each) => each?.getAttribute('url') ?? '');
  if (!urls.every(isWebAddress)) throw new Error('The server gave no place for the file.');
  const fields = [...put.children].filter((each) => each.localName === 'header')
    .map((each) => [each.getAttribute('name') ?? '', each.textContent].map(withoutNewlines))
    .filter(([name]) => FIELDS.includes(name.toLowerCase()));
  return { put: urls[0], get: urls[1], fields };
}

const withoutNewlines = (text) => text.replace(/[\r\n]/g, '');

const isWebAddress = (url) => webAddress(url) !== null;

/** Why there is no slot, as exact as the server was (XEP-0363 §6). */
function refusal({ answer, message }) {
  if (!answer) return message;
  const error = child(answer, 'error');
  const tooLarge = error && child(error, 'file-too-large', NS.upload);
  if (tooLarge) {
    const bytes = Number.parseInt(childText(tooLarge, 'max-file-size'), 10);
    return bytes > 0 ? `The server takes files up to ${inBytes(bytes)}.` : ANSWERS[413];
  }
  return childText(error, 'text') || stanzaFailure(answer).words;
}

/** The file, as it is; `fetch` cannot tell how far it has got. */
function put({ put: url, fields }, source, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (words, isNetwork = false) =>
      reject(Object.assign(new Error(words), { isNetwork }));
    request.open('PUT', url);
    request.setRequestHeader('Content-Type', source.type || 'application/octet-stream');
    for (const [name, value] of fields) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve();
      else fail(ANSWERS[status] ?? `The server refused the upload (${status}).`);
    });
    request.addEventListener('error', () => fail('The upload did not reach the server.', true));
    signal.addEventListener('abort', () => {
      request.abort();
      fail('cancelled');
    });
    request.send(source);
  });
}
