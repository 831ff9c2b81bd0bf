import Glibc

/// An answer as it came over the wire.
struct RawResponse: Equatable {
    var status = 0
    /// Names in lower case, in order.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    static func == (left: RawResponse, right: RawResponse) -> Bool {
        left.status == right.status && left.body == right.body
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}

/// A socket that sends exactly what it is told.
final class RawClient {
    private(set) var descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var isAtEnd = false

    init(port: UInt16, seconds: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw RawFailure(errno) }
        try setTimeout(seconds)
    }

    init(unixPath: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(unixPath.utf8)) }
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw RawFailure(errno) }
        try setTimeout(10)
    }

    deinit {
        close()
    }

    private func setTimeout(_ seconds: Int) throws {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
            socklen_t(MemoryLayout<Int32>.size))
    }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// False when the server has closed the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            buffer.append(contentsOf: chunk[..<count])
        } else if count == 0 || errno == ECONNRESET {
            isAtEnd = true
        } else {
            throw RawFailure(errno)
        }
    }

    /// What comes next; nothing once the server has closed.
    func readSome() throws -> [UInt8] {
        if buffer.isEmpty, !isAtEnd { try fill() }
        defer { buffer = [] }
        return buffer
    }

    /// All bytes until the server closes.
    func readToEnd() throws -> [UInt8] {
        while !isAtEnd { try fill() }
        defer { buffer = [] }
        return buffer
    }

    /// One line without its end.
    func readLine() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end]
                buffer.removeSubrange(...end)
                return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
            }
            guard !isAtEnd else { throw RawFailure(ECONNRESET) }
            try fill()
        }
    }

    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard !isAtEnd else { throw RawFailure(ECONNRESET) }
            try fill()
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    func readHead() throws -> RawResponse {
        var response = RawResponse()
        let words = try readLine().split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw RawFailure(EPROTO) }
        response.status = status
        while case let line = try readLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw RawFailure(EPROTO) }
            let value = parts[1].drop { $0 == " " }
            response.fields.append((parts[0].lowercased(), String(value)))
        }
        return response
    }

    /// One answer with its body.
    func readResponse(to method: String = "GET") throws -> RawResponse {
        var response = try readHead()
        let hasNoBody =
            method == "HEAD" || response.status < 200 || response.status == 204
            || response.status == 304
        if hasNoBody { return response }
        if response["transfer-encoding"] == "chunked" {
            response.body = try readChunks()
        } else if let length = response["content-length"].flatMap(Int.init) {
            response.body = try read(length)
        } else {
            response.body = try readToEnd()
        }
        return response
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let size = Int(try readLine(), radix: 16) else { throw RawFailure(EPROTO) }
            guard size > 0 else { break }
            body += try read(size)
            _ = try readLine()
        }
        while !(try readLine()).isEmpty {}
        return body
    }
}

struct RawFailure: Error, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    var description: String { strerror(code).map { String(cString: $0) } ?? "\(code)" }
}
