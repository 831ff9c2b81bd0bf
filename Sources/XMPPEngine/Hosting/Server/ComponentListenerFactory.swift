import NIOCore
import XMPPConfig
import XMPPCore

/// Serves external components (`ejabberd_service`).
package struct ComponentListenerFactory: ListenerFactory {
    package init() {}

    package func start(
        _ listener: ListenerConfiguration, on server: Server
    ) async throws -> RunningListener {
        let values = listener.options
        let service = ComponentService(
            router: server.router, options: Self.options(values, on: server))
        let stream = C2SOptions(listener, on: server)
        let output = OutputLimits(values)
        let checksFrom = values[ListenerOption.checksFrom]
        let isTLS = values[ListenerOption.tls]
        let tls = isTLS ? ListenerTLS.make(for: listener, on: server, direct: .startTLS) : nil
        if isTLS, tls?.context == nil {
            throw ListenerFailure("no certificate for TLS at \(listener.address)")
        }
        let tcp = try await TCPListener.run(listener, on: server) { channel, facts in
            let loop = server.environment.streamLoops.loop(on: channel.eventLoop)
            let peer = PeerFacts(facts)
            let transport = TCPStreamTransport(
                loop: loop, contentNamespace: .componentAccept, tls: nil,
                outputLimits: output
            ) { transport in
                ComponentStream(
                    transport: transport, host: service, limits: stream.limits,
                    checksFrom: checksFrom, shaper: stream.shaper(nil, peer),
                    negotiationSeconds: stream.negotiationTimeout)
            }
            if isTLS {
                guard let context = tls?.context else { throw ListenerFailure("no certificate") }
                try channel.pipeline.syncOperations.addHandler(TLSChannelHandler(context: context))
            }
            try channel.pipeline.syncOperations.addHandler(transport)
        }
        var running = RunningListener(
            run: tcp.run,
            stop: {
                await tcp.stop()
                service.closeAll(StreamError(.systemShutdown))
            })
        running.connectionCount = tcp.connectionCount
        return running
    }

    private static func options(
        _ values: OptionValues, on server: Server
    ) -> ComponentService.Options {
        var options = ComponentService.Options()
        options.commonSecret = values[ListenerOption.password]
        options.joinsAll = values[ListenerOption.globalRoutes]
        for (domain, host) in values[ListenerOption.componentHosts] {
            // A domain without a secret of its own has the common one, or nobody may join.
            options.secrets[domain] = host.password ?? options.commonSecret
        }
        let rule = values[ListenerOption.access]
        options.mayReach = { [weak server] from in
            guard let access = server?.configuration.access else { return true }
            return access.decision(rule: rule, for: AccessSubject(jid: from))
        }
        return options
    }
}
