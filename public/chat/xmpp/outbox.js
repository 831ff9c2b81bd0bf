// Messages that the server has not taken yet. They are kept here until it has: written in a session
// that others know of (`open`), or receipts could miss it; and again, under the same id, when the
// session they were written in is lost.
//
// Event `taken`: the server has it (detail: id).

/** How many messages may wait. */
export const WAITING_MAX = 500;

export class Outbox extends EventTarget {
  #connection;
  /** Id → { build, isWritten }, in the order of sending. */
  #entries = new Map();
  /** Ids of the messages that a question on its way stands for; null without one. */
  #asked = null;
  #isOpen = false;

  constructor(connection) {
    super();
    this.#connection = connection;
    connection.addEventListener('state', ({ detail }) => this.#follow(detail));
  }

  get size() {
    return this.#entries.size;
  }

  get isFull() {
    return this.#entries.size >= WAITING_MAX;
  }

  /** Sends what `build()` makes, a message with that id, as soon as that can be. */
  add(id, build) {
    this.#entries.set(id, { build, isWritten: false });
    this.#write();
  }

  /** Forgets a message: it has arrived, or come back. */
  remove(id) {
    this.#entries.delete(id);
  }

  clear() {
    this.#entries.clear();
    this.#asked = null;
  }

  /** The session is ready: presence is sent. */
  open() {
    this.#isOpen = true;
    this.#write();
  }

  #follow({ state, isSameSession }) {
    if (!isSameSession && state !== 'waiting') this.#startAnew();
    else this.#write();
  }

  /** Whatever was written in another session may not have arrived. */
  #startAnew() {
    this.#asked = null;
    this.#isOpen = false;
    for (const entry of this.#entries.values()) entry.isWritten = false;
  }

  #write() {
    if (!this.#isOpen || this.#connection.state !== 'online') return;
    for (const entry of this.#entries.values()) {
      if (entry.isWritten) continue;
      entry.isWritten = true;
      this.#connection.send(entry.build());
    }
    this.#ask();
  }

  /** One question at a time; what is written meanwhile gets the next one. */
  #ask() {
    const asked = [...this.#entries].filter(([, { isWritten }]) => isWritten).map(([id]) => id);
    if (this.#asked || asked.length === 0) return;
    this.#asked = asked;
    this.#connection.confirm(() => {
      if (this.#asked !== asked) return;
      this.#asked = null;
      for (const id of asked) this.#take(id);
      this.#ask();
    });
  }

  #take(id) {
    if (!this.#entries.delete(id)) return;
    this.dispatchEvent(new CustomEvent('taken', { detail: id }));
  }
}
