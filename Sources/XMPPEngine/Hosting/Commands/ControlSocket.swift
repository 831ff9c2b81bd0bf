import ControlProtocol
import Glibc
import Synchronization

/// Serves the commands on a unix socket, for `martletctl`; see `ControlReply` for the protocol.
///
/// A thread accepts, each connection has a thread of its own, so it answers also when the event
/// loops are busy. Guarded by a `Mutex`.
package final class ControlSocket: Sendable {
    /// What one caller may ask of the socket.
    package struct Limits: Sendable {
        /// Longest request, in bytes without its line feed.
        package var lineBytesMax = 65536
        /// Callers at one time; one more is told so and disconnected.
        package var connectionsMax = 16
        /// How long a caller may take for one line.
        package var lineTime = Duration.seconds(30)
        /// How long a command may run before the caller is told to wait no longer.
        package var commandTime = Duration.seconds(120)

        /// The usual limits.
        package init() {}
    }

    private struct State {
        var listener: UnixListener?
        var connections: Set<Int32> = []
        var isStopping = false
    }

    /// How the accepting thread ended; `nil` after a stop.
    private typealias End = OneShot<SystemCallError?>

    package let path: String
    private let registry: CommandRegistry
    private let limits: Limits
    private let state = Mutex(State())

    /// A socket for the user the server runs as, and for root.
    package init(path: String, registry: CommandRegistry, limits: Limits = Limits()) {
        self.path = path
        self.registry = registry
        self.limits = limits
    }

    /// The socket as a supervised child.
    package func child(_ id: String = "control_socket") -> ChildSpec {
        ChildSpec(id) { [self] in
            let end = try start()
            return RunningChild(
                run: {
                    guard let error = await end.value() ?? nil else { return }
                    throw error
                },
                stop: {
                    self.stop()
                    _ = await end.value()
                    await self.finish()
                })
        }
    }

    private func start() throws -> End {
        let listener = try UnixListener.open(path, mode: 0o600, backlog: 16)
        state.withLock { $0 = State(listener: listener) }
        let end = End()
        // Not the listener: its file goes with the last reference, which `state` lets go of.
        let descriptor = listener.descriptor
        let hasThread = BlockingThread.start("control") { [self] in
            let error = accept(on: descriptor)
            state.withLock { $0.listener = nil }
            end.fulfil(error)
        }
        guard hasThread else {
            state.withLock { $0.listener = nil }
            throw SystemCallError("pthread_create", code: EAGAIN)
        }
        return end
    }

    /// Wakes every thread that waits for a caller; the descriptors are closed by their owners only.
    ///
    /// Nothing more is read, but a command that is being carried out is still answered: it may be
    /// the one that stops the server.
    private func stop() {
        state.withLock { state in
            state.isStopping = true
            if let listener = state.listener { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }
            for connection in state.connections { shutdown(connection, Int32(SHUT_RD)) }
        }
    }

    /// Waits for the last answers, for a second at most.
    private func finish() async {
        for _ in 0..<50 {
            guard state.withLock({ !$0.connections.isEmpty }) else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        state.withLock { state in
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func accept(on listening: Int32) -> SystemCallError? {
        while true {
            let connection = Glibc.accept(listening, nil, nil)
            if connection >= 0 {
                serve(connection)
                continue
            }
            let error = SystemCallError("accept")
            if state.withLock({ $0.isStopping }) { return nil }
            switch error.code {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: poll(nil, 0, 100)
            default: return error
            }
        }
    }

    private func serve(_ connection: Int32) {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let conversation = ControlConversation(connection, registry: registry, limits: limits)
        guard ControlConversation.isFriend(connection) else {
            conversation.refuse("only root and the user of the server may use this socket")
            close(connection)
            return
        }
        let isAdmitted = state.withLock { state in
            guard !state.isStopping, state.connections.count < limits.connectionsMax else {
                return false
            }
            state.connections.insert(connection)
            return true
        }
        guard isAdmitted else {
            conversation.refuse("too many connections to this socket")
            close(connection)
            return
        }
        let hasThread = BlockingThread.start("control-peer") { [self] in
            conversation.run()
            forget(connection)
        }
        if !hasThread { forget(connection) }
    }

    private func forget(_ connection: Int32) {
        state.withLock { state in
            state.connections.remove(connection)
            close(connection)
        }
    }
}
