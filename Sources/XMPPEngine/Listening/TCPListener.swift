import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Accepts connections on one endpoint and gives each to an initializer.
///
/// A `Mutex` guards the server channel. The initializer runs on the connection's event loop,
/// before anything is read; when it fails, the connection is closed. With the PROXY protocol,
/// handlers it adds at the end of the pipeline are told of the channel's activation afterwards.
package final class TCPListener: Sendable {
    /// How a listener accepts.
    package struct Options: Sendable {
        package var endpoint: Endpoint
        /// Connections the system keeps until they are accepted.
        package var backlog: Int32 = 128
        /// Time between two accepted connections; 0 is none.
        package var acceptInterval = Duration.zero
        /// Each connection begins with a PROXY header, version 1 or 2.
        package var usesProxyProtocol = false
        /// How long that header may take.
        package var proxyTimeout = Duration.seconds(10)
        /// Connections at one time, more are closed at once; `nil` is no limit.
        package var connectionsMax: Int?
        /// Connections of one IPv4 address or IPv6 /64 at one time; `nil` is no limit.
        package var connectionsPerAddressMax: Int?
        /// Who owns the file of a unix socket; `nil` leaves it to this process's user and group.
        package var owner: UInt32?
        package var group: UInt32?
        /// Told of each connection that a limit refuses; on whatever thread.
        package var refused: @Sendable () -> Void = {}

        package init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }

    package typealias Initializer =
        @Sendable (any Channel, ConnectionFacts) -> EventLoopFuture<Void>

    private enum State {
        case idle
        case listening(any Channel)
        case stopped
    }

    package let options: Options
    private let group: any EventLoopGroup
    private let log: Logger
    private let initialize: Initializer
    private let counts: ConnectionCounts
    private let state = Mutex(State.idle)

    /// Makes a listener that does not listen yet.
    ///
    /// - Parameters:
    ///   - options: Where and how.
    ///   - group: Loops for the connections, which are spread over them.
    ///   - log: Gets the endpoint as metadata.
    ///   - initialize: Sets up a connection's pipeline.
    package init(
        _ options: Options, group: any EventLoopGroup, log: Logger,
        initialize: @escaping Initializer
    ) {
        self.options = options
        self.group = group
        self.initialize = initialize
        var log = log
        log[metadataKey: "endpoint"] = "\(options.endpoint)"
        self.log = log
        counts = ConnectionCounts(
            totalMax: options.connectionsMax, perAddressMax: options.connectionsPerAddressMax)
    }

    /// Connections that are open now.
    package var connectionCount: Int { counts.total }

    /// The port it listens on, also when 0 was asked for; `nil` while it does not, or on unix.
    package var localPort: Int? {
        state.withLock { state in
            guard case .listening(let channel) = state else { return nil }
            return channel.localAddress?.port
        }
    }

    /// Binds and begins to accept.
    ///
    /// - Throws: `ListenerError`, such as `address already in use: 127.0.0.1:5222`.
    package func start() async throws(ListenerError) {
        let channel: any Channel
        do {
            if case .unix(let path, _) = options.endpoint { UnixSocketFile.removeStale(path) }
            let address = try options.endpoint.socketAddress()
            channel = try await bootstrap().bind(to: address).get()
            try setFileMode()
        } catch {
            throw ListenerError(options.endpoint, error)
        }
        state.withLock { $0 = .listening(channel) }
        log.info("listening")
    }

    /// Stops accepting; connections that were accepted go on.
    package func stop() async {
        let channel = state.withLock { state -> (any Channel)? in
            defer { state = .stopped }
            guard case .listening(let channel) = state else { return nil }
            return channel
        }
        guard let channel else { return }
        try? await channel.close().get()
        if case .unix(let path, _) = options.endpoint, UnixSocketFile.isSocket(path) {
            unlink(path)
        }
        log.info("stopped listening")
    }

    /// Waits until it listens no more.
    ///
    /// - Throws: `ListenerError` when it was the system, not `stop()`, that ended it.
    package func untilStopped() async throws(ListenerError) {
        let channel = state.withLock { state -> (any Channel)? in
            if case .listening(let channel) = state { channel } else { nil }
        }
        guard let channel else { return }
        try? await channel.closeFuture.get()
        let isStopped = state.withLock { if case .stopped = $0 { true } else { false } }
        if !isStopped {
            throw ListenerError(options.endpoint, reason: "the listening socket was closed")
        }
    }

    private func setFileMode() throws {
        guard case .unix(let path, let mode) = options.endpoint else { return }
        if options.owner != nil || options.group != nil {
            guard chown(path, options.owner ?? .max, options.group ?? .max) == 0 else {
                throw IOError(errnoCode: errno, reason: "chown")
            }
        }
        guard let mode, chmod(path, mode) != 0 else { return }
        throw IOError(errnoCode: errno, reason: "chmod")
    }
}

