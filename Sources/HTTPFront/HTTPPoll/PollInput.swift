import XMPPCore
import XMPPEngine

/// Feeds a polling client's stream, cut anywhere into requests, to its session.
///
/// Guarded by its session's loop. While the stream is idle it holds neither parser nor buffer.
final class PollInput {
    private var parser: StreamParser?
    /// Whether the header was the usual one, so that parsers of the pool can go on.
    private var canPool = false
    private var unread: [UInt8] = []
    private var isRestarting = false
    private var isClosed = false

    /// Bytes that may wait for a stream that is busy.
    private static let unreadBytesMax = 1 << 20

    /// Takes the next bytes of the stream.
    ///
    /// - Returns: Why the stream cannot go on, or `nil`.
    func take(_ bytes: UnsafeRawBufferPointer, for session: C2SSession) -> StreamError? {
        var rest = bytes
        while rest.count > 0, !isClosed {
            if session.isParked || !unread.isEmpty { return keep(rest) }
            switch feed(rest, to: session) {
            case .failure(let error):
                parser = nil
                return error
            case .success(let used):
                rest = UnsafeRawBufferPointer(rebasing: rest[used...])
            }
            if isRestarting {
                parser = nil
                canPool = false
                isRestarting = false
            }
        }
        releaseParser(for: session)
        return nil
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) -> StreamError? {
        guard unread.count + bytes.count <= Self.unreadBytesMax else {
            return StreamError(.resourceConstraint, "too much at once")
        }
        unread.append(contentsOf: bytes)
        return nil
    }

    /// Goes on with what was kept while the session was busy.
    func resume(for session: C2SSession) -> StreamError? {
        guard !unread.isEmpty else { return nil }
        let bytes = unread
        unread = []
        return bytes.withUnsafeBytes { take($0, for: session) }
    }

    /// The next bytes begin a new stream.
    func restart() { isRestarting = true }

    func close() {
        isClosed = true
        parser?.halt()
        parser = nil
        unread = []
    }

    private func feed(
        _ bytes: UnsafeRawBufferPointer, to session: C2SSession
    ) -> Result<Int, StreamError> {
        var bytes = bytes
        var skipped = 0
        if parser == nil {
            skipped = Self.whitespace(in: bytes)
            bytes = UnsafeRawBufferPointer(rebasing: bytes[skipped...])
            guard bytes.count > 0 else { return .success(skipped) }
        }
        let parser = parser ?? makeParser(for: session)
        self.parser = parser
        if session.isEstablished {
            if let error = parser.feed(bytes, to: session, limits: session.limits) {
                return .failure(error)
            }
            return .success(skipped + bytes.count)
        }
        return parser.feedStepwise(bytes, to: session, limits: session.limits) {
            !isRestarting && !isClosed && !session.isParked && !session.isEstablished
        }.map { $0 + skipped }
    }

    private func makeParser(for session: C2SSession) -> StreamParser {
        guard canPool else { return StreamParser(.stream) }
        return session.loop.parsers.take(.clientStream)
    }

    private func releaseParser(for session: C2SSession) {
        guard let parser, !isClosed else { return }
        if parser.framing == .clientStream {
            guard parser.isBetweenElements else { return }
            session.loop.parsers.give(parser)
            self.parser = nil
        } else if parser.canContinueAsClientStream {
            canPool = true
            self.parser = nil
        }
    }

    private static func whitespace(in bytes: UnsafeRawBufferPointer) -> Int {
        bytes.prefix { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }.count
    }
}
