/// How the body of a request is taken.
package enum BodyIntake {
    /// Collected before the handler runs; a longer body is refused with 413.
    case collect(bytesMax: Int)
    /// Given to the handler as it comes: the handler runs when the head is there.
    case stream(bytesMax: UInt64)
}

/// The body of one request while it arrives.
struct RequestBody {
    /// Length by `Content-Length`, 0 without a body, `nil` when it is chunked.
    var expected: UInt64? = 0
    var received: UInt64 = 0
    var limit: UInt64 = 0
    /// When the head was there, in milliseconds of the loop's clock.
    var startedAt: UInt64 = 0
    var isStreamed = false
    /// Whether the handler looks at the head before it lets the body come.
    var isHeldBack = false
    var reader: ((UnsafeRawBufferPointer) -> Int)?
    var whenComplete: (() -> Void)?
    private var collected: [UInt8] = []
    /// The whole body in libmicrohttpd's buffer; valid while the handler runs.
    private var borrowed: UnsafeRawBufferPointer?

    var isExpected: Bool { expected != 0 }
    /// What had come when the loop last looked for bodies that do not move.
    private var seen: UInt64 = .max

    /// Whether nothing has come since the last call.
    mutating func isStill() -> Bool {
        defer { seen = received }
        return seen == received
    }

    mutating func collect(_ chunk: UnsafeRawBufferPointer) {
        if collected.isEmpty, let expected { collected.reserveCapacity(Int(clamping: expected)) }
        collected.append(contentsOf: chunk)
    }

    mutating func complete(with chunk: UnsafeRawBufferPointer) {
        if collected.isEmpty {
            borrowed = chunk
        } else {
            collected.append(contentsOf: chunk)
        }
    }

    mutating func drop() {
        collected = []
        borrowed = nil
        reader = nil
        whenComplete = nil
    }

    func withBytes<Result>(
        _ read: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        if let borrowed { return try read(borrowed) }
        return try collected.withUnsafeBytes(read)
    }
}

extension Exchange {
    /// Lends the collected body, without a copy where it came in one piece.
    ///
    /// The body is there while the handler runs and dropped when it returns.
    package func withBody<Result>(
        _ read: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body.withBytes(read)
    }

    /// A copy of the collected body; empty after the handler has returned.
    package var bodyBytes: [UInt8] {
        body.withBytes { Array($0) }
    }

    /// Length of the body by the client's word; 0 without a body, `nil` when it is chunked.
    package var declaredBodyBytes: UInt64? { body.expected }

    /// Reads a streamed body along; to be set by a handler whose intake is `.stream`.
    ///
    /// - Parameters:
    ///   - take: Gets the bytes that came and says how many it took. If it does not take all, no
    ///     more is read until `resumeBody`, which begins with those it left.
    ///   - complete: Called once all is there; answers or holds.
    package func readBody(
        _ take: @escaping (UnsafeRawBufferPointer) -> Int, complete: @escaping () -> Void
    ) {
        body.reader = take
        body.whenComplete = complete
    }

    /// Lets a streamed body come that was held back: by a handler that called `hold` with nothing
    /// but the head there, to see whether the body is wanted at all.
    package func acceptBody() {
        guard case .held = state, body.isHeldBack else { return }
        body.isHeldBack = false
        state = .bodyAccepted
        body.startedAt = loop.now
        connection.restart(for: connection.server.timeouts.body, bytes: body.expected ?? 0)
        wake()
    }

    /// Answers while the body may still be on its way, and closes the connection if it is.
    package func refuseBody(_ status: HTTPStatus) {
        guard case .receivingBody = state else {
            respond(status, body: .page(status))
            return
        }
        isRefusedEarly = true
        connection.sendRefusal(status)
        abort()
    }

    /// Goes on with a body whose reader did not take all.
    package func resumeBody() {
        guard case .receivingBody = state, isSuspended else { return }
        wake()
    }
}
