import Glibc
import Logging

/// Random bytes that belong to one installation and outlive its restarts.
///
/// Keys for single purposes are derived from them; they never leave the machine.
package struct ServerSecret: Sendable {
    private let bytes: [UInt8]
    private static let count = 32
    private static let log = Logger(label: "martlet.secret")

    /// Reads the file `secret` of a folder, or makes it, readable to the owner only.
    ///
    /// Where that fails the bytes are good until the next restart.
    package init(in directory: String) {
        let path = directory + "/secret"
        if let bytes = Self.read(path) {
            self.bytes = bytes
            return
        }
        bytes = SecureRandom.bytes(Self.count)
        guard !Self.write(bytes, to: path) else { return }
        Self.log.error(
            "the secret cannot be kept: it changes with each start",
            metadata: ["file": "\(path)", "error": "\(String(cString: strerror(errno)))"])
    }

    /// A key for one purpose; the same at each start.
    package func key(for purpose: String) -> [UInt8] {
        HashFunction.sha512.authenticationCode(of: Array(purpose.utf8), key: bytes)
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        guard Glibc.read(descriptor, &bytes, count) == count else { return nil }
        return bytes
    }

    /// Writes beside the file and renames, so that it is never there in part.
    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let beside = path + ".new"
        unlink(beside)
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let isWritten =
            Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        return isWritten && rename(beside, path) == 0
    }
}
