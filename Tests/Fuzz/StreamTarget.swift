import XMPPCore

/// The stream parser: what it finds must not depend on how the bytes are cut.
enum StreamTarget {
    static func run(_ input: Input) {
        guard let first = input.bytes.first else { return }
        let framings: [StreamParser.Framing] = [.stream, .clientStream, .frames, .bodies]
        let framing = framings[Int(first & 3)]
        let step = max(1, Int(first >> 2))
        let bytes = Array(input.bytes.dropFirst())
        let whole = Found(bytes, framing: framing, step: max(1, bytes.count))
        let cut = Found(bytes, framing: framing, step: step)
        // Sizes are looked at when a piece has been read, so that limits may come later or sooner.
        guard whole.error?.condition != .policyViolation,
            cut.error?.condition != .policyViolation
        else { return }
        // An error may be seen before its element is complete, or not yet.
        let common = zip(whole.events, cut.events)
        require(common.allSatisfy(==), "\(whole)\n\(cut)")
        guard whole.error == nil, cut.error == nil else { return }
        require(whole.events.count == cut.events.count, "\(whole)\n\(cut)")
    }

    /// What a parser found.
    private final class Found: StreamParserDelegate, CustomStringConvertible {
        var events: [String] = []
        var error: StreamError?

        init(_ bytes: [UInt8], framing: StreamParser.Framing, step: Int) {
            let parser = StreamParser(framing)
            var start = 0
            bytes.withUnsafeBytes { bytes in
                while start < bytes.count, error == nil {
                    let end = min(bytes.count, start + step)
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    error = parser.feed(piece, to: self, limits: .beforeLogin)
                    start = end
                }
            }
        }

        func parserOpened(_ header: StreamHeader) {
            events.append("opened \(header.name) \(header.namespace.name) \(header.attributes)")
        }

        func parserReceived(_ stanza: ParsedStanza) {
            let payload = String(decoding: stanza.payload.bytes, as: UTF8.self)
            events.append("\(stanza.kind) \(stanza.id ?? "-") \(stanza.from ?? "-") \(payload)")
        }

        func parserReceived(_ nonza: Element) { events.append("\(nonza)") }

        func parserClosed() { events.append("closed") }

        var description: String { "\(events) \(error.map { $0.condition.rawValue } ?? "-")" }
    }
}
