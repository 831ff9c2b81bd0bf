import XMPPCore

extension C2SSession: ByteStreamOwner {
    package var domain: String { host?.domain ?? directory.defaultDomain }

    package func took(_ bytes: Int) {
        loop.counters.add(.bytesIn(transportClass), bytes)
        // White space is a sign of life, too.
        activity &+= 1
        if lastHeard > 0 { lastHeard = CoarseTimers.milliseconds() }
        guard !shaper.isUnlimited else { return }
        let pause = shaper.pause(after: bytes, now: CoarseTimers.milliseconds())
        if pause > 0 { self.pause(milliseconds: pause) }
    }

    package func shutDown(_ error: StreamError) { fail(error) }

    package func secured(_ facts: TLSFacts) {
        secured(
            TransportSecurity(facts), summary: "\(facts.version) \(facts.cipher)")
    }
}

extension TransportSecurity {
    /// What a TLS handshake gave, as a login sees it.
    package init(_ facts: TLSFacts) {
        var bindings: [ChannelBindingType: [UInt8]] = [:]
        bindings[.tlsExporter] = facts.exporterBinding
        bindings[.tlsServerEndPoint] = facts.serverEndPointBinding
        let names = facts.peer.flatMap { $0.isTrusted ? $0.names.addresses : nil } ?? []
        self.init(
            isEncrypted: true, channelBindings: bindings,
            certificateAddresses: names.compactMap { BareJID($0) })
    }
}
