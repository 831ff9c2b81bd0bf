import Testing
import XMPPConfig

@testable import XMPPEngine

@Suite("What OpenSSL says of a configuration")
struct TLSJudgeTests {
    private let judge = TLSJudge.openSSL

    @Test(
        "Options of the protocol",
        arguments: [
            (["no_tlsv1_2"], nil), (["no_tlsv1", "no_ticket", "cipher_client_preference"], nil),
            (["no_tlsv9"], "`no_tlsv9` is not known"), ([""], "`` is not known"),
            (
                ["no_tlsv1_2", "no_tlsv1_3"],
                "`no_tlsv1_2 | no_tlsv1_3` cannot be used: leaves no version of TLS"
            ),
        ])
    func protocolOptions(options: [String], told: String?) {
        #expect(judge.protocolOptions(options) == told)
    }

    @Test("Ciphers and authorities")
    func others() {
        #expect(judge.ciphers(["ECDHE+AESGCM", "!aNULL"]) == nil)
        #expect(judge.ciphers(["NO-SUCH"])?.hasPrefix("`NO-SUCH` cannot be used: ") == true)
        #expect(judge.authorities("/nowhere/ca.pem")?.contains("/nowhere/ca.pem") == true)
    }

    @Test("A certificate with its key is found, by file and by pattern")
    func certificates() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/a.pem"
        try SelfSignedCertificate.make(hosts: ["example.com"], into: file)
        for pattern in [file, folder.path + "/*.pem", folder.path] {
            #expect(judge.certificates([pattern]) == CertificateFindings(hasCertificate: true))
        }
    }

    @Test("What is not there is told, and no fault")
    func absent() throws {
        let folder = try TemporaryFolder()
        let found = judge.certificates([folder.path + "/a.pem", folder.path + "/*.crt"])
        #expect(!found.hasCertificate)
        #expect(found.findings.map(\.place) == [0, 1])
        #expect(found.findings.allSatisfy { !$0.isFault })
        #expect(found.findings.first?.text.contains("No such file") == true)
        #expect(found.findings.last?.text.hasSuffix("*.crt: no file fits") == true)
    }

    @Test("What is no certificate is a fault of its own place")
    func broken() throws {
        let folder = try TemporaryFolder()
        try folder.write("b.pem", "no certificate")
        try SelfSignedCertificate.make(hosts: ["example.com"], into: folder.path + "/a.pem")
        let found = judge.certificates([folder.path + "/a.pem", folder.path + "/b.pem"])
        #expect(found.findings.map(\.place) == [1])
        #expect(found.findings.first?.isFault == true)
        #expect(found.hasCertificate)
    }

    @Test("A file that is missing takes nothing from those that are there")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/a.pem"
        try SelfSignedCertificate.make(hosts: ["example.com"], into: file)
        let text =
            ServerScene.usual.replacing("ejabberd_c2s", with: "ejabberd_c2s, starttls: true")
            + "\ncertfiles: [\"\(folder.path)/none.pem\", \"\(file)\"]"
        try await ServerScene.play(text) { scene in
            let client = try #require(scene.sockets.client())
            let features = client.exchange(
                ServerScene.header(to: "example.com"), until: "</stream:features>")
            #expect(features.contains("<starttls"), "\(features)")
            let part = await scene.root.snapshot().children.first { $0.name == "certificates" }
            #expect(part?.error?.contains("none.pem") == true)
        }
    }
}

@Suite("Commands that permissions may name", .timeLimit(.minutes(1)))
struct CommandNamesTests {
    @Test("They are those of the server, each with its tag, and the feed of events")
    func complete() async throws {
        try await ServerScene.play { scene in
            let server = scene.server
            server.registerCommands(reload: { "" }, check: { "" }, drain: {})
            let all = server.commands.all
            #expect(CommandNames.served.commands == Set(all.map(\.name) + ["events"]))
            #expect(CommandNames.served.tags == Set(all.map(\.tag.name) + ["events"]))
            let tagged = Dictionary(
                all.map { ($0.name, $0.tag.name) } + [("events", "events")]
            ) { first, _ in first }
            #expect(CommandNames.served == CommandNames(tagged))
        }
    }
}
