import XMPPCore

/// Reads one `<body/>` with a parser of the loop's pool.
final class BOSHBodyReader: StreamParserDelegate {
    private var body: BOSHBody?
    private var bodyCount = 0
    private var isClosed = false

    /// Reads a request.
    ///
    /// - Returns: The body, or why it is none: `not-well-formed` also for a root that is no body.
    static func read(
        _ bytes: UnsafeRawBufferPointer, with parsers: ParserPool, limits: StreamLimits
    ) -> Result<BOSHBody, StreamError> {
        let reader = BOSHBodyReader()
        let parser = parsers.take(.bodies)
        let rest = UnsafeRawBufferPointer(rebasing: bytes[prologueLength(of: bytes)...])
        let error = parser.feed(rest, to: reader, limits: limits) ?? parser.endOfFrame()
        if let error { return .failure(error) }
        parsers.give(parser)
        guard var body = reader.body, reader.bodyCount == 1, reader.isClosed,
            body.header.name == "body", body.header.namespace == .httpBind
        else { return .failure(StreamError(.notWellFormed)) }
        body.bytes = bytes.count
        return .success(body)
    }

    /// An XML declaration may begin a document, but not the continued one that the parser reads.
    private static func prologueLength(of bytes: UnsafeRawBufferPointer) -> Int {
        var start = 0
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
        while start < bytes.count, isSpace(bytes[start]) { start += 1 }
        guard bytes[start...].starts(with: "<?xml".utf8), bytes.count > start + 5,
            isSpace(bytes[start + 5]), let end = bytes[start...].firstIndex(of: UInt8(ascii: ">"))
        else { return start }
        let declaration = bytes[start...end]
        guard declaration.dropLast().last == UInt8(ascii: "?"), isUTF8(declaration) else {
            return start
        }
        return end + 1
    }

    private static func isUTF8(_ declaration: Slice<UnsafeRawBufferPointer>) -> Bool {
        let text = String(decoding: declaration, as: UTF8.self).lowercased()
        return !text.contains("encoding") || text.contains("utf-8")
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    // MARK: StreamParserDelegate

    func parserOpened(_ header: StreamHeader) {
        bodyCount += 1
        if body == nil { body = BOSHBody(header: header) }
    }

    func parserReceived(_ stanza: ParsedStanza) { body?.payloads.append(.stanza(stanza)) }

    func parserReceived(_ nonza: Element) { body?.payloads.append(.nonza(nonza)) }

    func parserClosed() { isClosed = true }
}
