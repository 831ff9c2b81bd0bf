import XMPPCore

/// The stream that a byte transport works for: a client's, a component's.
///
/// Called on the transport's loop only.
package protocol ByteStreamOwner: StreamParserDelegate {
    /// Whether input must wait.
    var isParked: Bool { get }
    /// Whether no layer below changes any more, so that input may be read in large pieces.
    var isEstablished: Bool { get }
    var limits: StreamLimits { get }
    /// The served domain, for certificates and errors.
    var domain: String { get }

    /// How statistics count it.
    var transportClass: TransportClass { get }

    /// Bytes came in; the owner may park to slow the peer down.
    func took(_ bytes: Int)
    func secured(_ facts: TLSFacts)
    /// The bytes were no stream, or the peer does not read.
    func parserFailed(_ error: StreamError)
    /// The server stops: the stream ends with this error, whatever it waits for.
    func shutDown(_ error: StreamError)
    func transportLost()
    /// After the stream's end: stanzas that were sent and have not left for the peer.
    func giveBack(_ stanzas: [ParsedStanza])
}
