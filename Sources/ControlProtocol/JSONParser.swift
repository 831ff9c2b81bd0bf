extension JSONValue {
    /// Reads one JSON text, strictly: nothing before or after it but white space (RFC 8259 §2).
    ///
    /// Text longer than `bytesMax`, and arrays and objects nested deeper than `depthMax`, are
    /// refused.
    ///
    /// - Throws: `JSONError` with the first fault.
    package static func parse(
        _ bytes: some Sequence<UInt8>, bytesMax: Int = 1_048_576, depthMax: Int = 32
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: Array(bytes), depthMax: depthMax)
        return try parser.parse(bytesMax: bytesMax)
    }
}

/// A recursive descent over the bytes; the recursion is bounded by `depthMax`.
private struct JSONParser {
    let bytes: [UInt8]
    let depthMax: Int
    var place = 0

    init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    mutating func parse(bytesMax: Int) throws(JSONError) -> JSONValue {
        guard bytes.count <= bytesMax else { throw fault(.tooLong) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw fault(.notUTF8) }
        let value = try value(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw fault(.trailingBytes) }
        return value
    }

    private func fault(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: place)
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            place += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ text: StaticString) throws(JSONError) {
        for scalar in "\(text)".unicodeScalars where !take(scalar) { throw unexpected() }
    }

    private func unexpected() -> JSONError { fault(next == nil ? .unexpectedEnd : .unexpectedByte) }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        guard let byte = next else { throw fault(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"):
            try expect("true")
            return true
        case UInt8(ascii: "f"):
            try expect("false")
            return false
        case UInt8(ascii: "n"):
            try expect("null")
            return nil
        default: throw fault(.unexpectedByte)
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= depthMax else { throw fault(.tooDeep) }
        place += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= depthMax else { throw fault(.tooDeep) }
        place += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected() }
            let name = try string()
            guard names.insert(name).inserted else { throw fault(.duplicateName) }
            skipSpace()
            guard take(":") else { throw unexpected() }
            members.append(.init(name, try value(depth: depth)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected() }
        }
    }

    /// RFC 8259 §6.
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = place
        _ = take("-")
        if !take("0") { try digits() } else if isDigit { throw fault(.badNumber) }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isInteger, let number = Int(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else { throw fault(.badNumber) }
        return .double(number)
    }

    private var isDigit: Bool {
        guard let next else { return false }
        return next >= UInt8(ascii: "0") && next <= UInt8(ascii: "9")
    }

    private mutating func digits() throws(JSONError) {
        guard isDigit else { throw fault(.badNumber) }
        while isDigit { place += 1 }
    }

    /// RFC 8259 §7.
    private mutating func string() throws(JSONError) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                place += 1
                text += Array(String(try escape()).utf8)
            case 0..<0x20: throw fault(.unexpectedByte)
            default:
                text.append(byte)
                place += 1
            }
        }
        throw fault(.unexpectedEnd)
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = next else { throw fault(.unexpectedEnd) }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault(.badEscape)
        }
    }

    /// One scalar from one escape, or from two that are a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take("\\"), take("u") else { throw fault(.badEscape) }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault(.badEscape) }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw fault(.unexpectedEnd) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault(.badEscape)
            }
            number = number << 4 | UInt32(digit)
            place += 1
        }
        return number
    }
}
