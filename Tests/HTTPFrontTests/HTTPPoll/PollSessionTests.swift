import StreamFakes
import Testing
import XMPPConfig
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("Polling sessions · XEP-0025", .timeLimit(.minutes(1)))
struct PollSessionTests {
    private static let header =
        "<stream:stream to='example.com' xmlns='jabber:client' version='1.0' "
        + "xmlns:stream='http://etherx.jabber.org/streams'>"
    private static let auth =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>"
    private static let bind =
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        + "<resource>r</resource></bind></iq>"

    /// A server with the handler at `/http-poll`, and its clients.
    private final class Scene {
        let host = FakeHost()
        let service = PollService(PollSettings())
        let server: TestServer

        init(timeout: Int = 300, loopCount: Int = 1) throws {
            service.settings = { _ in
                var settings = PollSettings()
                settings.timeout = timeout
                return settings
            }
            var options = C2SOptions()
            options.policy.tls = .unavailable
            server = try TestServer(
                [
                    Mount(
                        prefix: "/http-poll",
                        handler: PollHandler(service: service, directory: host, options: options))
                ], loopCount: loopCount)
        }

        func post(_ body: String) throws -> Answer {
            try Answer(
                server.ask(
                    "POST /http-poll HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)",
                    body: body))
        }

        /// Logs in and binds; returns the identifier.
        func logIn() throws -> String {
            let id = try #require(try post("0,\(header)").id)
            #expect(try post("\(id),\(auth)").text.contains("<success"))
            #expect(try post("\(id),\(header)\(bind)").text.contains("type='result'"))
            return id
        }
    }

    private struct Answer {
        let response: RawResponse
        let id: String?

        init(_ response: RawResponse) {
            self.response = response
            #expect(response.status == 200)
            let cookie = response["set-cookie"] ?? ""
            id =
                cookie.hasPrefix("ID=")
                ? cookie.dropFirst(3).split(separator: ";").first.map(String.init) : nil
        }

        var text: String { response.text }
    }

    @Test("The first answer brings the identifier, the stream header and features")
    func opening() throws {
        let scene = try Scene()
        let answer = try scene.post("0,\(Self.header)")
        #expect(answer.response["content-type"] == "text/xml; charset=utf-8")
        let id = try #require(answer.id)
        #expect(!id.hasSuffix(":0"))
        #expect(answer.text.hasPrefix("<?xml version='1.0'?><stream:stream "))
        #expect(answer.text.contains("from='example.com'"))
        #expect(answer.text.contains("<mechanism>ANONYMOUS</mechanism>"))
        #expect(scene.service.sessionCount == 1)
    }

    @Test("A session logs in, binds, and gets what it is sent", arguments: [1, 2])
    func session(loops: Int) throws {
        let scene = try Scene(loopCount: loops)
        let id = try scene.logIn()
        let sent = try scene.post("\(id),<message to='a@example.com' id='1'/>")
        #expect(sent.id == id)
        #expect(sent.text.contains("<message"))
        #expect(sent.text.contains("id='1'"))
        #expect(try scene.post("\(id),").text == "")
        #expect(scene.host.sessionCounts == (1, 0))
    }

    @Test("Requests may be cut anywhere")
    func cut() throws {
        let scene = try Scene()
        let text = Self.header
        let id = try #require(try scene.post("0,\(text.prefix(30))").id)
        #expect(try scene.post("\(id),\(text.dropFirst(30).prefix(50))").text == "")
        #expect(try scene.post("\(id),\(text.dropFirst(80))").text.contains("features"))
    }

    @Test("A mobile client finds its identifier in the first line of the body, and no cookie")
    func mobile() throws {
        let scene = try Scene()
        let answer = try scene.post("mobile,\(Self.header)")
        #expect(answer.response["set-cookie"] == nil)
        let lines = answer.text.split(separator: "\n", maxSplits: 1)
        let id = try #require(lines.first)
        #expect(lines.last?.hasPrefix("<?xml") == true)
        #expect(try scene.post("\(id),\(Self.auth)").text.contains("<success"))
    }

    @Test("§3.1: what is no request is a bad request", arguments: ["", "x", "0;,", "a b,<x>"])
    func badRequest(body: String) throws {
        let answer = try Scene().post(body)
        #expect(answer.id == "-2:0")
        #expect(answer.text == "")
    }

    @Test("§3.1: a request that is too long is a bad request, and not read")
    func tooLong() throws {
        let scene = try Scene()
        let answer = try Answer(
            scene.server.ask("POST /http-poll HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999"))
        #expect(answer.id == "-2:0")
    }

    @Test("§3.1: an identifier of no session is unknown", arguments: ["a", "0:0", "-3:0"])
    func unknown(id: String) throws {
        #expect(try Scene().post("\(id),").id == "0:0")
    }

    @Test("§3.1: a server that stops takes no session")
    func stopping() async throws {
        let scene = try Scene()
        await scene.service.stop()
        #expect(try scene.post("0,\(Self.header)").id == "-1:0")
    }

    @Test("§4: a wrong key is answered so, not processed, and the session goes on")
    func keys() throws {
        let keys = PollKeysTests.keys
        let scene = try Scene()
        let id = try #require(try scene.post("0;\(keys[6]),\(Self.header)").id)
        for wrong in ["\(id);\(keys[6])", "\(id);\(keys[4])", id] {
            let answer = try scene.post("\(wrong),\(Self.auth)")
            #expect(answer.id == "-3:0")
            #expect(answer.text == "")
        }
        let right = try scene.post("\(id);\(keys[5]);\(keys[3]),\(Self.auth)")
        #expect(right.id == id)
        #expect(right.text.contains("<success"))
        #expect(try scene.post("\(id);\(keys[4]),").id == "-3:0")
        #expect(try scene.post("\(id);\(keys[2]),").id == id)
    }

