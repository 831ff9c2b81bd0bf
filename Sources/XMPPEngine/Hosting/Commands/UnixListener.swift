import ControlProtocol
import Glibc
import Synchronization

/// Why a unix socket cannot be served.
package enum UnixListenerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another server answers there.
    case alreadyServed(String)
    /// There is a file of another kind.
    case notASocket(String)
    case badPath(String)
    case system(SystemCallError)

    package var description: String {
        switch self {
        case .alreadyServed(let path): "another server answers on \(path)"
        case .notASocket(let path): "\(path) is there already and no socket"
        case .badPath(let path):
            "a socket path has 1 to \(UnixAddress.pathBytesMax) bytes: \(path)"
        case .system(let error): error.description
        }
    }
}

/// Owns a listening unix socket and its file; `deinit` removes both.
///
/// Guarded by a `Mutex`.
final class UnixListener: Sendable {
    let descriptor: Int32
    private let path: String
    private let file = Mutex<(device: dev_t, inode: ino_t)?>(nil)

    private init(adopting descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // Another server may have put its own file in this place.
        if let file = file.withLock({ $0 }), let status = Self.status(of: path),
            status.st_dev == file.device,
            status.st_ino == file.inode
        {
            unlink(path)
        }
        close(descriptor)
    }

    /// Listens on a path; a socket file that nobody serves is replaced.
    static func open(
        _ path: String, mode: mode_t, backlog: Int32
    ) throws(UnixListenerError) -> UnixListener {
        try clear(path)
        let descriptor = streamSocket()
        guard descriptor >= 0 else { throw .system(SystemCallError("socket")) }
        let listener = UnixListener(adopting: descriptor, path: path)
        // Linux gives the file the mode of its socket, so it is never open to others.
        guard fchmod(descriptor, mode) == 0 else { throw .system(SystemCallError("fchmod")) }
        let bound = UnixAddress.withAddress(of: path) { bind(descriptor, $0, $1) }
        guard let bound else { throw .badPath(path) }
        guard bound == 0 else { throw .system(SystemCallError("bind \(path)")) }
        if let status = status(of: path) {
            listener.file.withLock { $0 = (status.st_dev, status.st_ino) }
        }
        guard listen(descriptor, backlog) == 0 else {
            throw .system(SystemCallError("listen \(path)"))
        }
        return listener
    }

    private static func streamSocket(_ flags: Int32 = 0) -> Int32 {
        socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | flags, 0)
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    private static func clear(_ path: String) throws(UnixListenerError) {
        guard let status = status(of: path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = streamSocket(Int32(SOCK_NONBLOCK.rawValue))
        guard probe >= 0 else { throw .system(SystemCallError("socket")) }
        defer { close(probe) }
        let connected = UnixAddress.withAddress(of: path) { connect(probe, $0, $1) }
        guard let connected else { throw .badPath(path) }
        guard connected != 0 else { throw .alreadyServed(path) }
        switch errno {
        case ECONNREFUSED: unlink(path)
        case EAGAIN: throw .alreadyServed(path)
        default: throw .system(SystemCallError("connect \(path)"))
        }
    }
}
