import NIOCore

@testable import HTTPFront

/// A frame as a client sends it, or as it should not.
struct TestFrame {
    enum Opcode: UInt8 {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10, unknown = 3
    }

    var opcode: Opcode
    var payload: [UInt8]
    var isFinal = true
    var reserved: UInt8 = 0
    var isMasked = true

    init(
        _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0,
        isMasked: Bool = true
    ) {
        self.opcode = opcode
        self.payload = payload
        self.isFinal = isFinal
        self.reserved = reserved
        self.isMasked = isMasked
    }

    init(
        _ opcode: Opcode, _ text: String = "", isFinal: Bool = true, reserved: UInt8 = 0,
        isMasked: Bool = true
    ) {
        self.init(
            opcode, Array(text.utf8), isFinal: isFinal, reserved: reserved, isMasked: isMasked)
    }

    static func text(_ text: String, isFinal: Bool = true) -> TestFrame {
        TestFrame(.text, text, isFinal: isFinal)
    }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> TestFrame {
        TestFrame(.close, CloseCode(code).payload + reason)
    }

    var bytes: [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode.rawValue]
        let flag: UInt8 = isMasked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(flag | UInt8(payload.count))
        } else if payload.count < 65_536 {
            bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        } else {
            bytes.append(flag | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard isMasked else { return bytes + payload }
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
    }
}

/// A buffer to write to, and what is in it.
struct WebSocketBytes {
    var buffer = ByteBuffer()

    var bytes: [UInt8] { Array(buffer.readableBytesView) }
}
