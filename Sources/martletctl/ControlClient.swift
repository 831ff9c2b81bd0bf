import ControlProtocol
import Glibc

/// A connection to the server's control socket.
struct ControlClient: ~Copyable {
    /// Why no reply came.
    struct Failure: Error {
        let text: String
    }

    /// Longest reply, in bytes.
    private static let replyBytesMax = 67_108_864
    /// Longer than any command may run.
    private static let replySeconds = 150

    private let descriptor: Int32
    let path: String

    /// Connects to the first of the sockets on which a server answers.
    init(toFirstOf paths: [String]) throws(Failure) {
        var reasons: [String] = []
        for path in paths {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw Failure(text: Self.reason()) }
            let connected = UnixAddress.withAddress(of: path) { connect(descriptor, $0, $1) }
            if connected == 0 {
                self.init(adopting: descriptor, path: path)
                return
            }
            reasons.append("\(path): \(connected == nil ? "bad socket path" : Self.reason())")
            close(descriptor)
        }
        throw Failure(text: "no server answers on " + reasons.joined(separator: ", nor on "))
    }

    private init(adopting descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
        var limit = timeval(tv_sec: Self.replySeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    deinit { close(descriptor) }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Sends a request and waits for its reply.
    func ask(_ command: String, _ arguments: [String] = []) throws(Failure) -> ControlReply {
        let request: JSONValue = [
            "command": .string(command), "arguments": .array(arguments.map { .string($0) }),
        ]
        try send(request.utf8 + [0x0A])
        let line = try receive()
        guard
            let json = try? JSONValue.parse(line, bytesMax: Self.replyBytesMax, depthMax: 64),
            let reply = ControlReply(json)
        else { throw Failure(text: "\(path): the reply is not that of a server") }
        return reply
    }

    private func send(_ bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            // The server may have said why it hangs up: that is read next.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func receive() throws(Failure) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while line.count <= Self.replyBytesMax {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Failure(text: "\(path): \(Self.reason())") }
            guard count > 0 else { throw Failure(text: "\(path): the server closed the socket") }
            if let end = chunk[..<count].firstIndex(of: 0x0A) { return line + chunk[..<end] }
            line += chunk[..<count]
        }
        throw Failure(text: "\(path): the reply is too long")
    }
}
