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

    @Test("§10: a pause longer than offered ends the session", arguments: ["121", "x", "-1"])
    func longPause(pause: String) throws {
        let session = try BOSHScene().bound()
        #expect(try session.post("", "pause='\(pause)'")["condition"] == "policy-violation")
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
            ("<a></b>", "", 400), ("", "pause='999'", 403),
        ])
    func legacy(content: String, attributes: String, status: Int) throws {
        let session = try BOSHScene().session("wait='60' hold='1'")
        #expect(session.creation["ver"] == nil)
        #expect(try session.post(content, attributes).response.status == status)
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
        #expect(session.creation["inactivity"] == "240")
        #expect(try session.post().isEmpty)
        #expect(try session.post()["condition"] == "policy-violation")
    }

    // MARK: keys

    @Test("§15: requests without their key end the session, and are not processed")
    func keys() throws {
        var keys = ["seed"]
        for _ in 0..<6 { keys.append(BOSHKeys.hash(keys[keys.count - 1])) }
        let scene = try BOSHScene()
        let session = try scene.session("wait='60' hold='1' ver='1.11' newkey='\(keys[6])'")
        #expect(
            try session.post(Session.auth, "key='\(keys[5])'").text
                .contains("<success"))
        let restart = try session.post(
            "", "xmpp:restart='true' key='\(keys[4])' newkey='\(keys[3])'")
        #expect(restart.text.contains("bind"))
        #expect(try session.post("", "key='\(keys[3])'")["condition"] == "item-not-found")
        #expect(!session.isAlive)
    }
}
