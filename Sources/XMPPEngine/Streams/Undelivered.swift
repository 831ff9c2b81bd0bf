import XMPPCore

/// Reads back what was written for a client that has not taken it.
///
/// Output is kept as bytes only, so that a stanza on its usual way costs nothing for this.
package enum Undelivered {
    /// What the server wrote itself has no limit here.
    package static let limits = StreamLimits(
        stanzaBytesMax: .max, elementsMax: .max, depthMax: .max, attributesMax: .max)

    /// The stanzas of answers made of `<body/>` elements, in order.
    package static func stanzas(
        inBodies bodies: [[UInt8]], with parsers: ParserPool
    ) -> [ParsedStanza] {
        bodies.flatMap { body in body.withUnsafeBytes { stanzas(in: $0, .bodies, parsers) } }
    }

    /// The stanzas of a piece of our side of a stream, which may begin with its header.
    package static func stanzas(
        inStream bytes: [UInt8], with parsers: ParserPool
    ) -> [ParsedStanza] {
        bytes.withUnsafeBytes { stanzas(inStream: $0, with: parsers) }
    }

    /// The stanzas of a piece of our side of a stream, which may begin with its header.
    ///
    /// - Parameters:
    ///   - bytes: The piece, from its beginning on.
    ///   - sent: How many of them the client has: stanzas that end there are left out.
    ///   - parsers: Of the loop.
    /// - Returns: The others, in order.
    package static func stanzas(
        inStream bytes: UnsafeRawBufferPointer, after sent: Int = 0, with parsers: ParserPool
    ) -> [ParsedStanza] {
        let framing: StreamParser.Framing =
            bytes.starts(with: "<?xml".utf8) ? .stream : .clientStream
        return stanzas(in: bytes, after: sent, framing, parsers)
    }

    private static func stanzas(
        in bytes: UnsafeRawBufferPointer, after sent: Int = 0, _ framing: StreamParser.Framing,
        _ parsers: ParserPool
    ) -> [ParsedStanza] {
        let (known, rest) = (bytes.prefix(sent), bytes.dropFirst(sent))
        guard !rest.isEmpty else { return [] }
        let reader = Reader()
        let parser = parsers.take(framing)
        for (part, isUnsent) in [(known, false), (rest, true)] where !part.isEmpty {
            reader.keeps = isUnsent
            let error = parser.feed(
                UnsafeRawBufferPointer(rebasing: part), to: reader, limits: limits)
            guard error == nil else { return reader.stanzas }
        }
        parsers.give(parser)
        return reader.stanzas
    }

    private final class Reader: StreamParserDelegate {
        var stanzas: [ParsedStanza] = []
        var keeps = true

        func parserOpened(_ header: StreamHeader) {}
        func parserReceived(_ stanza: ParsedStanza) {
            if keeps { stanzas.append(stanza) }
        }

        func parserReceived(_ nonza: Element) {}
        func parserClosed() {}
    }
}

extension ParsedStanza {
    /// The stanza that this was written from.
    ///
    /// - Parameter recipient: Whom it is for when it names nobody.
    /// - Returns: One that can be routed again.
    func written(to recipient: JID?) -> Stanza {
        var to = recipient
        if case .valid(let address) = self.to { to = address }
        return Stanza(
            kind, type: type ?? .error, id: id, from: from.flatMap { JID($0) }, to: to,
            language: language, payload: payload)
    }
}
