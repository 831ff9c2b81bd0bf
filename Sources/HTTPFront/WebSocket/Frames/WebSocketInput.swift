import NIOCore

/// What the frames of a client add up to: messages, and what must be answered (RFC 6455 §5).
///
/// A value without I/O. Between two messages it holds nothing.
struct WebSocketInput {
    /// What a piece of a frame leads to.
    enum Order: Equatable {
        case goOn
        /// A message is complete: what was kept, then this piece.
        case message(Kind)
        /// To be answered with the same payload (§5.5.2).
        case ping([UInt8])
        case pong
        /// The client closes; `nil` when it does not say why (§5.5.1).
        case close(CloseCode?)
        /// The connection fails: say why and read no more (§7.1.7).
        case fail(CloseCode)
    }

    struct Kind: Equatable {
        var isText: Bool
        var isCompressed: Bool
    }

    private enum Message: Equatable {
        case none
        case begun(Kind)
    }

    /// Whether permessage-deflate was agreed on, which gives RSV1 its meaning (RFC 7692 §6).
    private let mayBeCompressed: Bool
    private let acceptsBinary: Bool
    private var message = Message.none
    private var utf8 = UTF8Check()
    /// The message so far, as it came.
    private var kept = ByteBuffer()
    private var control: [UInt8] = []

    init(mayBeCompressed: Bool, acceptsBinary: Bool = false) {
        self.mayBeCompressed = mayBeCompressed
        self.acceptsBinary = acceptsBinary
    }

    /// Whether a completed message has more than its last piece.
    var hasKept: Bool { kept.readableBytes > 0 }

    /// Takes the next piece; messages of more bytes than `bytesMax` are refused.
    mutating func take(_ piece: FramePiece, bytesMax: Int) -> Order {
        if piece.isFirst, let code = fault(of: piece, bytesMax: bytesMax) { return .fail(code) }
        return piece.opcode.isControl ? takeControl(piece) : takeData(piece)
    }

    /// The message that has just been completed, without its last piece.
    mutating func takeKept() -> ByteBuffer {
        defer { kept = ByteBuffer() }
        return kept
    }

    // MARK: frames

    private func fault(of piece: FramePiece, bytesMax: Int) -> CloseCode? {
        // §5.1: a client masks; §5.2: reserved bits and opcodes.
        guard piece.isMasked, !piece.hasReservedBits else { return .protocolError }
        if piece.isCompressed {
            guard mayBeCompressed, piece.opcode == .text || piece.opcode == .binary else {
                return .protocolError
            }
        }
        switch piece.opcode {
        case .reserved: return .protocolError
        case .close: return piece.payloadLength == 1 ? .protocolError : nil
        case .ping, .pong: return nil
        case .continuation: if message == .none { return .protocolError }
        case .text: if message != .none { return .protocolError }
        case .binary:
            if message != .none { return .protocolError }
            if !acceptsBinary { return .unsupportedData }
        }
        let room = UInt64(max(0, bytesMax - kept.readableBytes))
        return piece.payloadLength > room ? .messageTooBig : nil
    }

    // MARK: data

    private mutating func takeData(_ piece: FramePiece) -> Order {
        let kind: Kind
        switch message {
        case .begun(let known): kind = known
        case .none:
            kind = Kind(isText: piece.opcode == .text, isCompressed: piece.isCompressed)
            message = .begun(kind)
        }
        // §8.1: as soon as it is seen.
        if kind.isText, !kind.isCompressed, !utf8.add(piece.bytes) {
            return .fail(.invalidPayload)
        }
        guard piece.isFinal, piece.isLast else {
            kept.writeBytes(piece.bytes)
            return .goOn
        }
        message = .none
        guard utf8.isComplete else { return .fail(.invalidPayload) }
        return .message(kind)
    }

    // MARK: control

    private mutating func takeControl(_ piece: FramePiece) -> Order {
        control.append(contentsOf: piece.bytes)
        guard piece.isLast else { return .goOn }
        let payload = control
        control = []
        switch piece.opcode {
        case .ping: return .ping(payload)
        case .close: return closed(payload)
        case .pong, .continuation, .text, .binary, .reserved: return .pong
        }
    }

    private func closed(_ payload: [UInt8]) -> Order {
        guard payload.count >= 2 else { return .close(nil) }
        let code = CloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.maySend else { return .fail(.protocolError) }
        let isText = payload.withUnsafeBytes {
            UTF8Check.isText(UnsafeRawBufferPointer(rebasing: $0[2...]))
        }
        return isText ? .close(code) : .fail(.invalidPayload)
    }
}
