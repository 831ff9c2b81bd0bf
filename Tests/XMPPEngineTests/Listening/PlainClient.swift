import Glibc

/// A blocking client on a plain socket, with a time-out on every read.
final class PlainClient {
    private let descriptor: Int32

    /// Connects; `nil` when nobody listens.
    init?(port: Int, ipv6: Bool = false) {
        let stream = Int32(SOCK_STREAM.rawValue)
        descriptor = socket(ipv6 ? AF_INET6 : AF_INET, stream, 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var target6 = sockaddr_in6()
        target6.sin6_family = sa_family_t(AF_INET6)
        target6.sin6_port = target.sin_port
        target6.sin6_addr = in6addr_loopback
        let result =
            ipv6
            ? Self.connect(descriptor, &target6) : Self.connect(descriptor, &target)
        guard result == 0 else { return nil }
        limitReads()
    }

    /// Connects to a unix socket; `nil` when nobody listens.
    init?(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8) }
        guard Self.connect(descriptor, &target) == 0 else { return nil }
        limitReads()
    }

    deinit { close(descriptor) }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        let size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, size)
            }
        }
    }

    private func limitReads() {
        var time = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    }

    /// Sends, and reads until that many bytes are back or the connection ends.
    func exchange(_ text: String, expecting count: Int? = nil) -> String {
        send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        let wanted = count ?? text.utf8.count
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < wanted {
            let got = recv(descriptor, &chunk, chunk.count, 0)
            guard got > 0 else { break }
            bytes += chunk.prefix(got)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Sends, and reads until that text has come or the connection ends.
    func exchange(_ text: String, until end: String) -> String {
        send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains(end) { return text }
            let got = recv(descriptor, &chunk, chunk.count, 0)
            guard got > 0 else { return text }
            bytes += chunk.prefix(got)
        }
    }

    /// Waits for the end of the connection; false when something else came, or nothing.
    func isClosed() -> Bool {
        var byte: UInt8 = 0
        let result = recv(descriptor, &byte, 1, 0)
        return result == 0 || (result < 0 && errno == ECONNRESET)
    }
}
