import ControlProtocol
import XMPPEngine

/// The arguments of a command in the query of a URL (the `form` style of OpenAPI).
enum APIQuery {
    /// Most arguments in one query.
    private static let pairsMax = 200

    /// Reads a query; a name that comes more than once is a list.
    ///
    /// - Throws: 400 for bad escapes, for what is not UTF-8, and for a name given twice that takes
    ///   one value.
    static func arguments(
        _ query: String?, for declared: [CommandArgument]
    ) throws(APIError) -> JSONValue {
        var values: [(name: String, values: [String])] = []
        for (name, value) in try pairs(query) {
            if let index = values.firstIndex(where: { $0.name == name }) {
                values[index].values.append(value)
            } else {
                values.append((name, [value]))
            }
        }
        var members: [JSONValue.Member] = []
        for (name, texts) in values {
            let isList = declared.contains { $0.name == name && $0.kind == .strings }
            guard isList || texts.count == 1, let first = texts.first else {
                throw APIError(.badRequest, "argument \(name.prefix(100)) is given twice")
            }
            // A list of one may be several in one text, as on the command line.
            let isArray = isList && texts.count > 1
            members.append(
                .init(name, isArray ? .array(texts.map { .string($0) }) : .string(first)))
        }
        return .object(members)
    }

    /// The names and values of a query, decoded, in order.
    static func pairs(_ query: String?) throws(APIError) -> [(name: String, value: String)] {
        guard let query, !query.isEmpty else { return [] }
        let parts = query.split(separator: "&")
        guard parts.count <= pairsMax else {
            throw APIError(.badRequest, "the query has too many arguments")
        }
        var pairs: [(name: String, value: String)] = []
        for part in parts {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(sides[0]), let value = decode(sides.count > 1 ? sides[1] : "")
            else { throw APIError(.badRequest, "the query is not well encoded") }
            pairs.append((name, value))
        }
        return pairs
    }

    /// Undoes `application/x-www-form-urlencoded`.
    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = source.next().flatMap(digit),
                    let low = source.next().flatMap(digit)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
