import StreamFakes
import Testing
import XMPPCore
import XMPPEngine

@testable import HTTPFront
@testable import XMPPConfig

@Suite("BOSH sessions that need no login · prebind of mod_bosh", .timeLimit(.minutes(1)))
struct BOSHPrebindTests {
    private static func scene(admitsGuests: Bool = true) throws -> BOSHScene {
        try BOSHScene(host: FakeHost(admitsGuests: admitsGuests)) { $0.isPrebound = true }
    }

    /// The address that the first answer tells.
    private static func jid(in answer: BOSHReply) throws -> String {
        let start = try #require(answer.text.range(of: "<jid>"), "\(answer.text)")
        return String(answer.text[start.upperBound...].prefix { $0 != "<" })
    }

    @Test("The first answer has sid, authid and, as a bind result, the address; nothing to log in")
    func creation() throws {
        let session = try Self.scene().session()
        #expect(session.creation["authid"] != nil)
        let text = session.creation.text
        #expect(text.contains(" type='result' id='prebind' to='"))
        #expect(text.contains("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>"))
        #expect(text.contains("<stream:features></stream:features>"))
        #expect(!text.contains("mechanism"))
        let jid = try #require(FullJID(try Self.jid(in: session.creation)))
        #expect(jid.bare.domainpart == "example.com")
        #expect(jid.bare.localpart?.utf8.count == 32)
    }

    @Test("The next rid goes on as the guest")
    func goesOn() throws {
        let scene = try Self.scene()
        let session = try scene.session()
        let jid = try Self.jid(in: session.creation)
        let answer = try session.post(BOSHTestSession.message("1"))
        #expect(answer.text.contains("to='\(jid)'"))
        #expect(scene.host.sessionCounts == (1, 0))
        #expect(scene.host.lastBound?.isAnonymous == true)
        #expect(try session.post("", "type='terminate'").isTerminate)
        #expect(scene.host.sessionCounts == (1, 1))
    }

    @Test("Each session is somebody else")
    func differ() throws {
        let scene = try Self.scene()
        let names = try (0..<3).map { _ in try Self.jid(in: scene.session().creation) }
        #expect(Set(names).count == 3)
    }

    @Test("What the first request carries is taken from the guest")
    func payload() throws {
        let scene = try Self.scene()
        let answer = try scene.post(
            "<body rid='5' to='example.com' ver='1.11' xmpp:version='1.0' "
                + "xmlns:xmpp='urn:xmpp:xbosh' xmlns='\(BOSHScene.namespace)'>"
                + BOSHTestSession.message("early") + "</body>")
        #expect(answer.text.contains("id='early'"))
    }

    @Test("Without a version the address comes without features")
    func withoutVersion() throws {
        let session = try Self.scene().session(version: nil)
        #expect(!session.creation.text.contains("features"))
        _ = try Self.jid(in: session.creation)
    }

    @Test("A client that says in from whose it is logs in as anywhere")
    func namesItself() throws {
        let scene = try Self.scene()
        let session = try scene.session("ver='1.11' from='romeo@example.com'")
        #expect(session.creation.text.contains("<mechanism>ANONYMOUS</mechanism>"))
        #expect(!session.creation.text.contains("<jid>"))
        try session.logIn()
    }

    @Test("A further stream of the session logs in", arguments: [1, 2])
    func furtherStream(loops: Int) throws {
        let scene = try BOSHScene(loopCount: loops) { $0.isPrebound = true }
        let session = try scene.session()
        let added = try session.post("", "to='example.com' xmpp:version='1.0'")
        #expect(added.text.contains("<mechanism>"))
    }

    @Test("A host that takes no guests says so, and there is no session")
    func noGuests() throws {
        let scene = try Self.scene(admitsGuests: false)
        let answer = try scene.post(
            "<body rid='5' to='example.com' ver='1.11' xmpp:version='1.0' "
                + "xmlns:xmpp='urn:xmpp:xbosh' xmlns='\(BOSHScene.namespace)'/>")
        #expect(answer.isTerminate)
        #expect(answer["condition"] == "remote-stream-error")
        #expect(answer.text.contains("<not-authorized "))
        #expect(answer.text.contains("no anonymous logins"))
        #expect(scene.service.sessionCount == 0)
        #expect(scene.host.sessionCounts == (0, 0))
    }

    @Test("Unless it is configured there is nothing of the kind")
    func off() throws {
        #expect(BOSHModule.prebind.default == false)
        let session = try BOSHScene().session()
        #expect(session.creation.text.contains("<mechanism>"))
        #expect(!session.creation.text.contains("<jid>"))
    }

    @Test("It counts for its client's network as any session until it is bound: not at all")
    func counts() throws {
        let scene = try Self.scene()
        _ = try scene.session()
        #expect(scene.service.sessions.unboundCount == 0)
    }

    @Test(
        "A configuration in which it can only fail is warned of",
        arguments: [
            ("", true), ("auth_method: sql", true), ("auth_method: anonymous", false),
            ("auth_method: [sql, anonymous]", false),
        ])
    func warning(method: String, isWarned: Bool) throws {
        let warnings = try WebScene.warnings(
            "hosts: [a.example]\n\(method)\nmodules:\n  mod_bosh: {prebind: true}\n")
        #expect(warnings.contains { $0.contains("`auth_method: anonymous`") } == isWarned)
        #expect(warnings.contains { $0.contains("`a.example`") } == isWarned)
    }

    @Test("Each host's own method counts, and nothing is said where it is off")
    func warningByHost() throws {
        let text = "hosts: [a.example, b.example]\nmodules:\n  mod_bosh: {prebind: true}\n"
        let one = try WebScene.warnings(
            text + "host_config: {b.example: {auth_method: anonymous}}\n")
        #expect(one.count { $0.contains("prebind needs") } == 1)
        #expect(one.contains { $0.contains("`a.example`") })
        let none = try WebScene.warnings(
            "hosts: [a.example]\nmodules:\n  mod_bosh: {prebind: false}\n")
        #expect(!none.contains { $0.contains("prebind") })
    }
}
