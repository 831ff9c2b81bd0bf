// How long to wait between attempts: longer each time, and not the same for all clients at once.

const LONGEST_SECONDS = 30;

export class Backoff {
  #attempts = 0;

  get attempts() {
    return this.#attempts;
  }

  /** Milliseconds until the next attempt: between half and all of ½, 1, 2, 4 … 30 s. */
  next() {
    const most = Math.min(LONGEST_SECONDS, 0.5 * 2 ** this.#attempts) * 1000;
    this.#attempts += 1;
    return most * (0.5 + Math.random() / 2);
  }

  reset() {
    this.#attempts = 0;
  }
}
