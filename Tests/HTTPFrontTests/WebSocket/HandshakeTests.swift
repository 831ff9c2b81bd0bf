import Testing

@testable import HTTPFront

@Suite("WebSocket handshake · RFC 6455 §4.2, RFC 7395 §3.1")
struct HandshakeTests {
    private static let proper = [
        "Upgrade": ["websocket"], "Connection": ["Upgrade"],
        "Sec-WebSocket-Version": ["13"], "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ=="],
        "Sec-WebSocket-Protocol": ["xmpp"],
    ]

    private static func judge(
        _ changes: [String: [String]] = [:], origins: Set<String> = []
    ) -> Result<WebSocketHandshake, WebSocketHandshake.Refusal> {
        let fields = proper.merging(changes) { $1 }
        do throws(WebSocketHandshake.Refusal) {
            return .success(try WebSocketHandshake(origins: origins) { fields[$0] ?? [] })
        } catch {
            return .failure(error)
        }
    }

    private static func refusal(
        _ changes: [String: [String]], origins: Set<String> = []
    ) -> WebSocketHandshake.Refusal? {
        guard case .failure(let refusal) = judge(changes, origins: origins) else { return nil }
        return refusal
    }

    private static func isBad(_ changes: [String: [String]]) -> Bool {
        guard case .badRequest = refusal(changes) else { return false }
        return true
    }

    @Test("§1.3: the example of the RFC")
    func example() throws {
        let handshake = try Self.judge().get()
        #expect(
            handshake.fields == [
                HTTPField("Upgrade", "websocket"),
                HTTPField("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                HTTPField("Sec-WebSocket-Protocol", "xmpp"),
            ])
    }

    @Test("§4.2.1: tokens are found in lists, whatever their case")
    func lists() {
        for changes in [
            ["Upgrade": ["h2c, WebSocket"]], ["Connection": ["keep-alive, Upgrade"]],
            ["Connection": ["keep-alive", "UPGRADE"]],
            ["Sec-WebSocket-Protocol": ["chat, xmpp"]], ["Sec-WebSocket-Protocol": ["a", "xmpp"]],
        ] {
            #expect(Self.refusal(changes) == nil, "\(changes)")
        }
    }

    @Test("§4.2.2: what is no handshake, or of another version, hears what is spoken")
    func upgrade() {
        for changes in [
            ["Upgrade": []], ["Upgrade": ["h2c"]], ["Upgrade": ["websockets"]],
            ["Sec-WebSocket-Version": ["8"]], ["Sec-WebSocket-Version": ["14"]],
            ["Sec-WebSocket-Version": [""]], ["Sec-WebSocket-Version": ["13, 8"]],
        ] {
            #expect(Self.refusal(changes) == .upgradeRequired, "\(changes)")
        }
    }

    @Test("§4.2.1: what a handshake must have")
    func incomplete() {
        for changes in [
            ["Connection": []], ["Connection": ["keep-alive"]], ["Sec-WebSocket-Version": []],
            ["Sec-WebSocket-Version": ["13", "13"]], ["Sec-WebSocket-Key": []],
            ["Sec-WebSocket-Key": [""]], ["Sec-WebSocket-Key": ["dG9vIHNob3J0"]],
            ["Sec-WebSocket-Key": ["not base 64 at all here="]],
            ["Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZTEyMw=="]],
            ["Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]],
        ] {
            #expect(Self.isBad(changes), "\(changes)")
        }
    }

    @Test("RFC 7395 §3.1: the subprotocol is xmpp")
    func subprotocol() {
        for offered in [[], [""], ["chat"], ["XMPP"], ["xmpp2"], ["\"xmpp\""]] {
            #expect(Self.isBad(["Sec-WebSocket-Protocol": offered]), "\(offered)")
        }
    }

    @Test("§10.2: pages of other sites may not connect where sites are listed")
    func origin() {
        let origins: Set<String> = ["https://chat.example.org", "http://localhost:5280"]
        #expect(Self.refusal(["Origin": ["https://chat.example.org"]], origins: origins) == nil)
        #expect(Self.refusal(["Origin": ["https://Chat.Example.ORG"]], origins: origins) == nil)
        // A client that is no page has none.
        #expect(Self.refusal([:], origins: origins) == nil)
        for origin in [
            "https://evil.example", "http://chat.example.org", "https://chat.example.org:8443",
            "https://chat.example.org.evil.example", "null", "",
        ] {
            #expect(Self.refusal(["Origin": [origin]], origins: origins) == .forbidden, "\(origin)")
            #expect(Self.refusal(["Origin": [origin]]) == nil)
        }
    }
}

@Suite("WebSocket pings · RFC 6455 §5.5.2")
struct KeepAliveTests {
    @Test("a quiet client is asked, and kept while it answers")
    func answers() {
        var keepAlive = WebSocketKeepAlive(pingInterval: 60, timeout: 300, now: 0)
        #expect(keepAlive.deadline == 60)
        for round in 1...20 {
            let now = round * 60
            #expect(keepAlive.due(now: now) == .ping)
            keepAlive.heard(now: now)
        }
    }

    @Test("a client that sends is not asked")
    func busy() {
        var keepAlive = WebSocketKeepAlive(pingInterval: 60, timeout: 300, now: 0)
        keepAlive.heard(now: 50)
        #expect(keepAlive.due(now: 60) == .wait)
        #expect(keepAlive.deadline == 110)
    }

    @Test("one that leaves two pings unanswered is gone")
    func silent() {
        var keepAlive = WebSocketKeepAlive(pingInterval: 60, timeout: 3000, now: 0)
        #expect(keepAlive.due(now: 60) == .ping)
        #expect(keepAlive.due(now: 90) == .wait)
        #expect(keepAlive.due(now: 120) == .ping)
        #expect(keepAlive.deadline == 180)
        #expect(keepAlive.due(now: 180) == .end)
    }

    @Test("and so is one that says nothing for the whole time")
    func timeout() {
        var keepAlive = WebSocketKeepAlive(pingInterval: 0, timeout: 300, now: 0)
        #expect(keepAlive.deadline == 300)
        #expect(keepAlive.due(now: 299) == .wait)
        keepAlive.heard(now: 299)
        #expect(keepAlive.due(now: 598) == .wait)
        #expect(keepAlive.due(now: 599) == .end)
    }
}
