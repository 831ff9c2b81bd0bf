/// Why a WebSocket connection closes (RFC 6455 §7.4).
struct CloseCode: Hashable, Sendable {
    let number: UInt16

    init(_ number: UInt16) { self.number = number }

    static let normal = CloseCode(1000)
    static let goingAway = CloseCode(1001)
    static let protocolError = CloseCode(1002)
    static let unsupportedData = CloseCode(1003)
    static let invalidPayload = CloseCode(1007)
    static let policyViolation = CloseCode(1008)
    static let messageTooBig = CloseCode(1009)
    static let internalError = CloseCode(1011)

    /// Whether a Close frame may carry it: those in use, and those that are nobody's (§7.4.2).
    var maySend: Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The payload of a Close frame without a reason.
    var payload: [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}
