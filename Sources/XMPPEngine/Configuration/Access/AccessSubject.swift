import XMPPCore

/// Who asks: an address, an IP address, or both.
package struct AccessSubject: Hashable, Sendable {
    package let jid: JID?
    package let ip: IPAddress?

    package init(jid: JID? = nil, ip: IPAddress? = nil) {
        self.jid = jid
        self.ip = ip
    }

    package init(_ account: BareJID, ip: IPAddress? = nil) {
        self.init(jid: JID(account), ip: ip)
    }
}
