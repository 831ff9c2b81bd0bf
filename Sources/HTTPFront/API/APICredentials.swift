import XMPPCore
import XMPPEngine

/// What a request shows to be let in (`Authorization`, RFC 9110 §11.6.2).
enum APICredentials: Equatable, Sendable {
    case none
    /// RFC 6750 §2.1.
    case bearer(String)
    /// An account and its password (RFC 7617).
    case basic(BareJID, password: String)
    /// A field that says nothing of either kind.
    case malformed

    private static let fieldBytesMax = 8192

    /// Reads the field's value; `nil` for a request without it.
    init(_ value: String?) {
        guard let value else {
            self = .none
            return
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard value.utf8.count <= Self.fieldBytesMax, parts.count == 2 else {
            self = .malformed
            return
        }
        let rest = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer": self = Self.isToken(rest) ? .bearer(String(rest)) : .malformed
        case "basic": self = Self.basic(rest) ?? .malformed
        default: self = .malformed
        }
    }

    /// `b64token` (RFC 6750 §2.1).
    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                case 0x2b, 0x2d, 0x2e, 0x2f, 0x3d, 0x5f, 0x7e: true
                default: false
                }
            }
    }

    /// The name is a bare address, which may hold no colon (RFC 7617 §2).
    private static func basic(_ text: Substring) -> APICredentials? {
        guard let bytes = Base64.decode(text.utf8),
            let pair = String(validating: bytes, as: UTF8.self),
            let colon = pair.firstIndex(of: ":"), let account = BareJID(String(pair[..<colon])),
            !account.isDomain
        else { return nil }
        return .basic(account, password: String(pair[pair.index(after: colon)...]))
    }
}
