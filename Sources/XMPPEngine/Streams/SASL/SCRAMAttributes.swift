/// The attributes of a SCRAM message: a letter, `=` and a value each (RFC 5802 §5.1, §7).
enum SCRAMAttributes {
    typealias Field = ArraySlice<UInt8>

    /// Letters that have a meaning: an extension must not use them.
    private static let reserved = Array("acimnprsve".utf8)

    /// Splits a message at its commas.
    ///
    /// - Throws: `malformed-request` when it is not UTF-8 or has a NUL.
    static func fields(of message: [UInt8]) throws(SASLFailure) -> [Field] {
        guard String(validating: message, as: UTF8.self) != nil, !message.contains(0) else {
            throw SASLFailure(.malformedRequest)
        }
        return message.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    }

    /// The value of the attribute that must be in this place.
    ///
    /// - Throws: `malformed-request` when it is another one or has no value.
    static func value(_ letter: Unicode.Scalar, of field: Field) throws(SASLFailure) -> Field {
        let value = field.dropFirst(2)
        guard field.starts(with: [UInt8(ascii: letter), UInt8(ascii: "=")]), !value.isEmpty else {
            throw SASLFailure(.malformedRequest)
        }
        return value
    }

    /// Passes over extensions that may be ignored.
    ///
    /// - Throws: `malformed-request` when one is not an attribute or uses a letter that is taken,
    ///   among them `m`, which says that the message must not be understood without it.
    static func ignoreExtensions(_ fields: some Sequence<Field>) throws(SASLFailure) {
        for field in fields {
            guard let letter = field.first, isLetter(letter), !reserved.contains(letter),
                field.dropFirst().first == UInt8(ascii: "="), field.count > 2
            else { throw SASLFailure(.malformedRequest) }
        }
    }

    /// Reads a `saslname`: `=2C` is a comma, `=3D` an equals sign, no other `=` is allowed.
    static func name(_ value: Field) throws(SASLFailure) -> String {
        var output: [UInt8] = []
        var rest = value
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                output.append(byte)
                continue
            }
            switch (rest.popFirst(), rest.popFirst()) {
            case (UInt8(ascii: "2"), UInt8(ascii: "C")): output.append(UInt8(ascii: ","))
            case (UInt8(ascii: "3"), UInt8(ascii: "D")): output.append(UInt8(ascii: "="))
            default: throw SASLFailure(.malformedRequest)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
