/// Parsers that no stream needs at the moment, by framing.
///
/// Guarded by its event loop: one pool a loop.
package final class ParserPool {
    private var idle: [StreamParser.Framing: [StreamParser]] = [:]
    private let idleMax: Int

    package init(idleMax: Int = 8) { self.idleMax = idleMax }

    package func take(_ framing: StreamParser.Framing) -> StreamParser {
        idle[framing]?.popLast() ?? StreamParser(framing)
    }

    /// Keeps the parser for the next stream if it is clean, else drops it.
    package func give(_ parser: StreamParser) {
        guard parser.framing != .stream, parser.isReusable else { return }
        guard (idle[parser.framing]?.count ?? 0) < idleMax else { return }
        idle[parser.framing, default: []].append(parser)
    }
}
