// Which transport to use: WebSocket (RFC 7395) before BOSH (XEP-0124), or the one a person chose.

import { findPlaces } from './discovery.js';

export const CHOICES = Object.freeze({
  automatic: 'Automatic',
  websocket: 'WebSocket only',
  bosh: 'BOSH only',
});

export const NAMES = Object.freeze({ websocket: 'WebSocket', bosh: 'BOSH' });

const REMEMBERED = 'martlet.transport';
const ORDER = ['websocket', 'bosh'];
/** How long a place that failed is tried after the others. */
const AVOIDED_MS = 5 * 60 * 1000;

export class Transports {
  #usual;
  #places = null;
  #failures = new Map();

  /** `usual`: the places where servers answer that have no host-meta. */
  constructor(usual) {
    this.#usual = usual;
  }

  get choice() {
    const chosen = localStorage.getItem(REMEMBERED);
    return chosen in CHOICES ? chosen : 'automatic';
  }

  set choice(kind) {
    if (kind === 'automatic') localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, kind);
  }

  allows(kind) {
    return this.choice === 'automatic' || this.choice === kind;
  }

  /** What to try now, best first. */
  async plan() {
    const places = (await this.#find()).filter(({ kind }) => this.allows(kind));
    const now = Date.now();
    const isAvoided = ({ url }) => now - (this.#failures.get(url) ?? -AVOIDED_MS) < AVOIDED_MS;
    return places.sort((a, b) =>
      isAvoided(a) - isAvoided(b) || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  }

  /** Where to post BOSH requests. */
  async boshUrl() {
    return (await this.#find()).find(({ kind }) => kind === 'bosh')?.url ?? '';
  }

  noteFailure({ url }) {
    this.#failures.set(url, Date.now());
  }

  noteSuccess({ url }) {
    this.#failures.delete(url);
  }

  /** A person's wish to try now, or a new choice, gives every place a new chance. */
  forgetFailures() {
    this.#failures.clear();
  }

  #find() {
    this.#places ??= findPlaces(this.#usual);
    return this.#places;
  }
}
