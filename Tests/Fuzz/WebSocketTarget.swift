import NIOCore
import XMPPCore

@testable import HTTPFront

/// WebSocket: frames, messages, compression and the handshake's lists.
///
/// The first byte says whether compression was agreed on, and how the bytes are cut.
enum WebSocketTarget {
    private static let bytesMax = 65_536

    static func run(_ input: Input) {
        guard let first = input.bytes.first else { return }
        let bytes = Array(input.bytes.dropFirst())
        if first & 0x80 != 0 { return handshake(String(decoding: bytes, as: UTF8.self)) }
        let whole = Connection(mayBeCompressed: first & 1 != 0)
        whole.take(bytes, step: max(1, bytes.count))
        let cut = Connection(mayBeCompressed: first & 1 != 0)
        cut.take(bytes, step: max(1, Int(first >> 1)))
        // Where the bytes were cut makes no difference, up to where one of them failed.
        require(zip(whole.found, cut.found).allSatisfy(==), "\(whole.found)\n\(cut.found)")
        guard !whole.hasFailed, !cut.hasFailed else { return }
        require(whole.found.count == cut.found.count, "\(whole.found)\n\(cut.found)")
    }

    private static func handshake(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let terms = DeflateTerms.accept(lines) {
            require((9...15).contains(terms.serverWindowBits), "\(terms)")
            require(!terms.answer.contains("\r"), terms.answer)
        }
        let names = [
            "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Origin",
            "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
        ]
        _ = try? WebSocketHandshake(origins: ["https://example.com"]) { name in
            guard let index = names.firstIndex(of: name), index < lines.count else { return [] }
            return [lines[index]]
        }
    }

    private final class Connection {
        let reader = FrameReader()
        let parsers = ParserPool()
        let inflater = MessageInflater()
        var input: WebSocketInput
        var found: [String] = []
        var hasFailed = false

        init(mayBeCompressed: Bool) {
            input = WebSocketInput(mayBeCompressed: mayBeCompressed)
        }

        func take(_ bytes: [UInt8], step: Int) {
            var start = 0
            while start < bytes.count, !hasFailed {
                let end = min(bytes.count, start + step)
                Array(bytes[start..<end]).withUnsafeBytes { piece in
                    reader.lend(piece)
                    read()
                    _ = reader.takeRest()
                }
                start = end
            }
        }

        private func read() {
            while !hasFailed {
                switch reader.next() {
                case .needsMore: return
                case .violation: hasFailed = true
                case .piece(let piece): take(piece)
                }
            }
        }

        private func take(_ piece: FramePiece) {
            switch input.take(piece, bytesMax: bytesMax) {
            case .goOn: break
            case .message(let kind): take(kind, piece.bytes)
            case .fail(let code):
                hasFailed = true
                found.append("\(code)")
            case .ping(let payload): found.append("ping \(payload)")
            case .pong: found.append("pong")
            case .close(let code): found.append("close \(code.map { "\($0)" } ?? "-")")
            }
        }

        private func take(_ kind: WebSocketInput.Kind, _ last: UnsafeRawBufferPointer) {
            var message = input.takeKept()
            message.writeBytes(last)
            if kind.isCompressed {
                var plain = ByteBuffer()
                let outcome = message.withUnsafeReadableBytes {
                    inflater.inflate($0, bytesMax: bytesMax, to: &plain)
                }
                guard outcome == .inflated else {
                    hasFailed = true
                    return
                }
                message = plain
            }
            let item = message.withUnsafeReadableBytes {
                FramedMessage.read($0, with: parsers, limits: .beforeLogin)
            }
            switch item {
            case .success(.stanza(let stanza)): found.append("\(stanza.kind) \(stanza.id ?? "-")")
            case .success(.nonza(let nonza)): found.append("\(nonza)")
            case .failure(let error): found.append(error.condition.rawValue)
            }
        }
    }
}
