import XMPPCore

/// Where clients find the other ways to connect, in both forms of RFC 6415 (XEP-0156 §2).
struct HostMeta: Equatable {
    /// One way to connect.
    struct Link: Equatable {
        let relation: String
        let address: String

        static func bosh(_ address: String) -> Link {
            Link(relation: "urn:xmpp:alt-connections:xbosh", address: address)
        }

        static func webSocket(_ address: String) -> Link {
            Link(relation: "urn:xmpp:alt-connections:websocket", address: address)
        }
    }

    let links: [Link]

    private static let namespace = Namespace("http://docs.oasis-open.org/ns/xri/xrd-1.0")

    /// The extensible resource descriptor (RFC 6415 §3).
    var xml: [UInt8] {
        let elements = links.map { link in
            Element(
                "Link", Self.namespace,
                attributes: [("rel", link.relation), ("href", link.address)])
        }
        return Array("<?xml version='1.0' encoding='utf-8'?>\n".utf8)
            + Payload([Element("XRD", Self.namespace, children: elements)]).bytes
    }

    /// The same in JSON (RFC 6415 appendix A).
    var json: String {
        let objects = links.map { link in
            "{\"rel\":\(Self.quoted(link.relation)),\"href\":\(Self.quoted(link.address))}"
        }
        return "{\"links\":[\(objects.joined(separator: ","))]}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case " "...: quoted.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return quoted + "\""
    }
}
