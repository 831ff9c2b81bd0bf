import Synchronization

/// The access logs of the hosts (`accesslog` of `mod_http_fileserver`), for all listeners.
///
/// An answer is noted in the log of the host that was asked. Hosts that name the same file share
/// it. A `Mutex` guards the tables.
final class AccessLogs: Sendable {
    private struct State {
        var byHost: [String: AccessLog] = [:]
        var byPath: [String: AccessLog] = [:]
    }

    private let state = Mutex(State())
    /// Whether there is any log: where there is none, requests take no lock for it.
    private let isInUse = Atomic(false)

    /// The log that an answer belongs into; `nil` for none.
    func log(for exchange: Exchange) -> AccessLog? {
        guard isInUse.load(ordering: .relaxed), let host = exchange.servedHost else { return nil }
        return self[host]
    }

    /// The log of a host.
    subscript(_ host: String) -> AccessLog? { state.withLock { $0.byHost[host] } }

    /// Opens the logs of some hosts, and closes all others.
    ///
    /// - Throws: When a file cannot be opened; the logs are as they were then.
    func use(_ wanted: [(host: String, path: String)]) throws(HTTPServerError) {
        let unused = try state.withLock {
            (state: inout State) throws(HTTPServerError) -> [AccessLog] in
            var next = State()
            do throws(HTTPServerError) {
                for (host, path) in wanted {
                    if let known = next.byPath[path] ?? state.byPath[path] {
                        next.byPath[path] = known
                    } else {
                        next.byPath[path] = try AccessLog(path: path)
                    }
                    next.byHost[host] = next.byPath[path]
                }
            } catch {
                // What was opened in vain writes nothing: its thread just ends.
                for (path, log) in next.byPath where state.byPath[path] == nil { log.close() }
                throw error
            }
            let unused = state.byPath.filter { next.byPath[$0.key] == nil }
            state = next
            return Array(unused.values)
        }
        isInUse.store(!wanted.isEmpty, ordering: .relaxed)
        for log in unused { log.close() }
    }

    /// Writes what waits, and closes all files.
    func close() {
        try? use([])
    }
}
