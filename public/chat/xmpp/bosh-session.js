// A BOSH session outlives its HTTP connections: a request that was not answered is sent again, to
// the byte, under its number, and the server answers from its buffer or takes it for the first
// time (XEP-0124 §14.3). So nothing is lost or doubled while the session lives.

const { Strophe } = window;
const NOTHING = () => {};

export class BOSHSession {
  #strophe;
  #held = null;

  constructor(strophe) {
    this.#strophe = strophe;
    // Strophe is to give up no request by itself: `hold` takes them all.
    strophe.maxRetries = Number.MAX_SAFE_INTEGER;
  }

  get isHeld() {
    return this.#held !== null;
  }

  /** Whether there is a session that can go on. */
  get canContinue() {
    return Boolean(this.#strophe.authenticated && this.#strophe._proto.sid);
  }

  /** How long the server lets a request wait. */
  get waitMs() {
    return this.#strophe._proto.wait * 1000;
  }

  /** Takes back the requests on their way; what is sent from now on waits in Strophe. */
  hold() {
    if (this.#held) return;
    const proto = this.#strophe._proto;
    this.#strophe.pause();
    this.#held = proto._requests;
    proto._requests = [];
    proto.errors = 0;
    for (const request of this.#held) {
      request.abort = true;
      request.xhr.onreadystatechange = NOTHING;
      request.xhr.abort();
    }
  }

  /** Sends the same requests again, and then what waits. */
  repeat() {
    if (!this.#held) return;
    const proto = this.#strophe._proto;
    proto._requests = this.#held.map(
      ({ xmlData, origFunc, rid }) => new Strophe.Request(xmlData, origFunc, rid, 0));
    this.#held = null;
    this.#strophe.resume();
    proto._throttledRequestHandler();
  }

  /** The request that ends the session, for a page that goes away. */
  farewell(presence) {
    const proto = this.#strophe._proto;
    const body = Strophe.xmlElement('body', [
      ['xmlns', Strophe.NS.HTTPBIND], ['rid', String(proto.rid)], ['sid', proto.sid],
      ['type', 'terminate'],
    ]);
    proto.rid += 1;
    body.append(presence.tree());
    return Strophe.serialize(body);
  }
}
