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
                storage, tmp, trust, hooks, part("ejabberd_node_groups"),
                systemMonitor.child("ejabberd_system_monitor"),
                environment.observatory.child(), routes,
                part("ejabberd_sm") { [self] in await closeStreams() },
                part("ejabberd_s2s"), part("ejabberd_local"),
                streams("ejabberd_receiver_sup") { [environment] in
                    environment.streamLoops.openCount
                },
                streams("ejabberd_c2s_sup") { [hosts] in
                    hosts.all.reduce(0) { $0 + $1.sessions.count }
                },
                streams("ejabberd_s2s_in_sup") { 0 }, streams("ejabberd_s2s_out_sup") { 0 },
                streams("ejabberd_service_sup") { [router] in router.componentCount },
            ] + extra + [
                part("ejabberd_iq_sup"), frontends, .supervisor(listeners),
                acceptance(after: beforeListening),
            ] + last
        let root = Supervisor(
            "ejabberd_sup", intensity: .init(restarts: 10, period: .seconds(1)),
            report: supervision.report, children: children)
        setRoot(root)
        return root
    }

    /// A part that holds no resource of its own: it is up while the server is.
    private func part(
        _ id: String, stop: @escaping @Sendable () async -> Void = {}
    ) -> ChildSpec {
        ChildSpec(id) { RunningChild(stop: stop) }
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
            try certificates.load(configuration)
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

    private var routes: ChildSpec {
        ChildSpec("ejabberd_router") { [self] in
            for host in hosts.all { _ = router.add(host, for: host.domain) }
            return RunningChild()
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
            return RunningChild()
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
        for _ in 0..<100 {
            guard hosts.all.contains(where: { $0.sessions.count > 0 }) else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
