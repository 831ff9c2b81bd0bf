import NIOCore
import XMPPCore
import XMPPEngine

/// A stream of a session beside its first one (XEP-0124 §16).
///
/// Guarded by the loop of its session, which brings its requests and takes its output.
final class BOSHStream: StreamTransport {
    let name: String
    let loop: StreamLoop
    let kind = TransportKind.bosh
    let origin: BOSHOrigin
    private unowned let parent: BOSHSession
    /// The stream; `nil` when it has ended.
    var session: C2SSession?
    /// The stream, also after its end: whose output it is.
    private(set) var owner: C2SSession?
    var output = BOSHOutput()
    /// What the stream's first answer says of it, until it was sent.
    var opening: String?
    /// How the stream ended, until the client has heard it.
    private(set) var ending: BOSHSession.Ending?
    private(set) var isInputPaused = false

    /// Makes the stream that a request asks for.
    init(_ origin: BOSHOrigin, in parent: BOSHSession) {
        name = SecureRandom.token()
        loop = parent.loop
        self.origin = origin
        self.parent = parent
    }

    /// The name of a session's first stream: nobody can guess it, and nobody keeps it.
    static func firstName(of id: BOSHSessionID) -> String {
        Base64.encode(HashFunction.sha256.digest(of: secret + id.text.utf8).prefix(18))
    }

    private static let secret = SecureRandom.bytes(32)

    func begin(_ session: C2SSession, _ header: StreamHeader) {
        self.session = session
        owner = session
        session.parserOpened(origin.streamHeader(of: header))
    }

    /// Whether somebody has logged in.
    var isEstablished: Bool { owner?.isEstablished == true }

    /// Whether there is something to tell the client.
    var hasOutput: Bool { !output.isEmpty || opening != nil || ending != nil }

    // MARK: StreamTransport

    func open(_ opening: StreamOpening) {
        if self.opening == nil, output.isEmpty, !hasOpened {
            self.opening = BOSHAnswer.stream(opening, name: name)
        }
        hasOpened = true
        parent.flush()
    }

    private var hasOpened = false

    var isBehind: Bool { output.bytes > 0 }

    func send(_ stanza: Stanza) {
        guard session != nil else { return }
        output.append(stanza, concatMax: parent.concatMax)
        checkOutput()
    }

    func send(_ nonza: Element) {
        guard session != nil else { return }
        output.append(nonza, concatMax: parent.concatMax)
        checkOutput()
    }

    private func checkOutput() {
        parent.flush()
        guard output.bytes > BOSHSession.outputBytesMax else { return }
        let session = session
        end(.failed(StreamError(.resourceConstraint, "too much is waiting for this client")))
        session?.transportLost()
    }

    func restart() {}

    func startTLS() {}

    func pauseInput() { isInputPaused = true }

    func resumeInput() {
        isInputPaused = false
        parent.resumed()
    }

    func close(_ error: StreamError?) {
        end(error.map { .failed($0) } ?? .finished)
    }

    private func end(_ ending: BOSHSession.Ending) {
        session = nil
        guard self.ending == nil else { return }
        self.ending = ending
        parent.flush()
    }

    func flushOutput() {}
}

/// The streams of a session that has, or had, more than one.
final class BOSHStreams {
    /// All but the first, until their end was told.
    var others: [BOSHStream] = []
    /// How the first stream ended, until the client has heard it.
    var firstEnding: BOSHSession.Ending?
    var isFirstTold = false
    /// Names of streams that are no more: what is still sent to them is ignored.
    private(set) var closedNames: [String] = []
    /// Whether the client has ended all of them at once.
    var isTerminating = false
    /// Whose turn it is to be heard; 0 is the first stream's.
    var turn = 0

    /// Streams of one session at once, the first not counted.
    static let countMax = 7
    private static let closedNamesMax = 16

    func closed(_ name: String) {
        closedNames.append(name)
        if closedNames.count > Self.closedNamesMax { closedNames.removeFirst() }
    }

    /// Forgets a stream whose end was told.
    func remove(_ stream: BOSHStream) {
        others.removeAll { $0 === stream }
        closed(stream.name)
    }

    /// Whether one of these has something to tell.
    var hasOutput: Bool {
        others.contains { $0.hasOutput } || (firstEnding != nil && !isFirstTold)
    }

    var isInputPaused: Bool { others.contains { $0.isInputPaused } }
}
