import CMicroHTTPD
import Glibc
import Logging

/// A connection that HTTP has left to another protocol (RFC 9110 §7.8).
///
/// Guarded by its loop. Nothing here blocks. It counts as one of its client's connections until it
/// is closed.
package final class UpgradedConnection {
    package enum Reading {
        case bytes(Int)
        case nothingYet
        /// The client has ended its side, or the connection failed.
        case end
    }

    /// The connection as HTTP knew it.
    package let http: HTTPConnection
    private var early: [UInt8]
    /// Our own; libmicrohttpd closes its own.
    let descriptor: Int32

    init(_ http: HTTPConnection, descriptor: Int32, early: [UInt8]) {
        self.http = http
        self.descriptor = descriptor
        self.early = early
        http.isHandedOver = true
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    package var loop: HTTPLoop { http.loop }

    /// Takes what the client sent after its request, before the answer.
    package func takeEarly() -> [UInt8] {
        defer { early = [] }
        return early
    }

    /// Reads what is there.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothingYet : .end
    }

    /// Writes what there is room for.
    ///
    /// - Returns: How many bytes were taken; `nil` when none will ever be.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        let count = send(descriptor, bytes.baseAddress, bytes.count, flags)
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Bytes that were written and the client's side has not taken; 0 when that is not known.
    var untakenBytes: Int {
        var count = Int32(0)
        return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Nothing more will be written; the client may still send.
    package func finishWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the connection and ends its watch.
    package func close() {
        loop.closeSoon(descriptor)
        http.handedOverEnded()
    }
}

extension Exchange {
    /// The answer is out: the socket goes to who asked for it.
    ///
    /// libmicrohttpd would keep an upgraded connection among its suspended ones, which it walks
    /// whenever one of them resumes. So it gets its own back at once, and ours is a copy.
    func upgraded(
        socket: Int32, handle: OpaquePointer, early: UnsafeRawBufferPointer
    ) {
        defer { loop.daemon?.endUpgrade(handle) }
        guard let take = whenUpgraded else { return }
        whenUpgraded = nil
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            loop.log.error("no descriptors left for a WebSocket", metadata: ["errno": "\(errno)"])
            return
        }
        take(UpgradedConnection(connection, descriptor: copy, early: Array(early)))
    }
}
