export const NS = Object.freeze({
  bind: 'http://jabber.org/protocol/httpbind',
  xbosh: 'urn:xmpp:xbosh',
  client: 'jabber:client',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  stanzas: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  streams: 'urn:ietf:params:xml:ns:xmpp-streams',
  roster: 'jabber:iq:roster',
  register: 'jabber:iq:register',
  registerFeature: 'http://jabber.org/features/iq-register',
  data: 'jabber:x:data',
  oob: 'jabber:x:oob',
  delay: 'urn:xmpp:delay',
  legacyDelay: 'jabber:x:delay',
  chatStates: 'http://jabber.org/protocol/chatstates',
  receipts: 'urn:xmpp:receipts',
  ping: 'urn:xmpp:ping',
  version: 'jabber:iq:version',
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
  upload: 'urn:xmpp:http:upload:0',
  stanzaId: 'urn:xmpp:sid:0',
});

/** The first child element with that name (and namespace, when given), or null. */
export function child(element, name, namespace) {
  for (const each of element.children) {
    if (each.localName === name && (!namespace || each.namespaceURI === namespace)) return each;
  }
  return null;
}

/** The text of such a child; '' when there is none. */
export function childText(element, name, namespace) {
  return child(element, name, namespace)?.textContent ?? '';
}
