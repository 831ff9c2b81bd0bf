import Glibc
import Logging
import Synchronization
import XMPPEngine

/// What the web listeners of a server share: the loops, and threads for files.
package final class HTTPService: Sendable {
    /// What blocks on files.
    let disk = DiskThreads()
    let accessLogs = AccessLogs()
    private let loopCount: Int
    let limits: HTTPLimits
    private let running = Mutex<[HTTPLoop]>([])
    private let observatory = Mutex<Observatory?>(nil)
    private static let log = Logger(label: "martlet.http")

    /// Makes a service of so many threads; half as many as there are processors when 0.
    package init(loops: Int = 0, limits: HTTPLimits = HTTPLimits()) {
        loopCount = loops > 0 ? loops : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)
        self.limits = limits
    }

    /// The loops; none while they are not started.
    package var loops: [HTTPLoop] { running.withLock { $0 } }

    /// The supervised parts, to be started before listeners: the loops.
    package var loopParts: ChildSpec {
        .supervisor(
            Supervisor(
                "ejabberd_http_sup",
                children: [
                    ChildSpec("http_loops", grace: .seconds(10)) { [self] in
                        try startLoops()
                        return RunningChild(stop: { await self.stopLoops() })
                    }
                ]))
    }

    /// What lives longer than a request: to be started last and stopped first, so that clients hear
    /// of the end while they can.
    package func sessionParts(of modules: [any WebModule]) -> ChildSpec {
        .supervisor(
            Supervisor(
                "ejabberd_http_poll_sup",
                children: modules.compactMap { $0.sessions(over: self) }))
    }

    /// Has the loops that run counted; what they have counted stays when they stop.
    package func count(in observatory: Observatory) {
        self.observatory.withLock { $0 = observatory }
        for loop in loops { observatory.watch(loop) }
    }

    /// Starts the loops, unless they run.
    package func startLoops() throws {
        try running.withLock { loops in
            guard loops.isEmpty else { return }
            disk.start()
            for index in 0..<loopCount {
                loops.append(
                    try HTTPLoop(name: "http-\(index)", limits: limits, log: Self.log))
            }
        }
        if let observatory = observatory.withLock({ $0 }) { count(in: observatory) }
    }

    /// Stops the loops; their last answers get a moment to leave.
    package func stopLoops() async {
        let stopped = running.withLock { loops in
            defer { loops = [] }
            return loops
        }
        guard !stopped.isEmpty else { return }
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let stop: @Sendable () -> Void = {
                for loop in stopped { loop.stop() }
                done.resume()
            }
            if !BlockingThread.start("http-stop", stop) { stop() }
        }
        if let observatory = observatory.withLock({ $0 }) {
            for loop in stopped { observatory.forget(loop) }
        }
        accessLogs.close()
        await disk.stop()
    }
}