    @Test("The client ends its stream; then its identifier is unknown")
    func end() throws {
        let scene = try Scene()
        let id = try scene.logIn()
        let last = try scene.post("\(id),</stream:stream>")
        #expect(last.id == id)
        #expect(last.text == "</stream:stream>")
        #expect(scene.host.sessionCounts == (1, 1))
        #expect(try scene.post("\(id),").id == "0:0")
        #expect(scene.service.sessionCount == 0)
    }

    @Test(
        "Bad XML ends the stream with its error",
        arguments: [("<a></b>", "not-well-formed"), ("<!-- -->", "restricted-xml")])
    func badXML(content: String, condition: String) throws {
        let scene = try Scene()
        let id = try scene.logIn()
        let answer = try scene.post("\(id),\(content)")
        #expect(answer.id == id)
        #expect(answer.text.contains("<stream:error><\(condition) "))
        #expect(answer.text.hasSuffix("</stream:stream>"))
        #expect(try scene.post("\(id),").id == "0:0")
    }

    @Test("Before login a stanza has the limits it has over TCP")
    func limits() throws {
        let scene = try Scene()
        let id = try #require(try scene.post("0,\(Self.header)").id)
        let text = String(repeating: "x", count: 9000)
        let answer = try scene.post("\(id),<message><body>\(text)</body></message>")
        #expect(answer.text.contains("policy-violation"))
    }

    @Test("§3.2: a session without requests ends, and gives back what was not fetched")
    func timeout() throws {
        let scene = try Scene(timeout: 1)
        let id = try scene.logIn()
        // The answer to this one is in doubt, since no request follows it.
        #expect(
            try scene.post("\(id),<message to='a@example.com' id='1' type='chat'/>").id == id)
        let gone = Signal()
        let session = try #require(scene.service.sessions[id])
        session.home.execute {
            session.home.schedule(after: .milliseconds(1300)) { gone.raise() }
        }
        #expect(gone.wait())
        #expect(try scene.post("\(id),").id == "0:0")
        #expect(scene.host.sessionCounts == (1, 1))
        #expect(scene.host.undelivered.map(\.id) == ["1"])
    }

    @Test("§3.2: the time-out is 300 seconds unless configured, and each host's own")
    func timeouts() throws {
        #expect(PollSettings().timeout == 300)
        #expect(PollModule.timeout.default == .seconds(300))
        let scene = try Scene()
        scene.service.settings = { host in
            var settings = PollSettings()
            settings.timeout = host == "example.com" ? 77 : 11
            return settings
        }
        let id = try #require(try scene.post("0,\(Self.header)").id)
        #expect(scene.service.sessions[id]?.timeoutMilliseconds == 77_000)
    }

    @Test("§4: a wrong key is no sign of life")
    func wrongKeysTimeOut() throws {
        let keys = PollKeysTests.keys
        let scene = try Scene(timeout: 1)
        let id = try #require(try scene.post("0;\(keys[6]),\(Self.header)").id)
        let session = try #require(scene.service.sessions[id])
        let pass = Signal()
        for _ in 0..<2 {
            session.home.execute {
                session.home.schedule(after: .milliseconds(700)) { pass.raise() }
            }
            #expect(pass.wait())
            // The first comes in time, and changes nothing about that.
            _ = try scene.post("\(id);wrong,")
        }
        #expect(try scene.post("\(id);\(keys[5]),").id == "0:0")
        #expect(scene.service.sessionCount == 0)
    }

    @Test("What a server that stops has not brought to its clients goes back")
    func stopGivesBack() async throws {
        let scene = try Scene()
        let id = try scene.logIn()
        // The answer to this one is in doubt; the other message waits.
        _ = try scene.post("\(id),<message to='a@example.com' id='1' type='chat'/>")
        let session = try #require(scene.service.sessions[id])
        let done = Signal()
        session.home.execute {
            session.send(
                Stanza(
                    .message, type: .chat, id: "2", from: JID("a@example.com"),
                    to: JID("b@example.com/r")))
            done.raise()
        }
        #expect(done.wait())
        await scene.service.stop()
        #expect(scene.service.sessionCount == 0)
        #expect(scene.host.undelivered.map(\.id) == ["1", "2"])
    }

    @Test("§3.2: a server that stops says so to the next request, and waits for that")
    func stopIsHeard() async throws {
        let scene = try Scene()
        let id = try scene.logIn()
        let service = scene.service
        async let stopped: Void = service.stop()
        let session = try #require(service.sessions[id])
        while !service.isStopping { await Task.yield() }
        let told = Signal()
        // What was to be done when the stop began is done after this.
        for _ in 0..<2 {
            session.home.streams.execute { told.raise() }
            #expect(told.wait())
        }
        var text = ""
        while !text.contains("stream:error") {
            let answer = try scene.post("\(id),")
            #expect(answer.id == id)
            guard answer.id == id else { break }
            text += answer.text
        }
        #expect(text.contains("<system-shutdown "))
        #expect(text.hasSuffix("</stream:stream>"))
        #expect(try scene.post("\(id),").id == "0:0")
        await stopped
        #expect(service.sessionCount == 0)
    }

    @Test("GET explains itself")
    func get() throws {
        let response = try Scene().server.ask("GET /http-poll HTTP/1.1\r\nHost: x")
        #expect(response.status == 200)
        #expect(response["content-type"] == "text/plain; charset=utf-8")
    }
}
