/// Parsers that no stream needs at the moment, by framing.
///
/// Guarded by its event loop: one pool a loop.
package final class ParserPool {
    private var clientStreams: [StreamParser] = []
    private var frames: [StreamParser] = []
    private var bodies: [StreamParser] = []
    private let idleMax: Int

    package init(idleMax: Int = 8) { self.idleMax = idleMax }

    package func take(_ framing: StreamParser.Framing) -> StreamParser {
        let idle =
            switch framing {
            case .stream: StreamParser?.none
            case .clientStream: clientStreams.popLast()
            case .frames: frames.popLast()
            case .bodies: bodies.popLast()
            }
        return idle ?? StreamParser(framing)
    }

    /// Keeps the parser for the next stream if it is clean, else drops it.
    package func give(_ parser: StreamParser) {
        guard parser.isReusable else { return }
        switch parser.framing {
        case .stream: break
        case .clientStream: Self.keep(parser, &clientStreams, idleMax)
        case .frames: Self.keep(parser, &frames, idleMax)
        case .bodies: Self.keep(parser, &bodies, idleMax)
        }
    }

    private static func keep(
        _ parser: StreamParser, _ idle: inout [StreamParser], _ idleMax: Int
    ) {
        if idle.count < idleMax { idle.append(parser) }
    }
}
