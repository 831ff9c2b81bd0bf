/// Checks a request head, field by field, as strictly as RFC 9112 asks and libmicrohttpd does not.
///
/// libmicrohttpd 0.9 also ends lines at a bare LF, joins folded lines, takes blanks before a colon
/// and believes `Transfer-Encoding` beside `Content-Length` (RFC 9112 §2.2, §5.1, §5.2, §6.3): each
/// lets a client say different things to a proxy and to us. It parses in place, so names and values
/// that lie where proper line ends leave them prove that there were proper line ends.
struct HeadCheck {
    private(set) var refusal: HTTPStatus?
    private(set) var contentLength: UInt64?
    private(set) var isChunked = false
    private(set) var hostCount = 0
    private(set) var expectsOther = false
    private let fieldsMax: Int
    private(set) var fieldCount = 0
    private let start: UnsafeRawPointer
    /// Where the next line begins if the lines so far ended in CR LF.
    private var nextLine: UnsafeRawPointer

    init(line: RequestLine, targetLength: Int, fieldsMax: Int) {
        self.fieldsMax = fieldsMax
        start = UnsafeRawPointer(line.method)
        let path = UnsafeRawPointer(line.path)
        let version = UnsafeRawPointer(line.version)
        nextLine = version + "HTTP/1.1".utf8.count + 2
        let methodEnd = start + UnsafeBufferPointer.length(of: line.method)
        if methodEnd + 1 != path || path + targetLength + 1 != version { refuse(.badRequest) }
    }

    private mutating func refuse(_ status: HTTPStatus) {
        guard refusal == nil else { return }
        refusal = status
    }

    mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        fieldCount += 1
        if fieldCount > fieldsMax { refuse(.fieldsTooLarge) }
        checkPlace(name, value)
        if name.isEmpty || !name.allSatisfy(\.isTokenCharacter) { refuse(.badRequest) }
        if value.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) { refuse(.badRequest) }
        switch name.count {
        case 4 where name.equalsIgnoringCase("Host"): addHost(value)
        case 6 where name.equalsIgnoringCase("Expect"):
            if !value.withoutBlanks.equalsIgnoringCase("100-continue") { expectsOther = true }
        case 14 where name.equalsIgnoringCase("Content-Length"): addLength(value.withoutBlanks)
        case 17 where name.equalsIgnoringCase("Transfer-Encoding"): addCoding(value)
        default: break
        }
        return refusal == nil
    }

    /// The last field must be followed by one empty line and nothing else.
    mutating func finish(headSize: Int) {
        guard !MicroHTTPRelease.checksLineEnds, refusal == nil else { return }
        if nextLine + 2 != start + headSize { refuse(.badRequest) }
    }

    private mutating func checkPlace(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) {
        guard !MicroHTTPRelease.checksLineEnds else { return }
        guard let nameStart = name.baseAddress, let valueStart = value.baseAddress,
            nameStart == nextLine, valueStart > nameStart + name.count
        else { return refuse(.badRequest) }
        nextLine = valueStart + value.count + 2
    }

    private mutating func addHost(_ value: UnsafeRawBufferPointer) {
        hostCount += 1
        let isClean = value.withoutBlanks.allSatisfy { byte in
            byte.isTokenCharacter || byte == 0x3a || byte == 0x5b || byte == 0x5d
        }
        if !isClean { refuse(.badRequest) }
    }

    private mutating func addLength(_ value: UnsafeRawBufferPointer) {
        guard contentLength == nil, !value.isEmpty, value.count <= 18 else {
            return refuse(.badRequest)
        }
        var length: UInt64 = 0
        for byte in value {
            guard (0x30...0x39).contains(byte) else { return refuse(.badRequest) }
            length = length * 10 + UInt64(byte - 0x30)
        }
        contentLength = length
    }

    /// Only a sole `chunked` is understood, spelt without blanks as libmicrohttpd needs it.
    private mutating func addCoding(_ value: UnsafeRawBufferPointer) {
        guard !isChunked else { return refuse(.badRequest) }
        isChunked = true
        if !value.equalsIgnoringCase("chunked") { refuse(.notImplemented) }
    }
}

extension UnsafeBufferPointer<CChar> {
    fileprivate static func length(of text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }
}

extension UnsafeRawBufferPointer {
    /// Without the blanks and tabs around a field value (RFC 9112 §5.1).
    var withoutBlanks: UnsafeRawBufferPointer {
        var slice = self[...]
        while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return UnsafeRawBufferPointer(rebasing: slice)
    }
}
