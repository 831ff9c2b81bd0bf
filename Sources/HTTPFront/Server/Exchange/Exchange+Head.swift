/// The parts of the request line in libmicrohttpd's buffer; valid during one call.
struct RequestLine {
    let method: UnsafePointer<CChar>
    let path: UnsafePointer<CChar>
    let version: UnsafePointer<CChar>

    func hasVersion(_ version: StaticString) -> Bool {
        version.withUTF8Buffer { version in
            for (index, byte) in version.enumerated() where self.version[index] != CChar(byte) {
                return false
            }
            return self.version[version.count] == 0
        }
    }
}

/// Request fields, and what a head must fulfil before a handler sees it.
extension Exchange {
    /// The value of the first field of that name, compared without case; `nil` without one, or
    /// after the request has ended.
    package func field(_ name: String) -> String? {
        request?.withField(named: name) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The values of all fields of that name, in order.
    package func fields(_ name: String) -> [String] {
        var values: [String] = []
        request?.eachField { fieldName, value in
            if fieldName.equalsIgnoringCase(name) {
                values.append(String(decoding: value, as: UTF8.self))
            }
            return true
        }
        return values
    }

    /// The host the client asked for, lower case and without port; `nil` without one.
    ///
    /// Behind a trusted proxy it is the one that the proxy was asked for.
    package var host: String? {
        guard let authority else { return nil }
        let bytes = authority.utf8
        let end =
            bytes.first == UInt8(ascii: "[")
            ? bytes.firstIndex(of: UInt8(ascii: "]")).map { bytes.index(after: $0) }
            : bytes.firstIndex(of: UInt8(ascii: ":"))
        let host = authority[..<(end ?? authority.endIndex)]
        let isLowerCased = host.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5a).contains($0) }
        return isLowerCased ? String(host) : host.lowercased()
    }

    /// The host the client asked for with the port, if it named one; as the client wrote it.
    package var authority: String? { forwarded?.host ?? authorityOfTarget ?? field("Host") }

    /// The served host that `host` means: itself, the one it is another name of, or the one that
    /// stands for all others.
    package var servedHost: String? { connection.server.door.servedHost(host) }

    /// True when the client's request came over TLS, here or to a trusted proxy.
    package var isSecure: Bool { forwarded?.isSecure ?? connection.isEncrypted }

    private var authorityOfTarget: String? {
        guard !target.hasPrefix("/"), let start = target.range(ofScheme: "http") else { return nil }
        let rest = target[start...]
        return String(rest.prefix { $0 != "/" && $0 != "?" })
    }

    /// Checks what libmicrohttpd lets pass; `nil` when the request may be handled.
    func checkHead(_ line: RequestLine) -> HTTPStatus? {
        method = HTTPMethod(String(cString: line.method))
        isHTTP10 = line.hasVersion("HTTP/1.0")
        guard targetLength <= connection.server.limits.targetBytesMax else { return .targetTooLong }
        guard isHTTP10 || line.hasVersion("HTTP/1.1"), !target.isEmpty, method.isToken else {
            return .badRequest
        }
        return checkFields(line) ?? readTarget()
    }

    private func checkFields(_ line: RequestLine) -> HTTPStatus? {
        guard let request else { return .badRequest }
        var check = HeadCheck(
            line: line, targetLength: targetLength, fieldsMax: connection.server.limits.fieldsMax)
        request.eachField { check.add($0, $1) }
        check.finish(headSize: request.headSize)
        guard check.refusal == nil else { return check.refusal }
        guard loop.limits.hasRoom(forHead: request.headSize, fields: check.fieldCount) else {
            return .fieldsTooLarge
        }
        guard check.hostCount == 1 || (isHTTP10 && check.hostCount == 0) else { return .badRequest }
        if check.isChunked {
            guard !isHTTP10, check.contentLength == nil else { return .badRequest }
            body.expected = nil
        } else {
            body.expected = check.contentLength ?? 0
        }
        return check.expectsOther ? .expectationFailed : nil
    }

    private func readTarget() -> HTTPStatus? {
        if Self.isPlain(target) {
            path = target
            return nil
        }
        guard !target.utf8.contains(UInt8(ascii: "#")) else { return .badRequest }
        var rest = target[...]
        if !rest.hasPrefix("/") {
            if method == .options, rest == "*" {
                path = "*"
                return nil
            }
            guard let start = target.range(ofScheme: "http") else { return .badRequest }
            rest = target[start...].drop { $0 != "/" && $0 != "?" }
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        let mark = rest.firstIndex(of: "?")
        query = mark.map { String(rest[rest.index(after: $0)...]) }
        guard let decoded = PathDecoder.decode(rest[..<(mark ?? rest.endIndex)]) else {
            return .badRequest
        }
        path = decoded
        return nil
    }
}

extension Exchange {
    /// Whether a target is a path already: nothing encoded, no query, no segment that is empty or
    /// begins with a dot.
    private static func isPlain(_ target: String) -> Bool {
        var target = target
        return target.withUTF8 { bytes in
            guard bytes.first == UInt8(ascii: "/") else { return false }
            var wasSlash = false
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "/") where !wasSlash: wasSlash = true
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"):
                    wasSlash = false
                case UInt8(ascii: ".") where !wasSlash: break
                default: return false
                }
            }
            return true
        }
    }
}

extension String {
    /// Where the authority begins after `scheme://`, compared without case.
    fileprivate func range(ofScheme scheme: String) -> Index? {
        let prefix = scheme + "://"
        guard count > prefix.count, self.prefix(prefix.count).lowercased() == prefix else {
            return nil
        }
        return index(startIndex, offsetBy: prefix.count)
    }
}

extension HTTPMethod {
    var isToken: Bool { !name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter) }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Compares ASCII without case.
    func equalsIgnoringCase(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { equalsIgnoringCase($0) }
    }

    /// Compares ASCII without case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { equalsIgnoringCase($0) }
    }

    private func equalsIgnoringCase(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        count == text.count && zip(self, text).allSatisfy { $0.lowerCased == $1.lowerCased }
    }
}

extension UInt8 {
    fileprivate var lowerCased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}
