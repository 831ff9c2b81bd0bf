import Glibc

/// The address of a unix socket.
package enum UnixAddress {
    /// Longest path in bytes (unix(7)): `sun_path` less its final zero.
    package static let pathBytesMax = 107

    /// Calls `body` with the address of a path; a leading `@` means the abstract name space.
    ///
    /// - Returns: `nil` when the path is empty, too long or contains a zero byte.
    package static func withAddress<Answer>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
    ) -> Answer? {
        var bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= pathBytesMax, !bytes.contains(0) else { return nil }
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
