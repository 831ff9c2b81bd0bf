/// Why a WebSocket connection closes (RFC 6455 §7.4).
package struct CloseCode: Hashable, Sendable {
    /// As it stands in the frame.
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    package static let normal = CloseCode(1000)
    package static let goingAway = CloseCode(1001)
    package static let protocolError = CloseCode(1002)
    package static let unsupportedData = CloseCode(1003)
    package static let invalidPayload = CloseCode(1007)
    package static let policyViolation = CloseCode(1008)
    package static let messageTooBig = CloseCode(1009)
    package static let internalError = CloseCode(1011)

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
