import StreamFakes
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront

@Suite("Several streams in a BOSH session · XEP-0124 §16", .timeLimit(.minutes(1)))
struct BOSHStreamsTests {
    private typealias Session = BOSHTestSession

    /// A session with two bound streams, and their names.
    private static func two(_ scene: BOSHScene) throws -> (Session, String, String) {
        let session = try scene.bound()
        let first = try #require(session.creation["stream"])
        let added = try session.post(
            "", "to='example.com' xml:lang='de' xmpp:version='1.0'")
        let second = try #require(added["stream"])
        try session.logIn(stream: second, resource: "s")
        return (session, first, second)
    }

    @Test("§16.2, §16.3: the session names its stream, and each further one")
    func names() throws {
        let session = try BOSHScene().bound()
        let added = try session.post("", "to='example.com' xmpp:version='1.0'")
        #expect(added["stream"] != nil)
        #expect(added["stream"] != session.creation["stream"])
        #expect(added["from"] == "example.com")
        #expect(added["authid"] != nil)
        #expect(added["xmpp:version"] == "1.0")
        #expect(added.text.contains("<stream:features>"))
        for name in ["sid", "requests", "polling", "hold", "inactivity", "maxpause", "ver", "wait"]
        {
            #expect(added[name] == nil, "\(name)")
        }
    }

    @Test("§16.4: payloads go to the stream that is named, and say whose they are")
    func named() throws {
        let scene = try BOSHScene()
        let (session, first, second) = try Self.two(scene)
        #expect(scene.host.sessionCounts == (2, 0))
        for name in [second, first, second] {
            let answer = try session.post(Session.message("1"), "stream='\(name)'")
            #expect(answer["stream"] == name)
            #expect(answer.text.split(separator: "<message").count == 2)
        }
    }

    @Test("§16.4: payloads for no stream go to all; no answer mixes streams")
    func broadcast() throws {
        let (session, first, second) = try Self.two(try BOSHScene())
        let answers = [try session.post(Session.message("1")), try session.post()]
        #expect(Set(answers.map { $0["stream"] }) == [first, second])
        for answer in answers { #expect(answer.text.split(separator: "<message").count == 2) }
    }

    @Test("§16.4: an empty body names no stream")
    func empty() throws {
        let (session, _, _) = try Self.two(try BOSHScene())
        let held = try session.send("", "stream='whatever'")
        try session.waitUntil { $0.window.isHolding }
        let next = try session.send()
        #expect(try held.reply().isEmpty)
        try session.waitUntil { [rid = session.rid] in $0.window.lastRid == rid }
        _ = try session.post("", "type='terminate'")
        #expect(try next.reply().isTerminate)
    }

    @Test("§16.4: a name of no stream ends the session", arguments: [true, false])
    func unknown(isFirst: Bool) throws {
        let scene = try BOSHScene()
        let session = try isFirst ? scene.bound() : Self.two(scene).0
        let answer = try session.post(Session.message("1"), "stream='unknown'")
        #expect(answer["condition"] == "item-not-found")
        #expect(!session.isAlive)
    }

    @Test("§16.5: one stream ends, the other goes on; then it ends the session", arguments: [0, 1])
    func close(which: Int) throws {
        let scene = try BOSHScene()
        let (session, first, second) = try Self.two(scene)
        let names = which == 0 ? [first, second] : [second, first]
        let ended = try session.post("", "type='terminate' stream='\(names[0])'")
        #expect(ended.isTerminate)
        #expect(ended["stream"] == names[0])
        #expect(scene.host.sessionCounts == (2, 1))
        #expect(session.isAlive)
        let other = try session.post(Session.message("1"), "stream='\(names[1])'")
        #expect(other["stream"] == names[1])
        // The sender may not have known: nothing happens.
        let held = try session.send(Session.message("2"), "stream='\(names[0])'")
        try session.waitUntil { $0.window.isHolding }
        let last = try session.post("", "type='terminate' stream='\(names[1])'")
        let oldest = try held.reply()
        #expect(oldest.isTerminate)
        #expect(oldest["stream"] == nil)
        #expect(last.isEmpty)
        #expect(scene.service.sessionCount == 0)
    }

    @Test("§16.5: without a name all streams end")
    func closeAll() throws {
        let scene = try BOSHScene()
        let (session, _, _) = try Self.two(scene)
        let answer = try session.post("", "type='terminate'")
        #expect(answer.isTerminate)
        #expect(answer["stream"] == nil)
        #expect(scene.host.sessionCounts == (2, 2))
        #expect(scene.service.sessionCount == 0)
    }

    @Test("§16.6: an error of one stream ends that stream")
    func error() throws {
        let scene = try BOSHScene()
        let (session, first, second) = try Self.two(scene)
        let bad = "<message from='b@example.com' to='a@example.com' xmlns='jabber:client'/>"
        let answer = try session.post(bad, "stream='\(second)'")
        #expect(answer.isTerminate)
        #expect(answer["stream"] == second)
        #expect(answer["condition"] == "remote-stream-error")
        #expect(answer.text.contains("<stream:error><invalid-from "))
        #expect(try session.post(Session.message("1"))["stream"] == first)
    }

    @Test("§16.3: a stream to an unknown host ends, the session does not")
    func unknownHost() throws {
        let scene = try BOSHScene()
        let session = try scene.bound()
        let answer = try session.post("", "to='elsewhere.example' xmpp:version='1.0'")
        #expect(answer.isTerminate)
        #expect(answer["stream"] != nil)
        #expect(answer["condition"] == "remote-stream-error")
        #expect(answer.text.contains("<host-unknown "))
        #expect(session.isAlive)
    }

    @Test("A session has no more streams than the server allows")
    func countMax() throws {
        let session = try BOSHScene().bound()
        for _ in 0..<BOSHStreams.countMax {
            #expect(try !session.post("", "to='example.com' xmpp:version='1.0'").isTerminate)
        }
        let answer = try session.post("", "to='example.com' xmpp:version='1.0'")
        #expect(answer.isTerminate)
        #expect(answer["stream"] != nil)
        #expect(answer.text.contains("<policy-violation "))
        #expect(session.isAlive)
    }

    @Test("A stream has the limits it has alone, whoever is logged in beside it")
    func limits() throws {
        let session = try BOSHScene().bound()
        let added = try session.post("", "to='example.com' xmpp:version='1.0'")
        let name = try #require(added["stream"])
        let text = String(repeating: "x", count: 9000)
        let answer = try session.post(Session.message("1", text: text), "stream='\(name)'")
        #expect(answer["stream"] == name)
        #expect(answer.text.contains("<policy-violation "))
        #expect(session.isAlive)
    }

    @Test("What no stream has fetched goes back to each one's host")
    func lost() throws {
        let scene = try BOSHScene { $0.inactivity = 1 }
        let (session, _, _) = try Self.two(scene)
        // One stream's copy is in the answer, the other's waits; no request follows.
        _ = try session.post(Session.message("m"))
        try scene.outlastInactivity()
        #expect(scene.host.sessionCounts == (2, 2))
        #expect(scene.host.undelivered.map(\.id) == ["m", "m"])
    }
}
