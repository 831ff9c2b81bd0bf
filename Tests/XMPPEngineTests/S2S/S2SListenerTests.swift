import Stages
import Testing
import XMPPConfig
import XMPPCore

@testable import XMPPEngine

@Suite("A listener for other servers · RFC 6120 §4.7, §4.9", .timeLimit(.minutes(1)))
struct S2SListenerTests {
    private static func text(_ options: String = "") -> String {
        ServerScene.usual + "\n  - {port: \"unix:s2s.sock\", module: ejabberd_s2s_in\(options)}"
    }

    private static func header(
        to: String? = "example.com", namespace: String = "jabber:server",
        more: String = "from='other.example' version='1.0'"
    ) -> String {
        "<stream:stream \(to.map { "to='\($0)' " } ?? "")\(more) xmlns='\(namespace)' "
            + "xmlns:stream='http://etherx.jabber.org/streams'>"
    }

    private static func answer(_ text: String, on scene: ServerScene) throws -> String {
        let client = try #require(scene.sockets.client("s2s.sock"))
        return client.exchange(text, until: "</stream:stream>")
    }

    @Test("The header is answered with ours, and the stream closed with the reason")
    func refused() async throws {
        try await ServerScene.play(Self.text()) { scene in
            let answer = try Self.answer(Self.header(), on: scene)
            for part in [
                "<stream:stream xmlns='jabber:server'", " from='example.com'",
                " to='other.example'", " version='1.0'", "<policy-violation",
                "this server does not talk to other servers</text>",
            ] {
                #expect(answer.contains(part), "\(answer)")
            }
            #expect(answer.hasSuffix("</stream:error></stream:stream>"), "\(answer)")
            let totals = scene.server.environment.observatory.statistics.totals()
            #expect(totals[.streamsFailed(.server)] == 1)
            #expect(totals[.bytesIn(.server)] == Self.header().utf8.count)
        }
    }

    @Test("§4.7.5: a server from before version 1.0 gets no version back")
    func noVersion() async throws {
        try await ServerScene.play(Self.text()) { scene in
            let answer = try Self.answer(Self.header(more: "from='other.example'"), on: scene)
            #expect(answer.contains("<policy-violation"), "\(answer)")
            #expect(!answer.contains("version='1.0' "), "\(answer)")
            #expect(!answer.contains("xml:lang='en' version"), "\(answer)")
        }
    }

    static let faults: [(String, String)] = [
        (header(to: "elsewhere.example"), "host-unknown"),
        (header(to: nil), "host-unknown"), (header(to: "a@example.com"), "host-unknown"),
        (header(to: "a@@b"), "host-unknown"),
        (header(namespace: "jabber:client"), "invalid-namespace"),
        (header(namespace: "jabber:component:accept"), "invalid-namespace"),
        (header(more: "from='example.com' version='1.0'"), "invalid-from"),
        (header(more: "from='a@@b' version='1.0'"), "invalid-from"),
        (header(more: "from='a@other.example' version='1.0'"), "invalid-from"),
        (header(more: "version='one'"), "unsupported-version"),
        (header().replacing("stream:stream", with: "stream:flow"), "bad-format"),
        ("<a/>", "invalid-namespace"), ("<stream:stream to='example.com'>", "not-well-formed"),
        ("nonsense", "not-well-formed"), ("<!DOCTYPE x>" + header(), "restricted-xml"),
        ("<!-- x -->" + header(), "restricted-xml"),
        ("<?xml version='1.0' encoding='latin1'?>" + header(), "unsupported-encoding"),
        ("<stream:stream x='" + String(repeating: "y", count: 70_000), "policy-violation"),
    ]

    @Test("§4.9.3: what is wrong is told", arguments: faults)
    func faulty(text: String, condition: String) async throws {
        try await ServerScene.play(Self.text()) { scene in
            let answer = try Self.answer(text, on: scene)
            #expect(answer.contains("<\(condition) "), "\(answer)")
            #expect(answer.contains(" from='example.com'"), "\(answer)")
        }
    }

    @Test("What follows the header is not read")
    func following() async throws {
        try await ServerScene.play(Self.text()) { scene in
            let text = Self.header() + "<iq type='get' id='a' from='x' to='y'/></stream:stream>"
            let answer = try Self.answer(text, on: scene)
            #expect(answer.components("<stream:error>") == 1, "\(answer)")
            #expect(!answer.contains("<iq"), "\(answer)")
        }
    }

    @Test("A server that says nothing is told so when the negotiation has taken too long")
    func silent() async throws {
        try await ServerScene.play(Self.text() + "\nnegotiation_timeout: 1") { scene in
            let answer = try Self.answer("", on: scene)
            #expect(answer.contains("<connection-timeout"), "\(answer)")
        }
    }

    @Test("The limit of connections holds")
    func limit() async throws {
        try await ServerScene.play(Self.text(", max_connections: 1")) { scene in
            let listener = try #require(scene.server.configuration.listeners.last)
            let running = try #require(scene.server.running[listener])
            let first = try #require(scene.sockets.client("s2s.sock"))
            // Two that come at once are told apart by nobody.
            while running.connectionCount?() != 1 { await Task.yield() }
            let second = try #require(scene.sockets.client("s2s.sock"))
            #expect(second.exchange(Self.header(), until: "</stream:stream>").isEmpty)
            let answer = first.exchange(Self.header(), until: "</stream:stream>")
            #expect(answer.contains("<policy-violation"), "\(answer)")
        }
    }
}

extension String {
    /// How often a text is in this one.
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
