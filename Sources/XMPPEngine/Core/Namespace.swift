/// An XML namespace name.
///
/// Handlers use the static members, never a literal.
package struct Namespace: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    package var description: String { name }
}

extension Namespace {
    // Streams (RFC 6120)
    package static let client = Namespace("jabber:client")
    package static let server = Namespace("jabber:server")
    package static let componentAccept = Namespace("jabber:component:accept")
    package static let streams = Namespace("http://etherx.jabber.org/streams")
    package static let streamErrors = Namespace("urn:ietf:params:xml:ns:xmpp-streams")
    package static let stanzaErrors = Namespace("urn:ietf:params:xml:ns:xmpp-stanzas")
    package static let tls = Namespace("urn:ietf:params:xml:ns:xmpp-tls")
    package static let sasl = Namespace("urn:ietf:params:xml:ns:xmpp-sasl")
    package static let bind = Namespace("urn:ietf:params:xml:ns:xmpp-bind")
    package static let session = Namespace("urn:ietf:params:xml:ns:xmpp-session")
    package static let framing = Namespace("urn:ietf:params:xml:ns:xmpp-framing")
    package static let xml = Namespace("http://www.w3.org/XML/1998/namespace")
    // Instant messaging (RFC 6121)
    package static let roster = Namespace("jabber:iq:roster")
    package static let rosterVersioning = Namespace("urn:xmpp:features:rosterver")
    package static let subscriptionPreApproval = Namespace("urn:xmpp:features:pre-approval")
    // HTTP bindings (XEP-0124, XEP-0206)
    package static let httpBind = Namespace("http://jabber.org/protocol/httpbind")
    package static let xbosh = Namespace("urn:xmpp:xbosh")
    // Extensions
    package static let discoInfo = Namespace("http://jabber.org/protocol/disco#info")
    package static let discoItems = Namespace("http://jabber.org/protocol/disco#items")
    package static let legacyAuth = Namespace("jabber:iq:auth")
    package static let legacyAuthFeature = Namespace("http://jabber.org/features/iq-auth")
    package static let register = Namespace("jabber:iq:register")
    package static let registerFeature = Namespace("http://jabber.org/features/iq-register")
    package static let ping = Namespace("urn:xmpp:ping")
    package static let version = Namespace("jabber:iq:version")
    package static let time = Namespace("urn:xmpp:time")
    package static let lastActivity = Namespace("jabber:iq:last")
    package static let privateStorage = Namespace("jabber:iq:private")
    package static let vcard = Namespace("vcard-temp")
    package static let nick = Namespace("http://jabber.org/protocol/nick")
    package static let delay = Namespace("urn:xmpp:delay")
    package static let offlineMessages = Namespace("msgoffline")
    package static let dataForms = Namespace("jabber:x:data")
    package static let httpUpload = Namespace("urn:xmpp:http:upload:0")
    package static let uploadPurpose = Namespace("urn:xmpp:http:upload:purpose:0")
    package static let hints = Namespace("urn:xmpp:hints")
    package static let chatStates = Namespace("http://jabber.org/protocol/chatstates")
    package static let channelBinding = Namespace("urn:xmpp:sasl-cb:0")
}
