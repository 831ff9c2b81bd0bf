/// The message that opens a SCRAM exchange (RFC 5802 §7, `client-first-message`).
struct SCRAMClientFirst: Equatable {
    /// What the client says of channel binding.
    enum Binding: Equatable {
        /// `n`: it cannot.
        case unsupported
        /// `y`: it can, and believes that the server cannot.
        case notOffered
        /// `p`: it does, with the binding of this name.
        case used(String)
    }

    private static let nonceBytesMax = 256

    let binding: Binding
    /// Whom to act as; `nil`: the user.
    let authzid: String?
    let username: String
    /// The client's part of the nonce.
    let nonce: [UInt8]
    /// Binding and authzid as they were sent, with the commas.
    let gs2Header: [UInt8]
    /// The rest as it was sent.
    let bare: [UInt8]

    /// Reads the message.
    ///
    /// - Throws: `malformed-request` when it breaks the grammar or needs an extension.
    init(_ message: [UInt8]) throws(SASLFailure) {
        let fields = try SCRAMAttributes.fields(of: message)
        guard fields.count >= 4 else { throw SASLFailure(.malformedRequest) }
        binding = try Self.binding(fields[0])
        authzid =
            fields[1].isEmpty
            ? nil : try SCRAMAttributes.name(SCRAMAttributes.value("a", of: fields[1]))
        guard !fields[2].starts(with: "m=".utf8) else {
            throw SASLFailure(.malformedRequest, "SCRAM extensions are not supported")
        }
        username = try SCRAMAttributes.name(SCRAMAttributes.value("n", of: fields[2]))
        nonce = Array(try SCRAMAttributes.value("r", of: fields[3]))
        guard nonce.count <= Self.nonceBytesMax,
            nonce.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw SASLFailure(.malformedRequest) }
        try SCRAMAttributes.ignoreExtensions(fields.dropFirst(4))
        gs2Header = Array(message[..<fields[2].startIndex])
        bare = Array(message[fields[2].startIndex...])
    }

    private static func binding(_ field: ArraySlice<UInt8>) throws(SASLFailure) -> Binding {
        guard field.count != 1 else {
            switch field.first {
            case UInt8(ascii: "n"): return .unsupported
            case UInt8(ascii: "y"): return .notOffered
            default: throw SASLFailure(.malformedRequest)
            }
        }
        let name = try SCRAMAttributes.value("p", of: field)
        let isName = name.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName else { throw SASLFailure(.malformedRequest) }
        return .used(String(decoding: name, as: UTF8.self))
    }
}
