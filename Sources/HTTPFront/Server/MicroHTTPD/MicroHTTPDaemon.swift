import CMicroHTTPD
import Glibc

/// Owns one `MHD_Daemon *` without a thread: the loop calls `run` when there is something to do.
///
/// Guarded by its loop: everything, the callbacks too, happens on the loop's thread.
///
/// A kept exchange is not suspended if it can be avoided. libmicrohttpd walks the list of all
/// suspended connections whenever one resumes, so with ten thousand kept requests each answer would
/// cost ten thousand steps; and it does not see a client leave while it is suspended. Instead the
/// last byte of the request body stays in the read buffer until the answer is there: the connection
/// then waits for input like any other, and a client that leaves is noticed. To be answered it is
/// suspended and resumed in one go, which has the request handler called again.
final class MicroHTTPDaemon {
    /// An epoll descriptor, readable when `run` is due.
    let descriptor: Int32
    private let daemon: OpaquePointer
    unowned let loop: HTTPLoop
    private var due: [Exchange] = []
    /// Whether an upgraded connection was given back, which libmicrohttpd sees on its next run.
    private var hasEndedUpgrade = false
    private var joining: HTTPConnection?
    /// Calls of libmicrohttpd so far.
    fileprivate var callCount: UInt64 = 0
    /// Runs in a row that had work to the end, and none of it for us.
    private var idleRuns = 0
    /// Until when unfinished work waits, in milliseconds of the loop's clock.
    private var restUntil: UInt64 = 0
    private static let rest: UInt64 = 25
    /// The far end of a connection that never says anything.
    ///
    /// On every run libmicrohttpd calls the handler of its oldest connection, to see whether it has
    /// timed out. That would be a kept exchange, again and again; this connection is older than
    /// all.
    private var oldest: Int32 = -1

    init(limits: HTTPLimits, owner: HTTPLoop) throws(HTTPServerError) {
        loop = owner
        // The callbacks get the loop: `self` cannot be handed out before all is initialised.
        let context = Unmanaged.passUnretained(owner).toOpaque()
        let started = martlet_http_start(
            limits.connectionMemory, UInt32(clamping: limits.connectionsMax), context,
            { _, request, path, method, version, bytes, count, slot in
                guard let request, let path, let method, let version, let count, let slot else {
                    return .NO
                }
                let line = RequestLine(method: method, path: path, version: version)
                return MicroHTTPDaemon.handle(MicroHTTPRequest(request), line, bytes, count, slot)
            },
            { _, _, slot, code in
                guard let held = slot?.pointee else { return }
                slot?.pointee = nil
                let exchange = Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue()
                exchange.ended(isComplete: code == .REQUEST_TERMINATED_COMPLETED_OK)
            },
            { context, _, slot, code in
                guard let context, let slot else { return }
                let loop = Unmanaged<HTTPLoop>.fromOpaque(context).takeUnretainedValue()
                MicroHTTPDaemon.connectionChanged(
                    loop, slot, isNew: code == .CONNECTION_NOTIFY_STARTED)
            },
            { _, target, request in
                guard let target, let request else { return nil }
                return MicroHTTPDaemon.begin(MicroHTTPRequest(request), target)
            })
        guard let started else { throw .daemon }
        daemon = started
        descriptor = martlet_http_epoll(started)
        try addOldest()
    }

