import StreamFakes
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("BOSH sessions · XEP-0124, XEP-0206", .timeLimit(.minutes(1)))
struct BOSHSessionTests {
    private typealias Session = BOSHTestSession

    // MARK: creation

    @Test("§7.2: the first answer says all that was agreed on")
    func creation() throws {
        let session = try BOSHScene { $0.polling = 5 }.session(
            "wait='50' hold='2' ver='1.8' ack='1'")
        let answer = session.creation
        #expect(answer.response["content-type"] == "text/xml; charset=utf-8")
        let expected = [
            "wait": "50", "hold": "2", "requests": "3", "polling": "5", "inactivity": "30",
            "maxpause": "120", "ver": "1.8", "from": "example.com", "ack": "1000",
            "charsets": "UTF-8", "accept": "gzip", "xmpp:version": "1.0",
            "xmpp:restartlogic": "true",
        ]
        for (name, value) in expected { #expect(answer[name] == value, "\(name)") }
        #expect(answer["secure"] == nil)
        #expect(answer["authid"]?.isEmpty == false)
        #expect(answer["stream"]?.isEmpty == false)
        #expect(answer.text.contains("xmlns:stream='http://etherx.jabber.org/streams'"))
        #expect(answer.text.contains("<stream:features><mechanisms"))
    }

    @Test("§7.2, §19.3: no sid comes twice, and none resembles another")
    func sids() throws {
        let scene = try BOSHScene()
        let sids = try (0..<20).map { _ in try scene.session().sid }
        #expect(Set(sids).count == 20)
        #expect(Set(sids.map { $0.prefix(8) }).count == 20)
        #expect(sids.allSatisfy { $0.utf8.count == 24 })
    }

    @Test("§7.1: content names the type of every answer")
    func contentType() throws {
        let session = try BOSHScene().session("wait='1' hold='1' ver='1.11' content='text/html'")
        #expect(session.creation.response["content-type"] == "text/html")
        #expect(try session.post(Session.auth).response["content-type"] == "text/html")
    }

    @Test(
        "XEP-0206 §3: xmpp:version is the version of the stream",
        arguments: [("1.0", "1.0"), ("1.7", "1.0"), ("0.9", nil)])
    func version(asked: String, answered: String?) throws {
        let session = try BOSHScene().session(version: asked)
        #expect(session.creation["xmpp:version"] == answered)
        #expect(session.creation.text.contains("<stream:features>") == (answered != nil))
    }

    @Test("§7.1: xml:lang of the session is the language of what is in it, unless it says its own")
    func language() throws {
        let session = try BOSHScene().session(language: "de")
        try session.logIn()
        #expect(try session.post(Session.message("1")).text.contains("xml:lang='de'"))
        let own = Session.message("2").replacing(
            " id=", with: " xml:lang='fr' id=", maxReplacements: 1)
        let answer = try session.post(own)
        #expect(answer.text.contains("xml:lang='fr'"))
        #expect(!answer.text.contains("xml:lang='de'"))
    }

    @Test("XEP-0206 §4: without version there are no features and no restart logic")
    func noVersion() throws {
        let session = try BOSHScene().session("wait='1' hold='1' ver='1.11'", version: nil)
        #expect(session.creation["xmpp:version"] == nil)
        #expect(session.creation["xmpp:restartlogic"] == nil)
        #expect(!session.creation.text.contains("features"))
        #expect(session.creation["authid"] != nil)
    }

    @Test("§7.2: later answers say nothing of that")
    func later() throws {
        let session = try BOSHScene().bound()
        let answer = try session.post(BOSHTestSession.message("1"))
        #expect(answer.tag == "<body xmlns='\(BOSHScene.namespace)'")
    }

    @Test("XEP-0206 §3: from of the first request is that of the stream")
    func from() throws {
        let answer = try BOSHScene().post(
            "<body rid='1' ver='1.11' to='example.com' from='a@example.com' xml:lang='de' "
                + "xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh' "
                + "xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer["from"] == "example.com")
        let first = StreamHeader(
            name: "body", namespace: .httpBind, contentNamespace: .httpBind,
            attributes: [
                Element.Attribute(name: "to", namespace: nil, value: "example.com"),
                Element.Attribute(name: "from", namespace: nil, value: "a@example.com"),
                Element.Attribute(name: "version", namespace: .xbosh, value: "1.0"),
            ])
        let restart = StreamHeader(
            name: "body", namespace: .httpBind, contentNamespace: .httpBind,
            attributes: [Element.Attribute(name: "from", namespace: nil, value: "b@example.com")])
        let origin = BOSHOrigin(first)
        #expect(origin.streamHeader(of: first)["from"] == "a@example.com")
        #expect(origin.streamHeader(of: first)["version"] == "1.0")
        #expect(origin.streamHeader(of: restart)["from"] == "b@example.com")
        #expect(origin.streamHeader(of: restart)["to"] == "example.com")
    }

    @Test("XEP-0206 §5: a restart brings the features, and what else is in it is ignored")
    func restart() throws {
        let session = try BOSHScene().session()
        #expect(try session.post(BOSHTestSession.auth).text.contains("<success"))
        let answer = try session.post(
            BOSHTestSession.message("1"), "xmpp:restart='true' to='example.com'")
        #expect(answer.text.contains("<stream:features><bind"))
        #expect(!answer.text.contains("message"))
        #expect(answer["sid"] == nil)
        #expect(session.isAlive)
    }

    @Test(
        "§17.2: what cannot become a session",
        arguments: [
            ("", "improper-addressing"), ("to=''", "improper-addressing"),
            ("to='elsewhere.example'", "host-unknown"), ("to='a@example.com'", "host-unknown"),
            ("to='example.com' pause='1'", "bad-request"),
            ("to='example.com' type='terminate'", "bad-request"),
            ("to='example.com' sid='012345678901234567890123'", "item-not-found"),
            ("to='example.com' sid='x'", "item-not-found"),
        ])
    func noSession(attributes: String, condition: String) throws {
        let answer = try BOSHScene().post(
            "<body rid='1' ver='1.11' \(attributes) xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer.response.status == 200)
        #expect(answer.isTerminate)
        #expect(answer["condition"] == condition)
    }

    @Test("§17.2: internal-server-error, when the service can hold no more sessions")
    func sessionsMax() throws {
        // Half of them may be of clients that have not logged in.
        let scene = try BOSHScene(sessionsMax: 2)
        let session = try scene.session()
        let answer = try scene.post(
            "<body rid='1' ver='1.11' to='example.com' xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer.isTerminate)
        #expect(answer["condition"] == "internal-server-error")
        #expect(scene.service.sessionCount == 1)
        #expect(session.isAlive)
    }

    @Test("§17.2: a stream that ends with host-gone or remote-connection-failed says so")
    func conditionsOfStreams() throws {
        for condition in [StreamError.Condition.hostGone, .remoteConnectionFailed] {
            let session = try BOSHScene().bound()
            let held = try session.hold()
            let known = try #require(session.scene.service.sessions.all.first)
            known.home.execute { known.session?.fail(StreamError(condition)) }
            let answer = try held.reply()
            #expect(answer.isTerminate)
            #expect(answer["condition"] == condition.rawValue)
            #expect(!session.isAlive)
        }
    }

    @Test("§7.2: each host offers what its own settings say")
    func settingsOfHosts() throws {
        let scene = try BOSHScene()
        scene.service.settings = { host in
            var settings = BOSHSettings()
            settings.inactivity = host == "example.com" ? 77 : 11
            return settings
        }
        #expect(try scene.session().creation["inactivity"] == "77")
    }

    @Test("§17.2: a service that has another address says where")
    func seeOtherURI() throws {
        let scene = try BOSHScene { $0.secureURI = "https://example.com/b?a&b" }
        let answer = try scene.post(
            "<body rid='1' ver='1.11' to='example.com' xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer.isTerminate)
        #expect(answer["condition"] == "see-other-uri")
        #expect(answer.text.contains("<uri>https://example.com/b?a&amp;b</uri>"))
        #expect(scene.service.sessionCount == 0)
    }

    @Test("§17.2: a service that stops takes no session, and ends those it has")
    func shutDown() async throws {
        let scene = try BOSHScene()
        let session = try scene.bound()
        let held = try session.send()
        try session.waitUntil { $0.window.isHolding }
        await scene.service.stop()
        #expect(try held.reply()["condition"] == "system-shutdown")
        let answer = try scene.post(
            "<body rid='1' ver='1.11' to='example.com' xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer["condition"] == "system-shutdown")
        #expect(scene.host.sessionCounts == (1, 1))
    }

    // MARK: order

    @Test(
        "§14.2: requests are processed and answered in order, however they come",
        arguments: [1, 2])
    func order(loops: Int) throws {
        let session = try BOSHScene(loopCount: loops).bound("wait='60' hold='3' ver='1.11'")
        let first = session.rid + 1
        let third = try session.send(Session.message("3"), rid: first + 2)
        let second = try session.send(Session.message("2"), rid: first + 1)
        try session.waitUntil { $0.window.earlyCount == 2 }
        let answer = try session.post(Session.message("1"), rid: first)
        session.rid = first + 2
        let last = try session.post("", "type='terminate'")
        // What goes by the other loop may come with a later answer, never with an earlier one.
        let answers = [answer, try second.reply(), try third.reply(), last]
        let ids = answers.flatMap {
            $0.text.split(separator: "id='").dropFirst().map { $0.prefix(1) }
        }
        #expect(ids == ["1", "2", "3"])
        #expect(answers.filter(\.isTerminate).count == 1)
    }

    @Test("§14.2: a rid above the window ends the session", arguments: ["1.11", nil])
    func aboveWindow(version: String?) throws {
        let version = version.map { "ver='\($0)'" } ?? ""
        let session = try BOSHScene().session("wait='60' hold='1' \(version)")
        let held = try session.send()
        try session.waitUntil { $0.window.isHolding }
        let answer = try session.post(rid: session.rid + 3)
        if version.isEmpty {
            #expect(answer.response.status == 404)
        } else {
            #expect(answer["condition"] == "item-not-found")
        }
        #expect(try held.reply()["condition"] == "other-request")
        #expect(!session.isAlive)
        #expect(try session.post()["condition"] == "item-not-found")
    }

    @Test("§14.3: a repeated request gets its answer again; a forgotten one ends the session")
    func repeated() throws {
        let session = try BOSHScene().bound()
        let answer = try session.post(Session.message("1"))
        let rid = session.rid
        for _ in 0..<3 {
            #expect(try session.post(Session.message("1"), rid: rid).text == answer.text)
        }
        for _ in 0..<2 { _ = try session.post(Session.message("2")) }
        #expect(try session.post(rid: rid)["condition"] == "item-not-found")
        #expect(!session.isAlive)
    }

    @Test("§14.3, §17.3: a request that comes again while it is held moves to its new connection")
    func moved() throws {
        let session = try BOSHScene().bound()
        let former = try session.send()
        try session.waitUntil { $0.window.isHolding }
        let rid = session.rid
        let again = try session.send(rid: rid)
        let recoverable = try former.reply()
        #expect(recoverable["type"] == "error")
        #expect(session.isAlive)
        try session.waitUntil { $0.window.isHolding }
        let other = try session.send(Session.message("1"))
        #expect(try again.reply().text.contains("id='1'"))
        _ = try session.post("", "type='terminate'")
        #expect(try other.reply().isTerminate)
    }

    @Test("§8: no more requests are held than agreed on")
    func hold() throws {
        let session = try BOSHScene().bound("wait='60' hold='1' ver='1.11'")
        let first = try session.send()
        try session.waitUntil { [rid = session.rid] in $0.window.lastRid == rid }
        let second = try session.send()
        #expect(try first.reply().isEmpty)
        let third = try session.send()
        #expect(try second.reply().isEmpty)
        try session.waitUntil { [rid = session.rid] in $0.window.lastRid == rid }
        _ = try session.post("", "type='terminate'")
        #expect(try third.reply().isTerminate)
    }

    @Test("§8: a request is answered when it has waited long enough")
    func wait() throws {
        let session = try BOSHScene().bound("wait='1' hold='1' ver='1.11'")
        #expect(try session.post().isEmpty)
        #expect(session.isAlive)
    }

    // MARK: pause, end

    @Test("§10: a pause has all requests answered, itself with nothing")
    func pause() throws {
        let session = try BOSHScene().bound("wait='60' hold='2' ver='1.11'")
        let held = try (0..<2).map { _ in
            let request = try session.send()
            try session.waitUntil { [rid = session.rid] in $0.window.lastRid == rid }
            return request
        }
        let answer = try session.post("", "pause='60'")
        #expect(answer.isEmpty)
        for request in held { #expect(try request.reply().isEmpty) }
        #expect(session.isAlive)
        #expect(try session.post(Session.message("1")).text.contains("id='1'"))
    }

    @Test(
        "§10: a pause longer than offered is as long as offered",
        arguments: ["121", "99999999999999999999"])
    func longPause(pause: String) throws {
        let session = try BOSHScene().bound()
        let held = try session.hold()
        #expect(try session.post("", "pause='\(pause)'").isEmpty)
        #expect(try held.reply().isEmpty)
        #expect(try session.post(Session.message("1")).text.contains("id='1'"))
    }

    @Test(
        "§10: what is no pause, or was not offered, ends the session",
        arguments: [
            ("x", 120, "bad-request"), ("-1", 120, "bad-request"), ("", 120, "bad-request"),
            ("1", 0, "policy-violation"),
        ])
    func badPause(pause: String, offered: Int, condition: String) throws {
        let session = try BOSHScene { $0.pauseMax = offered }.bound()
        #expect((session.creation["maxpause"] == nil) == (offered == 0))
        #expect(try session.post("", "pause='\(pause)'")["condition"] == condition)
        #expect(!session.isAlive)
    }

    @Test("§13: the oldest request hears of the client's end, the others get nothing")
    func terminate() throws {
        let scene = try BOSHScene()
        let session = try scene.bound()
        let held = try session.send()
        try session.waitUntil { $0.window.isHolding }
        let last = try session.post(
            "<presence type='unavailable' xmlns='jabber:client'/>", "type='terminate'")
        let oldest = try held.reply()
        #expect(oldest.isTerminate)
        #expect(oldest["condition"] == nil)
        #expect(last.isEmpty)
        #expect(scene.host.sessionCounts == (1, 1))
        #expect(scene.service.sessionCount == 0)
        #expect(try session.post()["condition"] == "item-not-found")
    }

    @Test("§17.2, XEP-0206 §6: a stream error is told inside, the other request hears why")
    func streamError() throws {
        let session = try BOSHScene().bound()
        let held = try session.send()
        try session.waitUntil { $0.window.isHolding }
        let last = try session.post(
            "<message from='b@example.com' to='a@example.com' xmlns='jabber:client'/>")
        let answer = try held.reply()
        #expect(answer.isTerminate)
        #expect(answer["condition"] == "remote-stream-error")
        #expect(answer.tag.contains("xmlns:stream='http://etherx.jabber.org/streams'"))
        #expect(answer.text.contains("<stream:error><invalid-from "))
        #expect(last["condition"] == "other-request")
    }

    @Test(
        "§17.1: without ver errors are HTTP errors",
        arguments: [
            ("<a></b>", "", 400), ("", "pause='x'", 400), ("", "pause='9'", 403),
            ("<a xmlns='b'/>", "stream='unknown'", 404),
        ], [false, true])
    func legacy(request: (content: String, attributes: String, status: Int), isHolding: Bool) throws
    {
        let session = try BOSHScene { $0.pauseMax = 0 }.session("wait='60' hold='1'")
        #expect(session.creation["ver"] == nil)
        let held = try isHolding ? session.hold() : nil
        let answer = try session.post(request.content, request.attributes)
        #expect(answer.response.status == request.status)
        #expect(answer.text.isEmpty)
        if let held { #expect(try held.reply()["condition"] == "other-request") }
    }

    @Test(
        "§17.2: the request that ends the session hears why, the others that it was not they",
        arguments: [
            ("", "pause='x'", "bad-request"),
            (BOSHTestSession.message("1"), "stream='unknown'", "item-not-found"),
            ("<a></b>", "", "bad-request"),
            ("<!-- x -->", "", "remote-stream-error"),
        ])
    func whoHears(content: String, attributes: String, condition: String) throws {
        let session = try BOSHScene().bound()
        let held = try session.hold()
        let answer = try session.post(content, attributes)
        #expect(answer.isTerminate)
        #expect(answer["condition"] == condition)
        let other = try held.reply()
        #expect(other.isTerminate)
        #expect(other["condition"] == "other-request")
        #expect(!session.isAlive)
    }

    @Test("§17.2: an early request that ends the session in its turn hears why")
    func whoHearsEarly() throws {
        let session = try BOSHScene().bound()
        let rid = session.rid
        let bad = try session.send("", "pause='x'", rid: rid + 2)
        try session.waitUntil { $0.window.earlyCount == 1 }
        let first = try session.post(rid: rid + 1)
        #expect(first["condition"] == "other-request")
        #expect(try bad.reply()["condition"] == "bad-request")
        #expect(!session.isAlive)
    }

    @Test("§17.2: if its connection is lost, its repeat hears why")
    func whoHearsLater() throws {
        let session = try BOSHScene().bound()
        let rid = session.rid
        let bad = try session.send("", "pause='x'", rid: rid + 2)
        try session.waitUntil { $0.window.earlyCount == 1 }
        bad.client.close()
        try session.waitUntil { $0.window.hasLostEarly }
        #expect(try session.post(rid: rid + 1)["condition"] == "other-request")
        #expect(try session.post("", "pause='x'", rid: rid + 2)["condition"] == "bad-request")
        #expect(try session.post("", "", rid: rid + 2)["condition"] == "item-not-found")
    }

    @Test("§11: more requests than agreed on end the session")
    func overactive() throws {
        let session = try BOSHScene().bound("wait='60' hold='1' ver='1.11'")
        let first = session.rid + 1
        // The first one is missing, so none of these can be answered.
        let early = try session.send(rid: first + 1)
        try session.waitUntil { $0.window.earlyCount == 1 }
        let answer = try session.post(rid: first + 2)
        #expect(answer["condition"] == "item-not-found")
        #expect(try early.reply()["condition"] == "other-request")
    }

    @Test("§12: polling faster than agreed on ends the session")
    func pollingTooFast() throws {
        let session = try BOSHScene { $0.polling = 60 }.session("wait='0' hold='0' ver='1.11'")
        #expect(session.creation["requests"] == "1")
        #expect(session.creation["inactivity"] == "270", "more than usual by more than polling")
        #expect(try session.post().isEmpty)
        #expect(try session.post()["condition"] == "policy-violation")
    }

    // MARK: keys

    /// The keys of a seed; each is made of the one before.
    private static func sequence(_ seed: String, count: Int) -> [String] {
        var keys = [seed]
        for _ in 0..<count { keys.append(BOSHKeys.hash(keys[keys.count - 1])) }
        return keys
    }

    @Test(
        "§15: requests without their key end the session, and are not processed",
        arguments: [nil, 3, 2])
    func keys(wrong: Int?) throws {
        let keys = Self.sequence("seed", count: 6)
        let scene = try BOSHScene()
        let session = try scene.session("wait='60' hold='1' ver='1.11' newkey='\(keys[6])'")
        #expect(
            try session.post(Session.auth, "key='\(keys[5])'").text
                .contains("<success"))
        let restart = try session.post(
            "", "xmpp:restart='true' key='\(keys[4])'")
        #expect(restart.text.contains("bind"))
        #expect(
            try session.post(Session.bind("r"), "key='\(keys[3])'").text
                .contains("type='result'"))
        let attribute = wrong.map { "key='\(keys[$0])'" } ?? ""
        let answer = try session.post(Session.message("1"), attribute)
        guard wrong != 2 else {
            // The right one.
            #expect(answer.text.contains("id='1'"))
            #expect(scene.host.received.map(\.id) == ["1"])
            return
        }
        #expect(answer.isTerminate)
        #expect(answer["condition"] == "item-not-found")
        #expect(scene.host.received.isEmpty)
        #expect(scene.host.sessionCounts == (1, 1))
        #expect(!session.isAlive)
    }

    @Test("§15.5: newkey begins a new sequence; the old one counts for nothing then")
    func newKeys() throws {
        let (old, new) = (Self.sequence("old", count: 3), Self.sequence("new", count: 3))
        for isRight in [true, false] {
            let session = try BOSHScene().session(
                "wait='60' hold='0' ver='1.11' newkey='\(old[3])'")
            #expect(try session.post("", "key='\(old[2])' newkey='\(new[3])'").isEmpty)
            let next = try session.post("", "key='\(isRight ? new[2] : old[1])'")
            #expect(next.isTerminate == !isRight)
            #expect(session.isAlive == isRight)
        }
    }

    @Test("§14.3, §15: whoever repeats an early request needs its key")
    func earlyKey() throws {
        let keys = Self.sequence("seed", count: 3)
        let session = try BOSHScene().session("wait='60' hold='1' ver='1.11' newkey='\(keys[3])'")
        let rid = session.rid
        let early = try session.send("", "key='\(keys[1])'", rid: rid + 2)
        try session.waitUntil { $0.window.earlyCount == 1 }
        let thief = try session.post("", "key='\(keys[0])'", rid: rid + 2)
        #expect(thief["condition"] == "item-not-found")
        #expect(try early.reply()["condition"] == "other-request")
        #expect(!session.isAlive)
    }

    @Test("§14.3, §17.3: a request that came early may come again, too")
    func earlyMoved() throws {
        let session = try BOSHScene().bound()
        let rid = session.rid
        let former = try session.send(Session.message("2"), rid: rid + 2)
        try session.waitUntil { $0.window.earlyCount == 1 }
        let again = try session.send(Session.message("2"), rid: rid + 2)
        #expect(try former.reply()["type"] == "error")
        #expect(session.isAlive)
        session.rid = rid + 2
        let first = try session.post(Session.message("1"), rid: rid + 1)
        #expect(first.text.contains("id='1'") && first.text.contains("id='2'"))
        #expect(session.scene.host.received.map(\.id) == ["1", "2"])
        _ = try session.post("", "type='terminate'")
        #expect(try again.reply().isTerminate)
    }
}
