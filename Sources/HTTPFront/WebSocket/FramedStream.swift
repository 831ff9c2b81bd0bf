import XMPPCore

/// A stream whose elements come one in a message: where it begins and ends (RFC 7395 §3.3–3.6).
///
/// A value without I/O.
struct FramedStream {
    /// What a message holds.
    enum Item {
        case stanza(ParsedStanza)
        case nonza(Element)
    }

    enum Order {
        /// The client opens a stream: its `<open/>` as the header it stands for.
        case open(StreamHeader)
        case stanza(ParsedStanza)
        case nonza(Element)
        /// The client closes the stream, or confirms that it is closed.
        case close
        case fail(StreamError)
    }

    private enum State {
        /// The first stream, or the next one after a restart (§3.4, §3.7).
        case waitForOpen
        case open
    }

    private var state = State.waitForOpen

    /// Takes the next message.
    mutating func received(_ item: Item) -> Order {
        switch item {
        case .stanza(let stanza): return .stanza(stanza)
        case .nonza(let nonza): return received(nonza)
        }
    }

    private mutating func received(_ nonza: Element) -> Order {
        guard nonza.name == "open" || nonza.name == "close" else { return .nonza(nonza) }
        guard nonza.namespace == .framing else {
            return .fail(StreamError(.invalidNamespace))
        }
        guard nonza.name == "open" else { return .close }
        guard state == .waitForOpen else {
            return .fail(StreamError(.badFormat, "a stream header inside a stream"))
        }
        state = .open
        return .open(
            StreamHeader(
                name: "stream", namespace: .streams, contentNamespace: .client,
                attributes: nonza.attributes))
    }

    /// The client's next message opens a new stream; the present one is closed without a word.
    mutating func restart() { state = .waitForOpen }
}
