import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

/// A client that speaks plain text to the server and reads plain text back.
final class TestUser: Sendable {
    static let syncNamespace = Namespace("urn:example:sync")

    let jid: String
    let account: BareJID
    let loop: StreamLoop
    let session: C2SSession
    private let inbox = Inbox()
    private let parsers: Parsers
    private let syncs = Atomic<Int>(0)
    private let resource: String

    init(
        account: BareJID, resource: String, loop: StreamLoop, directory: any C2SDirectory,
        kind: TransportKind = .tcp, idleTimeout: Int = 0
    ) {
        self.account = account
        self.resource = resource
        self.loop = loop
        jid = "\(account)/\(resource)"
        parsers = Parsers()
        var options = C2SOptions()
        options.negotiationTimeout = 0
        options.idleTimeout = idleTimeout
        session = C2SSession(
            transport: TestTransport(loop: loop, inbox: inbox, kind: kind),
            peer: PeerFacts(address: "127.0.0.1", isLoopback: true), directory: directory,
            options: options)
    }

    /// The bound session as the host sees it.
    var bound: ClientResource? { session.binding as? ClientResource }

    // MARK: stream

    /// Takes the way of every client but for the password.
    func logIn() async {
        await authenticate()
        await bind(resource)
    }

    /// Goes as far as binding a resource.
    func authenticate() async {
        let (header, session, parsers) = (self.header, session, parsers)
        let account = account
        await session.onLoop {
            parsers.feed(header, to: session)
            _ = session.machine.received(.auth)
            _ = session.machine.loginSucceeded(account)
            parsers.restart()
            parsers.feed(header, to: session)
        }
        _ = inbox.takeAll()
    }

    /// A new stream: the account's login is under way, or has just succeeded.
    func begin(isLoggedIn: Bool) async {
        let (header, session, parsers) = (self.header, session, parsers)
        let account = account
        await session.onLoop {
            session.machine = C2SStateMachine(policy: session.options.policy, isEncrypted: false)
            parsers.restart()
            parsers.feed(header, to: session)
            _ = session.machine.received(.auth)
            session.negotiation = session.makeNegotiation()
            session.loginAccount = account
            guard isLoggedIn else { return }
            _ = session.machine.loginSucceeded(account)
            session.negotiation = nil
        }
        _ = inbox.takeAll()
    }

    func bind(_ resource: String) async {
        send(
            """
            <iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
            <resource>\(resource)</resource></bind></iq>
            """)
        await sync()
        _ = inbox.takeAll()
    }

    private var header: String {
        """
        <stream:stream to='\(account.domainpart)' version='1.0' xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams'>
        """
    }

    func send(_ xml: String) {
        let (session, parsers) = (session, parsers)
        loop.execute { parsers.feed(xml, to: session) }
    }

    /// The connection breaks.
    func loseConnection() async {
        let session = session
        await session.onLoop { session.transportLost() }
    }

    /// The client closes its stream.
    func end() async {
        let session = session
        await session.onLoop { session.end(nil) }
    }

    // MARK: looking

    /// Waits until the server has dealt with what this client sent, and all that it brought this
    /// client is in the inbox.
    func sync() async {
        let isAlive = await session.onLoop { [session] in !session.isOver && !session.isHeld }
        guard isAlive else { return }
        let id = "sync-\(syncs.wrappingAdd(1, ordering: .relaxed).newValue)"
        send("<iq type='get' id='\(id)'><sync xmlns='\(Self.syncNamespace)'/></iq>")
        var early: [Inbox.Item] = []
        while let item = await inbox.next() {
            if case .stanza(let stanza) = item, stanza.id == id { break }
            early.append(item)
        }
        for item in early + inbox.takeAll() { inbox.put(item) }
    }

    /// The next stanzas are just these, in this order.
    func receives(
        _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await inbox.gives(expected, sourceLocation)
    }

    /// The next stanzas are just these, in any order.
    func receivesInAnyOrder(
        _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        var got: [String] = []
        for _ in expected { got.append(await inbox.next()?.description ?? "nothing") }
        #expect(got.sorted() == expected.sorted(), sourceLocation: sourceLocation)
    }

    /// Nothing has come that was not looked at, when all is done that this client sent.
    func receivesNothing(sourceLocation: SourceLocation = #_sourceLocation) async {
        await sync()
        let rest = inbox.takeAll().map(\.description)
        #expect(rest.isEmpty, sourceLocation: sourceLocation)
    }

    /// The next item as a stanza.
    func next() async -> Stanza? {
        guard case .stanza(let stanza) = await inbox.next() else { return nil }
        return stanza
    }

    /// What is there now.
    func takeItems() -> [Inbox.Item] { inbox.takeAll() }

    /// What is there now, as written on the stream.
    func takeAll() -> [String] { inbox.takeAll().map(\.description) }

    /// Forgets what has come so far.
    func ignoresWhatCame() async {
        await sync()
        _ = inbox.takeAll()
    }

    // MARK: common scenes

    /// The roster push that brings this client an item, given as its attributes.
    func push(_ attributes: String, groups: String = "") -> String {
        let item = groups.isEmpty ? "<item \(attributes)/>" : "<item \(attributes)>\(groups)</item>"
        return "<iq type='set' to='\(jid)'><query xmlns='jabber:iq:roster'>\(item)</query></iq>"
    }

    /// Sends initial presence, and ignores what that brings.
    func becomesAvailable(_ presence: String = "<presence/>") async {
        send(presence)
        await ignoresWhatCame()
    }

    /// Asks for the roster, and ignores what that brings.
    func becomesInterested() async {
        send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")
        await ignoresWhatCame()
    }
}

/// Parses what a test client writes; touched on the client's loop only.
final class Parsers: @unchecked Sendable {
    // Sendable because only the loop of the client feeds it.
    private var parser = StreamParser(.stream)

    func restart() { parser = StreamParser(.stream) }

    func feed(_ text: String, to session: C2SSession) {
        let error = Array(text.utf8).withUnsafeBytes {
            parser.feed($0, to: session, limits: StreamLimits())
        }
        if let error { session.fail(error) }
    }
}

extension C2SSession {
    /// Runs work on the session's loop, after what was posted to it before.
    func onLoop<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: work()) }
        }
    }
}
