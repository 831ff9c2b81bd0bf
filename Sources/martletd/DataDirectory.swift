import Glibc
import XMPPEngine

/// The folder of everything the server keeps.
enum DataDirectory {
    static func make(_ path: String) throws {
        guard mkdir(path, 0o750) != 0, errno != EEXIST else { return }
        throw ListenerFailure("cannot make \(path): \(String(cString: strerror(errno)))")
    }

    /// Keeps other servers out of a data directory for the life of this process.
    ///
    /// The system lets go of the lock when the process ends, however it ends.
    ///
    /// - Throws: Who has it, when another server uses it.
    static func claim(_ path: String) throws {
        try make(path)
        let file = path + "/martletd.lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw ListenerFailure("cannot write \(file): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            let owner = owner(descriptor).map { " (process \($0))" } ?? ""
            throw ListenerFailure(
                "another server\(owner) uses the data directory \(path): stop it first, or choose"
                    + " another one with --data")
        }
        let line = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// The number that the owner has written.
    private static func owner(_ descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count), as: UTF8.self).prefix { $0.isNumber })
    }
}
