import Logging
import NIOPosix
import XMPPConfig
import XMPPCore
import XMPPStorage

/// The supervision tree: the processes of the classic server, each with its job here.
extension Server {
    /// Makes the tree; starting it starts the server, stopping it drains it.
    ///
    /// Children start in this order and stop in reverse: listeners late up, early down.
    ///
    /// The children in `extra` start before the listeners; those in `last` start after them, and
    /// stop while the listeners still have their connections. No listener opens before
    /// `beforeListening` is done; when it throws it is tried again later.
    package func makeTree(
        extra: [ChildSpec] = [], last: [ChildSpec] = [],
        beforeListening: @escaping @Sendable () async throws -> Void = {}
    ) -> Supervisor {
        let children: [ChildSpec] =
            [
                storage, tmp, trust, hooks, .idle("ejabberd_node_groups", until: "clusters"),
                systemMonitor.child("ejabberd_system_monitor"),
                environment.observatory.child(), routes, localDomains,
                ChildSpec("ejabberd_sm", grace: .seconds(20)) { [self] in
                    RunningChild(stop: { [self] in await closeStreams() })
                },
                .idle("ejabberd_s2s", until: "federation"),
                streams("ejabberd_receiver_sup") { [environment] in
                    environment.streamLoops.openCount
                },
                streams("ejabberd_c2s_sup") { [hosts] in
                    hosts.all.reduce(0) { $0 + $1.sessions.count }
                },
                streams("ejabberd_s2s_in_sup") { 0 }.noted("nothing before federation"),
                streams("ejabberd_s2s_out_sup") { 0 }.noted("nothing before federation"),
                streams("ejabberd_service_sup") { [router] in router.componentCount },
            ] + extra + [
                streams("ejabberd_iq_sup") { [router] in router.requestCount }
                    .noted("IQ requests being worked on"),
                frontends, .supervisor(listeners),
                acceptance(after: beforeListening),
            ] + last
        let root = Supervisor(
            "ejabberd_sup", intensity: .init(restarts: 10, period: .seconds(1)),
            report: supervision.report, children: children)
        setRoot(root)
        return root
    }

    /// A kind of stream: a stream ends with its connection and is not started again, so that it is
    /// counted and no child.
    private func streams(
        _ id: String, count: @escaping @Sendable () -> Int
    ) -> ChildSpec {
        .supervisor(
            Supervisor(
                id, strategy: .simpleOneForOne, streams: count, report: supervision.report))
    }

    /// The database; losing it closes and opens it again.
    private var storage: ChildSpec {
        ChildSpec("storage", grace: .seconds(30)) { [database, databaseFailures] in
            try await database.open()
            return RunningChild(
                run: {
                    for await failure in databaseFailures {
                        await database.close()
                        throw failure
                    }
                },
                stop: { await database.close() })
        }
    }

    /// Threads for temporary, blocking work.
    private var tmp: ChildSpec {
        ChildSpec("ejabberd_tmp_sup") { [environment] in
            environment.workers.start()
            return RunningChild(stop: { try? await environment.workers.shutdownGracefully() })
        }
    }

    private var trust: ChildSpec {
        ChildSpec("certificates") { [self] in
            if let missing = try certificates.loadReadable(configuration) { throw missing }
            return RunningChild(run: { try await self.watchCertificates() })
        }
    }

    /// Hosts with their modules: whatever hangs on a hook is attached here.
    private var hooks: ChildSpec {
        ChildSpec("ejabberd_hooks") { [self] in
            startHosts(configuration)
            return RunningChild(stop: { [self] in
                for host in hosts.all { host.jobs.detachAll() }
            })
        }
    }

    /// The table of routes; once it is gone nothing finds its way.
    private var routes: ChildSpec {
        ChildSpec("ejabberd_router") { [router] in
            RunningChild(stop: { router.removeAll() })
        }
    }

    /// The routes to the served hosts.
    ///
    /// Up before the streams and down after them: what the last of these leave is still delivered.
    private var localDomains: ChildSpec {
        ChildSpec("ejabberd_local") { [localRoutes] in
            localRoutes.restore()
            return RunningChild(stop: { localRoutes.withdraw() })
        }
    }

    /// Sockets of the server's own front-ends: the command line's.
    private var frontends: ChildSpec {
        let socket = ControlSocket(path: environment.path("martletd.sock"), registry: commands)
        return .supervisor(
            Supervisor(
                "ejabberd_frontend_socket_sup", report: supervision.report,
                children: [socket.child()]))
    }

    /// The listeners of the configuration, under `ejabberd_listener`.
    private func acceptance(
        after preparation: @escaping @Sendable () async throws -> Void
    ) -> ChildSpec {
        ChildSpec("listeners_of_configuration") { [self] in
            try await preparation()
            for listener in configuration.listeners {
                guard let child = child(for: listener) else { continue }
                _ = try await listeners.add(child)
            }
            return RunningChild(stop: { [self] in await endHeldSessions() })
        }
    }

    /// How long peers may take to close their side when the server stops.
    private static let closingGrace = Duration.seconds(2)

    /// Ends every stream with `system-shutdown`, logged in or not, and waits a moment for the last
    /// bytes to leave and for the peers to close.
    private func closeStreams() async {
        let open = hosts.all.flatMap { host in host.sessions.all.map { (host, $0) } }
        for (host, resource) in open {
            host.close(resource, StreamError(.systemShutdown))
        }
        await environment.streamLoops.shutDown(
            StreamError(.systemShutdown), within: Self.closingGrace)
        // What clients have left unread may be a lot.
        await wait(seconds: 10) { $0.sessions.count == 0 && !$0.isPuttingAway }
    }

    /// Ends the sessions whose clients are away, while all loops still run: nobody can come back
    /// once the listeners close.
    private func endHeldSessions() async {
        for host in hosts.all { host.endHeldSessions(StreamError(.systemShutdown)) }
        await wait { $0.sessions.heldCount == 0 && !$0.isPuttingAway }
    }

    /// Waits until something is true of all hosts, but not for ever.
    private func wait(seconds: Int = 2, until isTrue: (VirtualHost) -> Bool) async {
        for _ in 0..<(seconds * 50) {
            if hosts.all.allSatisfy(isTrue) { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension ChildSpec {
    /// A part that has nothing to do before there is something else; the tree says so.
    fileprivate static func idle(_ id: String, until what: String) -> ChildSpec {
        ChildSpec(id) { RunningChild() }.noted("nothing before \(what)")
    }
}
