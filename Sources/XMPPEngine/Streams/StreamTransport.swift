import XMPPCore

/// How a client reaches the server.
package enum TransportKind: String, Sendable, CaseIterable {
    case tcp, bosh, webSocket = "websocket", polling
}

/// Our answer to a stream header (RFC 6120 §4.7).
package struct StreamOpening: Sendable {
    package var id: String
    package var from: String
    package var to: JID?
    package var language: String
    /// `false` for a peer that gave no version: then none is returned, and no features follow.
    package var hasVersion: Bool

    package init(id: String, from: String, to: JID?, language: String, hasVersion: Bool) {
        self.id = id
        self.from = from
        self.to = to
        self.language = language
        self.hasVersion = hasVersion
    }
}

/// Brings bytes between a peer and its stream; everything above the bytes is the stream's.
///
/// Called on `loop` only. What it is told to send it may keep until `flushOutput`.
package protocol StreamTransport: FlushedAtEndOfTurn {
    var loop: StreamLoop { get }
    var kind: TransportKind { get }
    /// Whether the client has yet to take what was sent to it before.
    var isBehind: Bool { get }

    func open(_ opening: StreamOpening)
    func send(_ stanza: Stanza)
    /// Sends an element that is no stanza; `features` and SASL go this way.
    func send(_ nonza: Element)
    /// Sends white space between stanzas (RFC 6120 §4.6.1), where the transport has no other sign
    /// of life.
    func sendWhitespace()
    /// The peer's next bytes begin a new stream (RFC 6120 §4.3.3).
    func restart()
    /// TLS begins after what was sent so far; the session hears `secured` when it is there.
    func startTLS()
    /// Stops (or goes on) taking bytes from the peer.
    func pauseInput()
    func resumeInput()
    /// Sends the error if there is one, ends the stream and the connection.
    ///
    /// The session is not called any more.
    func close(_ error: StreamError?)
}

extension StreamTransport {
    package func sendWhitespace() {}
}
