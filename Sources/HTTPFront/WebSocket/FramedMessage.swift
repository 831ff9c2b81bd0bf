import XMPPCore

/// Reads the one element of a message (RFC 7395 §3.3.3).
enum FramedMessage {
    /// Bytes that an XML declaration may take beside the element's.
    static let declarationBytesMax = 128

    private final class Collector: StreamParserDelegate {
        var item: FramedStream.Item?
        var count = 0

        func parserOpened(_ header: StreamHeader) {}
        func parserClosed() {}

        func parserReceived(_ stanza: ParsedStanza) {
            item = .stanza(stanza)
            count += 1
        }

        func parserReceived(_ nonza: Element) {
            item = .nonza(nonza)
            count += 1
        }
    }

    /// Parses a message with a parser of the pool.
    static func read(
        _ text: UnsafeRawBufferPointer, with parsers: ParserPool, limits: StreamLimits
    ) -> Result<FramedStream.Item, StreamError> {
        guard text.first == UInt8(ascii: "<") else {
            return .failure(StreamError(.badFormat, "a message begins with <"))
        }
        let element: UnsafeRawBufferPointer
        switch withoutDeclaration(text) {
        case .success(let rest): element = rest
        case .failure(let error): return .failure(error)
        }
        // Inside a stream, where the parser believes to be, this would be no more than malformed.
        if element.starts(with: "<!DOCTYPE".utf8) { return .failure(StreamError(.restrictedXML)) }
        let parser = parsers.take(.frames)
        let collector = Collector()
        let error = parser.feed(element, to: collector, limits: limits) ?? parser.endOfFrame()
        parsers.give(parser)
        if let error { return .failure(error) }
        guard collector.count == 1, let item = collector.item else {
            return .failure(StreamError(.notWellFormed, "one element is a message"))
        }
        return .success(item)
    }

    /// The message after its XML declaration, which is allowed and not recommended.
    private static func withoutDeclaration(
        _ text: UnsafeRawBufferPointer
    ) -> Result<UnsafeRawBufferPointer, StreamError> {
        guard text.starts(with: "<?xml".utf8), text.count > 5, isSpace(text[5]) else {
            return .success(text)
        }
        let head = text.prefix(declarationBytesMax)
        let end = head.indices.first { index in
            text[index] == UInt8(ascii: "?") && index + 1 < head.endIndex
                && text[index + 1] == UInt8(ascii: ">")
        }
        guard let end else { return .failure(StreamError(.notWellFormed)) }
        let declaration = String(decoding: text[5..<end], as: UTF8.self)
        if let encoding = declaration.firstRange(of: "encoding") {
            let value = declaration[encoding.upperBound...].filter { $0 != " " }.lowercased()
            guard value.hasPrefix("='utf-8'") || value.hasPrefix("=\"utf-8\"") else {
                return .failure(StreamError(.unsupportedEncoding))
            }
        }
        return .success(UnsafeRawBufferPointer(rebasing: text[(end + 2)...]))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
