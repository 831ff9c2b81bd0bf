import ControlProtocol
import Glibc

/// Tells the service manager how far the server is (sd_notify(3)), without libsystemd.
package struct ServiceNotifier: Sendable {
    /// What the service manager understands.
    package enum State: Hashable, Sendable {
        case ready
        case reloading
        case stopping
        /// One line for people.
        case status(String)
    }

    private let path: String

    /// Without a socket path, in `$NOTIFY_SOCKET` by default, every call does nothing.
    package init(path: String? = getenv("NOTIFY_SOCKET").map { String(cString: $0) }) {
        self.path = path ?? ""
    }

    /// Sends one datagram.
    ///
    /// - Returns: Whether a service manager took it.
    @discardableResult
    package func notify(_ state: State) -> Bool {
        guard path.hasPrefix("/") || path.hasPrefix("@") else { return false }
        let socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        let message = Array(Self.text(of: state).utf8)
        return UnixAddress.withAddress(of: path) { address, length in
            sendto(
                socket, message, message.count, Int32(MSG_NOSIGNAL), address, length)
                == message.count
        } ?? false
    }

    private static func text(of state: State) -> String {
        switch state {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds())"
        case .stopping: "STOPPING=1"
        case .status(let text):
            "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
    }

    private static func monotonicMicroseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
