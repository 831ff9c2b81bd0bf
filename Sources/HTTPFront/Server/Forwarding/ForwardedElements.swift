import XMPPConfig

/// Reads the value of `Forwarded` (RFC 7239 §4): elements with commas between, of pairs with
/// semicolons between.
struct ForwardedElements {
    private var rest: Substring.UTF8View

    /// The hops in the order of the field: the client's first.
    ///
    /// - Throws: When it is malformed: with a quotation mark that stays open, one proxy's element
    ///   could be hidden inside what the client sent.
    static func read(
        _ lines: [String]
    ) throws(ForwardingFields.Contradiction) -> [ForwardingHop] {
        var hops: [ForwardingHop] = []
        for line in lines {
            var reader = ForwardedElements(rest: line[...].utf8)
            while true {
                reader.skipBlanks()
                if !reader.rest.isEmpty, !reader.take(",") {
                    hops.append(try reader.element())
                    reader.skipBlanks()
                    guard reader.rest.isEmpty || reader.take(",") else {
                        throw ForwardingFields.Contradiction()
                    }
                }
                if reader.rest.isEmpty { break }
            }
        }
        return hops
    }

    private mutating func element() throws(ForwardingFields.Contradiction) -> ForwardingHop {
        var pairs: [String: String] = [:]
        repeat {
            skipBlanks()
            guard let name = token()?.lowercased() else {
                // An element may be empty, or end in a semicolon.
                if rest.isEmpty || rest.first == UInt8(ascii: ",") { break }
                if rest.first == UInt8(ascii: ";") { continue }
                throw ForwardingFields.Contradiction()
            }
            guard take("="), let value = token() ?? quoted(), pairs[name] == nil else {
                throw ForwardingFields.Contradiction()
            }
            pairs[name] = value
            skipBlanks()
        } while take(";")
        return ForwardingHop(
            address: pairs["for"].flatMap { PeerAddress(forwarded: $0) },
            isNamed: pairs["for"] != nil, scheme: pairs["proto"]?.lowercased(),
            host: pairs["host"])
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    }

    private mutating func token() -> String? {
        let token = rest.prefix { $0.isTokenCharacter }
        guard !token.isEmpty else { return nil }
        rest = rest[token.endIndex...]
        return String(Substring(token))
    }

    private mutating func quoted() -> String? {
        guard take("\"") else { return nil }
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: value, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        return nil
    }
}
