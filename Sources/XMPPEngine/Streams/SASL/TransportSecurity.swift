import XMPPCore

/// What is known of the protection of the connection under a stream.
package struct TransportSecurity: Hashable, Sendable {
    /// A connection in clear text.
    package static let none = TransportSecurity(isEncrypted: false)

    /// Whether nobody on the way can read along, be it by TLS here or by HTTPS in front.
    package let isEncrypted: Bool
    /// The data of each channel binding that this connection has.
    package let channelBindings: [ChannelBindingType: [UInt8]]
    /// The XMPP addresses in the client's certificate; empty unless the certificate was verified.
    package let certificateAddresses: [BareJID]

    /// Gathers what the transport knows.
    package init(
        isEncrypted: Bool, channelBindings: [ChannelBindingType: [UInt8]] = [:],
        certificateAddresses: [BareJID] = []
    ) {
        self.isEncrypted = isEncrypted
        self.channelBindings = channelBindings
        self.certificateAddresses = certificateAddresses
    }
}
