import XMPPCore
import XMPPEngine

/// Reads back what was written for a client that has not taken it.
///
/// Answers are kept as bytes only, so that a stanza on its usual way costs nothing for this.
enum Undelivered {
    /// What the server wrote itself has no limit here.
    static let limits = StreamLimits(
        stanzaBytesMax: .max, elementsMax: .max, depthMax: .max, attributesMax: .max)

    /// The stanzas of answers made of `<body/>` elements, in order.
    static func stanzas(inBodies bodies: [[UInt8]], with parsers: ParserPool) -> [ParsedStanza] {
        bodies.flatMap { stanzas(in: $0, .bodies, parsers) }
    }

    /// The stanzas of a piece of our side of a stream, which may begin with its header.
    static func stanzas(inStream bytes: [UInt8], with parsers: ParserPool) -> [ParsedStanza] {
        stanzas(in: bytes, bytes.starts(with: "<?xml".utf8) ? .stream : .clientStream, parsers)
    }

    private static func stanzas(
        in bytes: [UInt8], _ framing: StreamParser.Framing, _ parsers: ParserPool
    ) -> [ParsedStanza] {
        guard !bytes.isEmpty else { return [] }
        let reader = Reader()
        let parser = parsers.take(framing)
        let error = bytes.withUnsafeBytes { parser.feed($0, to: reader, limits: limits) }
        if error == nil { parsers.give(parser) }
        return reader.stanzas
    }

    private final class Reader: StreamParserDelegate {
        var stanzas: [ParsedStanza] = []

        func parserOpened(_ header: StreamHeader) {}
        func parserReceived(_ stanza: ParsedStanza) { stanzas.append(stanza) }
        func parserReceived(_ nonza: Element) {}
        func parserClosed() {}
    }
}
