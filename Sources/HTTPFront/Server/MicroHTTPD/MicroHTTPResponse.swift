import CMicroHTTPD
import Glibc
import NIOCore

/// Owns one `MHD_Response *` and the status it will be sent with.
final class MicroHTTPResponse {
    let status: HTTPStatus
    /// Bytes of the body; `nil` for a stream.
    let size: UInt64?
    /// Whether the body is sent by sendfile(2), apart from the head.
    let isFile: Bool
    private let pointer: OpaquePointer

    /// Builds a response; `nil` when there is no memory.
    ///
    /// Fields that could not be sent safely (line ends, empty names) are left out and reported.
    init?(status: HTTPStatus, body: ResponseBody, onLoop exchange: Exchange) {
        self.status = status
        let (made, size) = Self.make(body, exchange)
        guard let made else { return nil }
        pointer = made
        self.size = size
        isFile = if case .file = body { true } else { false }
    }

    /// Builds the answer after which the exchange gets the connection; `nil` without memory.
    init?(switchingProtocols status: HTTPStatus) {
        let made = MHD_create_response_for_upgrade(
            { _, _, context, early, earlyCount, socket, handle in
                guard let context, let handle else { return }
                let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
                exchange.upgraded(
                    socket: socket, handle: handle,
                    early: UnsafeRawBufferPointer(
                        start: early, count: early == nil ? 0 : earlyCount))
            }, nil)
        guard let made else { return nil }
        self.status = status
        pointer = made
        size = 0
        isFile = false
    }

    deinit {
        MHD_destroy_response(pointer)
    }

    /// Adds one field; false when name or value cannot be sent.
    @discardableResult
    func add(_ name: String, _ value: String) -> Bool {
        // As arguments they would be copied into arrays first.
        name.withCString { name in
            value.withCString { MHD_add_response_header(pointer, name, $0) == .YES }
        }
    }

    /// Hands the response over; it may be sent only once.
    func queue(on request: MicroHTTPRequest) -> Bool {
        MHD_queue_response(request.pointer, UInt32(status.code), pointer) == .YES
    }

    private static func make(
        _ body: ResponseBody, _ exchange: Exchange
    ) -> (OpaquePointer?, UInt64?) {
        switch body {
        case .empty:
            (MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT), 0)
        case .bytes(let bytes):
            (bytes.withUnsafeBytes(copying), UInt64(bytes.count))
        case .text(let text):
            (copying(text: text), UInt64(text.utf8.count))
        case .buffer(let buffer):
            (sharing(buffer), UInt64(buffer.readableBytes))
        case .file(let file):
            (region(of: file), file.count)
        case .stream(let stream):
            (streaming(stream), nil)
        }
    }

    private static func copying(_ bytes: UnsafeRawBufferPointer) -> OpaquePointer? {
        MHD_create_response_from_buffer(
            bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
            .RESPMEM_MUST_COPY)
    }

    private static func copying(text: String) -> OpaquePointer? {
        var text = text
        return text.withUTF8 { copying(UnsafeRawBufferPointer($0)) }
    }

    /// Below this size a copy costs less than keeping the buffer alive.
    private static let copiedBytesMax = 1024

    private static func sharing(_ buffer: ByteBuffer) -> OpaquePointer? {
        if buffer.readableBytes <= copiedBytesMax {
            return buffer.withUnsafeReadableBytes(copying)
        }
        return buffer.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            let kept = storage.retain()
            let made = MHD_create_response_from_buffer_with_free_callback_cls(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                { context in
                    guard let context else { return }
                    Unmanaged<AnyObject>.fromOpaque(context).release()
                }, kept.toOpaque())
            if made == nil { kept.release() }
            return made
        }
    }

    /// libmicrohttpd closes the descriptor together with the response.
    private static func region(of file: FileRegion) -> OpaquePointer? {
        let made = MHD_create_response_from_fd_at_offset64(
            file.count, file.descriptor, file.offset)
        if made == nil { file.close() }
        return made
    }

    private static func streaming(_ stream: BodyStream) -> OpaquePointer? {
        let kept = Unmanaged.passRetained(stream)
        let made = MHD_create_response_from_callback(
            UInt64.max, 4096,
            { context, _, target, space in
                guard let context, let target else { return -2 }
                let stream = Unmanaged<BodyStream>.fromOpaque(context).takeUnretainedValue()
                return MicroHTTPResponse.read(
                    stream, into: UnsafeMutableRawBufferPointer(start: target, count: space))
            }, kept.toOpaque(),
            { context in
                guard let context else { return }
                Unmanaged<BodyStream>.fromOpaque(context).release()
            })
        if made == nil { kept.release() }
        return made
    }

    /// Fills `target` for libmicrohttpd; -1 ends the body.
    ///
    /// -2, which is to cut the connection, would leave one that was suspended open for good: the
    /// socket is shut down instead, and sending the end of the body fails.
    private static func read(
        _ stream: BodyStream, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        switch stream.read(into: target) {
        case .bytes(let count):
            return count
        case .end:
            return -1
        case .gone:
            if let exchange = stream.exchange {
                shutdown(exchange.connection.descriptor, Int32(SHUT_RDWR))
            }
            return -1
        case .nothingYet:
            guard let exchange = stream.exchange, let request = exchange.request else { return -2 }
            exchange.isSuspended = true
            MHD_suspend_connection(request.pointer)
            exchange.connection.startWatching()
            return 0
        }
    }
}
