import Testing
import XMPPConfig

@testable import XMPPEngine

@Suite("Reload", .timeLimit(.minutes(1)))
struct ReloadTests {
    private func listener(_ options: String) -> String {
        ServerScene.usual.replacing(
            "module: ejabberd_c2s", with: "module: ejabberd_c2s, \(options)")
    }

    @Test(
        "TLS options that cannot be used change nothing",
        arguments: [
            "protocol_options: [foo]", "protocol_options: [no_tlsv1_2, no_tlsv1_3]",
            "ciphers: NO-SUCH-CIPHER", "tls_verify: true, cafile: /nowhere/ca.pem",
        ])
    func badTLS(options: String) async throws {
        try await ServerScene.play { scene in
            let old = scene.server.configuration.listeners
            let text = listener("starttls: true, \(options)")
            await #expect(throws: ConfigurationErrors.self) {
                try await scene.server.reload { try ServerScene.configuration(text) }
            }
            #expect(scene.server.configuration.listeners == old)
            #expect(scene.sockets.client() != nil)
        }
    }

    @Test("A listener that cannot open is told, and tried again")
    func notOpen() async throws {
        try await ServerScene.play { scene in
            let new = try ServerScene.configuration(
                ServerScene.usual + "\n  - {port: \"unix:/nowhere/x.sock\", module: ejabberd_c2s}")
            let answer = try await scene.server.apply(new)
            #expect(answer.contains("Listeners opened: unix:/nowhere/x.sock"))
            #expect(answer.contains("Not open yet: unix:/nowhere/x.sock, "), "\(answer)")
        }
    }

    @Test("A host whose domain a component has is told, and started by a later reload")
    func takenDomain() async throws {
        try await ServerScene.play { scene in
            let component = TestComponent("b.example", scene.server.router)
            let new = try ServerScene.configuration(
                ServerScene.usual.replacing("[example.com]", with: "[example.com, b.example]"))
            let answer = try await scene.server.apply(new)
            #expect(answer.contains("Not served: b.example"), "\(answer)")
            scene.server.router.remove(component, for: "b.example")
            let second = try await scene.server.apply(new)
            #expect(!second.contains("Not served"), "\(second)")
            #expect(scene.server.hosts["b.example"] != nil)
        }
    }

    @Test("Streams that are open on a host which goes end with host-gone, and no other opens")
    func hostGone() async throws {
        let both = ServerScene.usual.replacing("[example.com]", with: "[example.com, b.example]")
        try await ServerScene.play(both) { scene in
            let gone = scene.sockets.client()
            let stays = scene.sockets.client()
            for (client, host) in [(gone, "b.example"), (stays, "example.com")] {
                let features = client?.exchange(
                    ServerScene.header(to: host), until: "</stream:features>")
                #expect(features?.contains("<mechanism>") == true)
            }
            let host = try #require(scene.server.hosts["b.example"])
            #expect(host.unbound.count == 1)
            _ = try await scene.server.apply(try ServerScene.configuration(ServerScene.usual))
            let last = gone?.exchange("", until: "</stream:stream>") ?? ""
            #expect(last.contains("<host-gone"), "\(last)")
            #expect(host.unbound.areGone)
            let answer = stays?.exchange(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>",
                until: "</failure>")
            #expect(answer?.contains("<invalid-mechanism") == true, "\(answer ?? "-")")
            let late = scene.sockets.client()?.exchange(
                ServerScene.header(to: "b.example"), until: "</stream:stream>")
            #expect(late?.contains("<host-unknown") == true)
        }
    }

    @Test("Reloads come one after another, each of what is there in its turn")
    func serialised() async throws {
        try await ServerScene.play { scene in
            let server = scene.server
            let later = Observed<Task<String, any Error>?>(nil)
            _ = try await server.reload {
                // Asked for while the first is under way: must come after it.
                let second = Task {
                    try await server.reload {
                        try ServerScene.configuration(ServerScene.usual + "\nloglevel: error")
                    }
                }
                later.update { $0 = second }
                return try ServerScene.configuration(ServerScene.usual + "\nloglevel: debug")
            }
            _ = try await later.value?.value
            #expect(server.configuration.options[ServerOption.logLevel] == .error)
        }
    }
}