    private func addOldest() throws(HTTPServerError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            let code = errno
            MHD_stop_daemon(daemon)
            throw .resources("socketpair", errno: code)
        }
        oldest = ends[1]
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNIX)
        let length = socklen_t(MemoryLayout<sa_family_t>.size)
        _ = MHD_add_connection(daemon, ends[0], &address, length)
    }

    /// Takes over an accepted socket; libmicrohttpd closes it, also when this fails.
    func adopt(
        _ connection: HTTPConnection, address: UnsafePointer<sockaddr>, length: socklen_t
    ) -> Bool {
        joining = connection
        defer { joining = nil }
        return MHD_add_connection(daemon, connection.descriptor, address, length) == .YES
    }

    /// True when `run` would find something to do without waiting.
    var hasWork: Bool {
        if !due.isEmpty || hasEndedUpgrade { return true }
        if loop.now < restUntil { return false }
        var milliseconds: UInt64 = 0
        return MHD_get_timeout(daemon, &milliseconds) == .YES && milliseconds == 0
    }

    /// Has the request handler called again for `exchange`, later in this turn of the loop.
    func wake(_ exchange: Exchange) {
        due.append(exchange)
    }

    /// Handles what is ready; leaves the rest for the next turn after a few rounds.
    func run() {
        var round = 0
        let calls = callCount
        repeat {
            resumeDue()
            hasEndedUpgrade = false
            MHD_run(daemon)
            round += 1
        } while round < 8 && hasWork
        idleRuns = round == 8 && calls == callCount ? idleRuns + 1 : 0
        guard idleRuns >= 8 else { return }
        idleRuns = 0
        if hasStuckBody { restUntil = loop.now + Self.rest }
    }

    /// Whether libmicrohttpd has a body that it cannot read on, which it tries without a pause.
    ///
    /// That is so when the line of a chunk's size, or a trailer, is longer than its buffer. It is
    /// then asked to go on with its unfinished work a few dozen times a second, until the request's
    /// time is up; what becomes ready meanwhile is handled at once.
    private var hasStuckBody: Bool {
        loop.connections.values.contains { connection in
            guard let exchange = connection.exchange, exchange.isArrivingInChunks,
                !exchange.isSuspended
            else { return false }
            return exchange.body.isStill()
        }
    }

    /// When it will have work again though it has some now; `nil` when it takes no rest.
    var workResumes: UInt64? { loop.now < restUntil ? restUntil : nil }

    /// Closes a connection that reads no more, and would not notice that its socket is shut down.
    func cut(_ request: MicroHTTPRequest) {
        martlet_http_set_timeout(request.pointer, 1)
    }

    /// Lets libmicrohttpd forget a connection it has handed over, and close its own descriptor.
    func endUpgrade(_ handle: OpaquePointer) {
        martlet_http_end_upgrade(handle)
        hasEndedUpgrade = true
    }

    private func resumeDue() {
        guard !due.isEmpty else { return }
        let exchanges = due
        due.removeAll(keepingCapacity: true)
        for exchange in exchanges {
            exchange.woken()
            guard let request = exchange.request else { continue }
            if exchange.isSuspended {
                exchange.isSuspended = false
                exchange.connection.stopWatching()
            } else {
                MHD_suspend_connection(request.pointer)
            }
            MHD_resume_connection(request.pointer)
        }
    }

    /// Closes all connections; none may be suspended.
    func stop() {
        resumeDue()
        MHD_stop_daemon(daemon)
        close(oldest)
    }
}

// MARK: Callbacks

extension MicroHTTPDaemon {
    /// A request line was read: from here on the request has an `Exchange`.
    private static func begin(
        _ request: MicroHTTPRequest, _ target: UnsafePointer<CChar>
    ) -> UnsafeMutableRawPointer? {
        guard let context = martlet_http_socket_context(request.pointer) else { return nil }
        let connection = Unmanaged<HTTPConnection>.fromOpaque(context).takeUnretainedValue()
        let exchange = Exchange(connection: connection, request: request, target: target)
        martlet_http_drop_query(target)
        connection.exchange = exchange
        connection.hasAsked = true
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    /// The head is there (first call), body bytes are there, or the request is complete.
    private static func handle(
        _ request: MicroHTTPRequest, _ line: RequestLine, _ bytes: UnsafePointer<CChar>?,
        _ count: UnsafeMutablePointer<Int>, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> MHD_Result {
        guard let context = slot.pointee else { return .NO }
        let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        exchange.loop.daemon?.callCount &+= 1
        let chunk = UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count.pointee)
        switch exchange.proceed(with: chunk, line) {
        case .takeAll:
            count.pointee = 0
        case .leave(let left):
            count.pointee = min(left, chunk.count)
        case .suspend(let left):
            count.pointee = min(left, chunk.count)
            exchange.isSuspended = true
            MHD_suspend_connection(request.pointer)
            exchange.connection.startWatching()
        case .send(let response):
            count.pointee = 0
            return response.queue(on: request) ? .YES : .NO
        case .close:
            return .NO
        }
        return .YES
    }

    private static func connectionChanged(
        _ loop: HTTPLoop, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>, isNew: Bool
    ) {
        if isNew {
            guard let connection = loop.daemon?.joining else { return }
            slot.pointee = Unmanaged.passRetained(connection).toOpaque()
            connection.opened()
        } else if let context = slot.pointee {
            slot.pointee = nil
            Unmanaged<HTTPConnection>.fromOpaque(context).takeRetainedValue().closed()
        }
    }
}
