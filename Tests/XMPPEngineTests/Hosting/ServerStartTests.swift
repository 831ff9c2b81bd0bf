import Glibc
import Stages
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("A server starts in order", .timeLimit(.minutes(1)))
struct ServerStartTests {
    @Test("Accounts can be made before any listener is open")
    func beforeListening() async throws {
        let scene = try await ServerScene { server, sockets in
            #expect(sockets.client() == nil)
            let host = try #require(server.hosts["example.com"])
            let outcome = try await AccountService(host).create("admin", password: "secret")
            #expect(outcome == .done)
        }
        #expect(scene.sockets.client() != nil)
        await scene.stop()
    }

    @Test("No listener opens while what must come first has failed")
    func failing() async throws {
        struct NotYet: Error {}
        let scene = try await ServerScene { _, _ in throw NotYet() }
        #expect(scene.sockets.client() == nil)
        await scene.stop()
    }

    @Test("Of each listener it is said whether it listens, and why not")
    func reports() async throws {
        let text =
            ServerScene.usual + """

                  - {port: "unix:/nowhere/x.sock", module: ejabberd_c2s}
                  - {port: "unix:tls.sock", module: ejabberd_c2s, tls: true, certfile: /nowhere/x.pem}
                """
        try await ServerScene.play(text) { scene in
            let reports = await scene.server.listenerReports()
            #expect(reports.map { $0.trouble == nil } == [true, true, false, false])
            let troubles = reports.compactMap(\.trouble)
            #expect(troubles.first == "cannot listen: no such file or directory; trying again")
            #expect(troubles.last == "cannot listen: no certificate for TLS; trying again")
        }
    }

    @Test("Listeners that wait for what must come first do not listen yet")
    func waiting() async throws {
        struct NotYet: Error {}
        let scene = try await ServerScene { _, _ in throw NotYet() }
        let reports = await scene.server.listenerReports()
        #expect(reports.map(\.trouble) == ["does not listen yet", "does not listen yet"])
        await scene.stop()
    }

    @Test("auth_scram_hash and language reach the hosts")
    func options() async throws {
        let text =
            ServerScene.usual
            + "\nauth_scram_hash: sha512\nhost_config: {example.com: {language: de}}"
        try await ServerScene.play(text) { scene in
            let host = try #require(scene.server.hosts["example.com"])
            #expect(host.login.policy.passwords.hashes == [.sha512])
            let client = try #require(scene.sockets.client())
            let answer = client.exchange(
                ServerScene.header(to: "example.com"), until: "</stream:features>")
            #expect(answer.contains("xml:lang='de'"), "\(answer)")
        }
    }

    @Test("A socket file gets the owner and the group of unix_socket", .enabled(if: getuid() == 0))
    func owner() async throws {
        let text = """
            hosts: [example.com]
            listen:
              - port: "unix:c2s.sock"
                module: ejabberd_c2s
                unix_socket: {mode: "0600", owner: 65534, group: 65533}
            """
        try await ServerScene.play(text) { scene in
            var facts = stat()
            #expect(lstat(scene.sockets.folder + "/c2s.sock", &facts) == 0)
            #expect(facts.st_uid == 65534)
            #expect(facts.st_gid == 65533)
            #expect(facts.st_mode & 0o777 == 0o600)
        }
    }
}

@Suite("Stream headers and hosts · RFC 6120 §4.7.2", .timeLimit(.minutes(1)))
struct StreamHostTests {
    @Test("A header without `to` means the only host")
    func onlyHost() async throws {
        try await ServerScene.play { scene in
            let client = try #require(scene.sockets.client())
            let answer = client.exchange(
                ServerScene.header(to: nil), until: "</stream:features>")
            #expect(answer.contains("from='example.com'"), "\(answer)")
            #expect(answer.contains("<mechanism>"))
        }
    }

    @Test("§4.9.3.6: with several hosts a header must name one")
    func severalHosts() async throws {
        let text = ServerScene.usual.replacing("[example.com]", with: "[example.com, b.example]")
        try await ServerScene.play(text) { scene in
            let client = try #require(scene.sockets.client())
            let answer = client.exchange(ServerScene.header(to: nil), until: "</stream:stream>")
            #expect(answer.contains("<host-unknown"), "\(answer)")
        }
    }

    @Test("An address that is no domain is not taken for the only host", arguments: ["", "a@b@c"])
    func noDomain(to: String) async throws {
        try await ServerScene.play { scene in
            let client = try #require(scene.sockets.client())
            let answer = client.exchange(ServerScene.header(to: to), until: "</stream:stream>")
            #expect(answer.contains("<host-unknown"), "\(answer)")
        }
    }

    @Test("§5.4.2.2: without a certificate STARTTLS is not offered, and fails when asked for")
    func noCertificate() async throws {
        for option in ["starttls", "starttls_required"] {
            let text = ServerScene.usual.replacing(
                "module: ejabberd_c2s", with: "module: ejabberd_c2s, \(option): true")
            try await ServerScene.play(text) { scene in
                let client = try #require(scene.sockets.client())
                let features = client.exchange(
                    ServerScene.header(to: "example.com"), until: "stream:features")
                #expect(!features.contains("<starttls"), "\(features)")
                let answer = client.exchange(
                    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                    until: "</stream:stream>")
                #expect(answer.contains("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"))
            }
        }
    }
}