// MARK: - Channels

extension TCPListener {
    private func bootstrap() -> ServerBootstrap {
        let gateInterval = TimeAmount(options.acceptInterval)
        let acceptsAtOnce: UInt = options.acceptInterval > .zero ? 1 : 16
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: options.backlog)
            .serverChannelOption(
                .maxMessagesPerRead, value: acceptsAtOnce
            )
            .serverChannelInitializer { [log] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(interval: gateInterval, log: log))
                }
            }
            // One read per turn keeps loops fair and, with these buffers, idle channels small.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveBuffers())
            .childChannelInitializer { [self] channel in accept(channel) }
        guard case .port(_, let address) = options.endpoint else { return bootstrap }
        _ =
            bootstrap
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
        guard address.contains(":") else { return bootstrap }
        return bootstrap.serverChannelOption(
            ChannelOptions.Types.SocketOption(
                level: SocketOptionLevel(IPPROTO_IPV6), name: SocketOptionName(IPV6_V6ONLY)),
            value: address == "::" ? 0 : 1)
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard counts.enter() else {
            logRefusal(of: channel.remoteAddress, "too many connections")
            return channel.close()
        }
        channel.closeFuture.whenComplete { [counts] _ in counts.leave() }
        guard options.usesProxyProtocol else {
            let facts = ConnectionFacts(
                peer: channel.remoteAddress?.unmapped, local: channel.localAddress?.unmapped)
            return admit(channel, facts)
        }
        return channel.eventLoop.makeCompletedFuture {
            let handler = ProxyProtocolHandler(timeout: TimeAmount(options.proxyTimeout)) {
                [self] channel, header in
                admit(channel, ConnectionFacts(header, of: channel))
            }
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    private func admit(_ channel: any Channel, _ facts: ConnectionFacts) -> EventLoopFuture<Void> {
        guard counts.enter(facts.peer) else {
            logRefusal(of: facts.peer, "too many connections from this address")
            return channel.close()
        }
        if options.connectionsPerAddressMax != nil {
            channel.closeFuture.whenComplete { [counts] _ in counts.leave(facts.peer) }
        }
        return initialize(channel, facts)
    }

    private func logRefusal(of peer: SocketAddress?, _ reason: String) {
        options.refused()
        guard let count = counts.refuse() else { return }
        log.warning(
            "connection refused",
            metadata: [
                "peer": "\(peer?.description ?? "unix")", "reason": "\(reason)",
                "refused_so_far": "\(count)",
            ])
    }
}

extension ConnectionFacts {
    /// The addresses a PROXY header names, or the channel's own when it names none.
    fileprivate init(_ header: ProxyProtocol.Header, of channel: any Channel) {
        switch header {
        case .proxied(let source, let destination):
            self.init(peer: source.unmapped, local: destination.unmapped, isProxied: true)
        case .unproxied:
            self.init(
                peer: channel.remoteAddress?.unmapped, local: channel.localAddress?.unmapped)
        }
    }
}
