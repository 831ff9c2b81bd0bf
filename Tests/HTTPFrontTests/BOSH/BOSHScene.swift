import StreamFakes
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

/// A server with BOSH at `/b`, and a host that lets anyone in.
final class BOSHScene {
    let host: FakeHost
    let service: BOSHService
    let server: TestServer

    static let namespace = "http://jabber.org/protocol/httpbind"

    init(
        host: FakeHost = FakeHost(), loopCount: Int = 1, sessionsMax: Int = 10_000,
        options: C2SOptions = C2SOptions(), _ change: (inout BOSHSettings) -> Void = { _ in }
    ) throws {
        self.host = host
        var settings = BOSHSettings()
        settings.polling = 0
        change(&settings)
        service = BOSHService(settings, sessionsMax: sessionsMax)
        var options = options
        options.policy.tls = .unavailable
        server = try TestServer(
            [
                Mount(
                    prefix: "/b",
                    handler: BOSHHandler(service: service, directory: host, options: options))
            ], loopCount: loopCount)
    }

    static func head(_ body: String, fields: String = "") -> String {
        "POST /b HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n"
    }

    /// Sends a request on a connection of its own and does not wait.
    func send(_ body: String, fields: String = "") throws -> BOSHRequest {
        let client = try server.client()
        client.send(Self.head(body, fields: fields) + body)
        return BOSHRequest(client: client)
    }

    func post(_ body: String, fields: String = "") throws -> BOSHReply {
        try send(body, fields: fields).reply()
    }

    /// Lets the second pass after which a session without a request ends; `inactivity` is 1.
    func outlastInactivity() throws {
        let gone = Signal()
        let home = try #require(service.sessions.all.first?.home)
        home.execute { home.schedule(after: .milliseconds(1300)) { gone.raise() } }
        #expect(gone.wait())
        #expect(service.sessionCount == 0)
    }

    /// A session, not logged in.
    func session(
        _ attributes: String = "wait='60' hold='1' ver='1.11'", version: String? = "1.0",
        language: String = "en"
    ) throws -> BOSHTestSession {
        try BOSHTestSession(self, attributes, version: version, language: language)
    }

    /// A session that is logged in and bound.
    func bound(
        _ attributes: String = "wait='60' hold='1' ver='1.11'"
    ) throws -> BOSHTestSession {
        let session = try session(attributes)
        try session.logIn()
        return session
    }
}

/// A request on its way.
struct BOSHRequest {
    let client: RawClient

    func reply() throws -> BOSHReply { BOSHReply(try client.readResponse(to: "POST")) }
}

/// An answer, its start tag taken apart.
struct BOSHReply {
    let response: RawResponse
    let text: String
    let tag: String

    init(_ response: RawResponse, text: String? = nil) {
        self.response = response
        self.text = text ?? response.text
        tag = String(self.text.prefix { $0 != ">" })
    }

    subscript(attribute: String) -> String? {
        guard let start = tag.range(of: " \(attribute)='")?.upperBound else { return nil }
        return String(tag[start...].prefix { $0 != "'" })
    }

    var isEmpty: Bool { text == "<body xmlns='\(BOSHScene.namespace)'/>" }
    var isTerminate: Bool { self["type"] == "terminate" }
}

extension String {
    /// Where a piece of text is first found.
    func range(of piece: String) -> Range<Index>? {
        let wanted = Array(piece.utf8)
        let own = Array(utf8)
        guard own.count >= wanted.count else { return nil }
        for start in 0...(own.count - wanted.count)
        where own[start..<(start + wanted.count)].elementsEqual(wanted) {
            let from = utf8.index(startIndex, offsetBy: start)
            return from..<utf8.index(from, offsetBy: wanted.count)
        }
        return nil
    }
}

/// A client's side of a session.
final class BOSHTestSession {
    let scene: BOSHScene
    let creation: BOSHReply
    let sid: String
    var rid = 1000

