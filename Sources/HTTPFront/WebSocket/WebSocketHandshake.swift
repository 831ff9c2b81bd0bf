import XMPPEngine

/// The opening handshake of a client, checked (RFC 6455 §4.2, RFC 7395 §3.1).
package struct WebSocketHandshake: Equatable {
    /// Why a client is not taken.
    package enum Refusal: Error, Equatable {
        /// No handshake, or one of another version: 426 with what is spoken here (§4.2.2, §4.4).
        case upgradeRequired
        case badRequest(String)
        /// A page of a site that may not connect (§4.2.2, §10.2).
        case forbidden
    }

    /// The version of RFC 6455.
    static let version = "13"
    /// RFC 7395 §3.1.
    package static let xmpp = "xmpp"
    /// What proves that the key was read as such (§1.3).
    private static let keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The one of those offered that is spoken; `nil` for none at all.
    package let subprotocol: String?
    /// `Sec-WebSocket-Accept`.
    let accept: String
    /// What messages may be compressed with; `nil` for not at all.
    package let deflate: DeflateTerms?

    /// Reads a handshake.
    ///
    /// - Parameters:
    ///   - subprotocol: What must be among those offered; `nil` for none at all.
    ///   - origins: The sites whose pages may connect, in lower case; any when empty. A client
    ///     without an origin is no page.
    ///   - fields: The values of the header fields with a name.
    /// - Throws: Why the client is not taken.
    package init(
        subprotocol: String? = xmpp, origins: Set<String>, fields: (String) -> [String]
    ) throws(Refusal) {
        guard HeaderList.contains("websocket", in: fields("Upgrade")) else {
            throw .upgradeRequired
        }
        guard HeaderList.contains("upgrade", in: fields("Connection")) else {
            throw .badRequest("Connection does not say Upgrade")
        }
        let versions = fields("Sec-WebSocket-Version")
        guard versions.count == 1 else {
            throw .badRequest("one Sec-WebSocket-Version is needed")
        }
        guard versions == [Self.version] else { throw .upgradeRequired }
        let keys = fields("Sec-WebSocket-Key")
        guard keys.count == 1, let key = keys.first, Base64.decode(key)?.count == 16 else {
            throw .badRequest("one Sec-WebSocket-Key of 16 bytes is needed")
        }
        if !origins.isEmpty {
            let sent = fields("Origin")
            guard sent.allSatisfy({ origins.contains($0.lowercased()) }) else { throw .forbidden }
        }
        if let subprotocol {
            let offered = fields("Sec-WebSocket-Protocol").flatMap { HeaderList.elements($0) }
            guard offered.contains(subprotocol[...]) else {
                throw .badRequest("the subprotocol \(subprotocol) is needed")
            }
        }
        self.subprotocol = subprotocol
        accept = Self.accept(key)
        deflate = DeflateTerms.accept(fields("Sec-WebSocket-Extensions"))
    }

    static func accept(_ key: String) -> String {
        Base64.encode(HashFunction.sha1.digest(of: Array((key + keySuffix).utf8)))
    }

    /// The fields of the answer, beside `Connection`.
    package var fields: [HTTPField] {
        var fields = [
            HTTPField("Upgrade", "websocket"),
            HTTPField("Sec-WebSocket-Accept", accept),
        ]
        if let subprotocol { fields.append(HTTPField("Sec-WebSocket-Protocol", subprotocol)) }
        if let deflate {
            fields.append(HTTPField("Sec-WebSocket-Extensions", deflate.answer))
        }
        return fields
    }
}
