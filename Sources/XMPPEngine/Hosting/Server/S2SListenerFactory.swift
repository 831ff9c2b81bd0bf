import NIOCore
import XMPPConfig
import XMPPCore

/// Answers other servers (`ejabberd_s2s_in`), whose streams are refused before there is federation.
package struct S2SListenerFactory: ListenerFactory {
    package init() {}

    package func start(
        _ listener: ListenerConfiguration, on server: Server
    ) async throws -> RunningListener {
        let stream = C2SOptions(listener, on: server)
        let output = OutputLimits(listener.options)
        let isTLS = listener.options[ListenerOption.tls]
        let tls =
            isTLS ? ListenerTLS.make(for: listener, on: server, direct: .directServers) : nil
        if isTLS, tls?.context == nil {
            throw ListenerFailure("no certificate for TLS at \(listener.address)")
        }
        return try await TCPListener.run(listener, on: server) { channel, facts in
            let loop = server.environment.streamLoops.loop(on: channel.eventLoop)
            let peer = PeerFacts(facts)
            let transport = TCPStreamTransport(
                loop: loop, contentNamespace: .server, tls: nil, outputLimits: output
            ) { transport in
                S2SInStream(
                    transport: transport, directory: server.hosts,
                    limits: stream.limitsBeforeLogin, shaper: stream.shaper(nil, peer),
                    negotiationSeconds: stream.negotiationTimeout)
            }
            if isTLS {
                guard let context = tls?.context else { throw ListenerFailure("no certificate") }
                try channel.pipeline.syncOperations.addHandler(TLSChannelHandler(context: context))
            }
            try channel.pipeline.syncOperations.addHandler(transport)
        }
    }
}
