import Logging
import NIOCore
import XMPPConfig
import XMPPCore

/// Serves clients over TCP (`ejabberd_c2s`).
package struct C2SListenerFactory: ListenerFactory {
    package init() {}

    package func start(
        _ listener: ListenerConfiguration, on server: Server
    ) async throws -> RunningListener {
        let options = C2SOptions(listener, on: server)
        let output = OutputLimits(listener.options)
        let isDirectTLS = listener.options[ListenerOption.tls]
        let tls = ListenerTLS.make(for: listener, on: server, direct: .directClients)
        if isDirectTLS, tls?.context == nil {
            throw ListenerFailure("no certificate for TLS at \(listener.address)")
        }
        // TLS that must come first but has no certificate lets nobody in, rather than everybody.
        var withoutTLS = options
        withoutTLS.policy.canStartTLS = false
        if isDirectTLS { withoutTLS.policy.tls = .unavailable }
        let usual = SharedC2SOptions(options)
        let unencrypted = SharedC2SOptions(withoutTLS)
        return try await TCPListener.run(listener, on: server) { channel, facts in
            let context = tls?.context
            let streamOptions = isDirectTLS || context == nil ? unencrypted : usual
            let loop = server.environment.streamLoops.loop(on: channel.eventLoop)
            let peer = PeerFacts(facts)
            let transport = TCPStreamTransport(
                loop: loop, contentNamespace: .client, tls: context,
                outputLimits: output
            ) { transport in
                C2SSession(
                    transport: transport, peer: peer, directory: server.hosts,
                    options: streamOptions)
            }
            if isDirectTLS {
                guard let context else { throw ListenerFailure("no certificate") }
                try channel.pipeline.syncOperations.addHandler(TLSChannelHandler(context: context))
            }
            try channel.pipeline.syncOperations.addHandler(transport)
        }
    }
}

extension OutputLimits {
    /// The limits that a listener's options set.
    package convenience init(_ options: OptionValues) {
        self.init(
            stanzasMax: options[ListenerOption.maxQueue],
            stallSeconds: options[ListenerOption.sendTimeout].bound.map {
                max(1, $0.wholeSeconds)
            })
    }
}

/// Why a listener could not be set up.
package struct ListenerFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension C2SOptions {
    /// A listener's options as its streams need them; HTTP listeners have the same.
    package init(_ listener: ListenerConfiguration, on server: Server) {
        self.init()
        let options = listener.options
        if options[ListenerOption.startTLSRequired] {
            policy.tls = .required
        } else {
            policy.tls = options[ListenerOption.startTLS] ? .optional : .unavailable
        }
        limits = StreamLimits(
            stanzaBytesMax: options[ListenerOption.maxStanzaSize].bound?.bytes ?? .max / 2,
            elementsMax: options[ListenerOption.maxStanzaElements].bound ?? .max,
            depthMax: options[ListenerOption.maxStanzaDepth],
            attributesMax: options[ListenerOption.maxStanzaAttributes])
        limitsBeforeLogin = StreamLimits(
            stanzaBytesMax: options[ListenerOption.preAuthMaxStanzaSize].bound?.bytes ?? .max / 2,
            elementsMax: options[ListenerOption.preAuthMaxStanzaElements].bound ?? .max,
            depthMax: options[ListenerOption.preAuthMaxStanzaDepth],
            attributesMax: options[ListenerOption.preAuthMaxStanzaAttributes])
        access = options[ListenerOption.access]
        plainWithoutTLS = options[ListenerOption.allowsUnencryptedSASL] ? .always : .loopback
        let configuration = server.configuration
        negotiationTimeout =
            configuration.options[ServerOption.negotiationTimeout].wholeSeconds
        idleTimeout = options[ListenerOption.idleTimeout].bound?.wholeSeconds ?? 0
        whitespaceInterval = options[ListenerOption.whitespaceInterval].bound?.wholeSeconds ?? 0
        let reference = options[ListenerOption.shaper]
        guard reference != .none else { return }
        shaper = { [weak server] jid, peer in
            guard let access = server?.configuration.access else { return .none }
            let subject = AccessSubject(jid: jid, ip: peer.knownAddress)
            let found = access.shaper(reference, for: subject, host: jid?.bare.domainpart)
            return StreamShaper(
                rate: found?.bytesPerSecond, burst: found?.burstBytes,
                now: CoarseTimers.milliseconds())
        }
    }
}

extension PeerFacts {
    /// The client's address for access rules; `nil` when it is not known.
    ///
    /// A proxy on this machine that is not trusted speaks for clients that may be anywhere: no rule
    /// for this machine is theirs.
    package var knownAddress: IPAddress? {
        if address.isEmpty, isLoopback { return IPAddress("127.0.0.1") }
        let ip = IPAddress(address)
        return ip?.isLoopback == true && !isLoopback ? nil : ip
    }

    package init(_ facts: ConnectionFacts) {
        let address = facts.peer?.ipAddress ?? ""
        self.init(
            address: address, port: facts.peer?.port ?? 0,
            // A unix socket has no address; behind a load balancer that says nothing of its client.
            isLoopback: address.isEmpty ? !facts.isProxied : Self.isLoopback(address))
    }

    /// Whether an address is this machine's own.
    package static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }
}

extension TCPListener {
    /// Starts a configured listener whose connections a closure sets up.
    package static func run(
        _ listener: ListenerConfiguration, on server: Server,
        setUp: @escaping @Sendable (any Channel, ConnectionFacts) throws -> Void
    ) async throws -> RunningListener {
        let endpoint: Endpoint
        switch listener.address {
        case .network(let ip, let port):
            endpoint = .port(port, address: ip.description)
        case .unix(let path):
            let mode = listener.options[ListenerOption.unixSocket][ListenerOption.unixMode]
            endpoint = .unix(path: server.environment.path(path), mode: UInt32(mode, radix: 8))
        }
        var options = TCPListener.Options(endpoint)
        options.backlog = Int32(clamping: listener.options[ListenerOption.backlog])
        options.acceptInterval = .milliseconds(listener.options[ListenerOption.acceptInterval])
        options.usesProxyProtocol = listener.options[ListenerOption.usesProxyProtocol]
        options.connectionsMax = listener.options[ListenerOption.maxConnections].bound
        options.connectionsPerAddressMax =
            listener.options[ListenerOption.maxConnectionsPerAddress].bound
        let file = listener.options[ListenerOption.unixSocket]
        options.owner = file[ListenerOption.unixOwner].map { UInt32(clamping: $0) }
        options.group = file[ListenerOption.unixGroup].map { UInt32(clamping: $0) }
        let counters = server.environment.observatory.statistics.elsewhere
        options.refused = { counters.addFromAnyThread(.connectionsRefused) }
        let made = TCPListener(
            options, group: server.environment.eventLoops, log: Logger(label: "martlet.listener")
        ) { channel, facts in
            channel.eventLoop.makeCompletedFuture { try setUp(channel, facts) }
        }
        try await made.start()
        var running = RunningListener(
            run: { try await made.untilStopped() }, stop: { await made.stop() })
        running.connectionCount = { made.connectionCount }
        return running
    }
}
