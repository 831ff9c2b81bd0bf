// Addresses (RFC 7622), as far as a client must take them apart. The server has the last word.

export function bare(jid) {
  const slash = jid.indexOf('/');
  return (slash < 0 ? jid : jid.slice(0, slash)).toLowerCase();
}

export function resource(jid) {
  const slash = jid.indexOf('/');
  return slash < 0 ? '' : jid.slice(slash + 1);
}

export function localpart(jid) {
  const at = bare(jid).indexOf('@');
  return at < 0 ? '' : bare(jid).slice(0, at);
}

export function domainpart(jid) {
  return bare(jid).slice(bare(jid).indexOf('@') + 1);
}

/** The domain that a name without one belongs to: the page's own, unless that is an IP address. */
export function defaultDomain(hostname = location.hostname) {
  return /^[\d.]+$|^\[|:/.test(hostname) ? 'localhost' : hostname;
}

/**
 * The bare JID a person meant by what they typed, or null.
 * "juliet" means juliet at `domain`; a resource is dropped.
 */
export function fromInput(text, domain = defaultDomain()) {
  const typed = text.trim().replace(/^xmpp:/i, '');
  if (!typed) return null;
  const jid = bare(typed.includes('@') ? typed : `${typed}@${domain}`);
  const [local, host, ...rest] = jid.split('@');
  if (rest.length || !local || !host || jid.length > 2047) return null;
  if (/["&'/:<>\s\u0000-\u001f\u007f]/.test(local)) return null;
  return /^[^\s@"&'/<>]+$/.test(host) ? jid : null;
}