    init(
        _ scene: BOSHScene, _ attributes: String, version: String?, language: String
    ) throws {
        self.scene = scene
        let version = version.map { " xmpp:version='\($0)'" } ?? ""
        creation = try scene.post(
            "<body rid='1000' to='example.com' xml:lang='\(language)' \(attributes)\(version) "
                + "xmlns:xmpp='urn:xmpp:xbosh' xmlns='\(BOSHScene.namespace)'/>")
        sid = try #require(creation["sid"], "\(creation.text)")
    }

    func body(_ content: String = "", _ attributes: String = "", rid: Int? = nil) -> String {
        if rid == nil { self.rid += 1 }
        return "<body rid='\(rid ?? self.rid)' sid='\(sid)' \(attributes) "
            + "xmlns:xmpp='urn:xmpp:xbosh' xmlns='\(BOSHScene.namespace)'>\(content)</body>"
    }

    func send(
        _ content: String = "", _ attributes: String = "", rid: Int? = nil, fields: String = ""
    ) throws -> BOSHRequest {
        try scene.send(body(content, attributes, rid: rid), fields: fields)
    }

    func post(
        _ content: String = "", _ attributes: String = "", rid: Int? = nil, fields: String = ""
    ) throws -> BOSHReply {
        try send(content, attributes, rid: rid, fields: fields).reply()
    }

    /// Sends a request whose connection breaks while it is held.
    func loseRequest() throws {
        let held = try send()
        try waitUntil { $0.window.isHolding }
        held.client.close()
        try waitUntil { !$0.window.isHolding }
    }

    static let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>"

    func logIn(stream: String? = nil, resource: String = "r") throws {
        let name = stream.map { "stream='\($0)'" } ?? ""
        #expect(try post(Self.auth, name).text.contains("<success"))
        let restarted = try post("", "xmpp:restart='true' to='example.com' \(name)")
        #expect(restarted.text.contains("<stream:features><bind"))
        let bound = try post(Self.bind(resource), name)
        #expect(bound.text.contains("type='result'"))
    }

    static func bind(_ resource: String) -> String {
        "<iq type='set' id='b' xmlns='jabber:client'>"
            + "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>\(resource)</resource>"
            + "</bind></iq>"
    }

    /// A message that comes back at once.
    static func message(_ id: String, text: String = "") -> String {
        "<message xmlns='jabber:client' to='a@example.com' type='chat' id='\(id)'>"
            + "<body>\(text)</body></message>"
    }

    /// Waits until the server's side is so: requests of several connections overtake each other.
    func waitUntil(_ isSo: @escaping @Sendable (BOSHSession) -> Bool) throws {
        let known = try #require(scene.service.sessions.all.first { $0.id.text == sid })
        for _ in 0..<1000 {
            let done = Signal()
            let found = Signal()
            known.home.execute {
                if isSo(known) { found.raise() }
                known.home.schedule(after: .milliseconds(10)) { done.raise() }
            }
            #expect(done.wait())
            if found.wait(seconds: 0) { return }
        }
        Issue.record("it did not come to that")
    }

    /// Has the host send a message to the session's client.
    func deliver(_ id: String) throws {
        let known = try #require(scene.service.sessions.all.first { $0.id.text == sid })
        let done = Signal()
        known.home.execute {
            _ = known.session.map { stream in
                stream.deliver(
                    Stanza(
                        .message, type: .chat, id: id, from: JID("a@example.com"), to: stream.jid))
            }
            done.raise()
        }
        #expect(done.wait())
    }

    /// Holds a request.
    func hold() throws -> BOSHRequest {
        let request = try send()
        try waitUntil { [rid] in $0.window.lastRid == rid && $0.window.isHolding }
        return request
    }

    /// Whether the session still takes requests.
    var isAlive: Bool {
        guard let known = scene.service.sessions.all.first(where: { $0.id.text == sid }) else {
            return false
        }
        return known.ending == nil
    }
}
