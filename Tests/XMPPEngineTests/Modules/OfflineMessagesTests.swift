import Testing
import XMPPConfig
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Offline messages · XEP-0160", .timeLimit(.minutes(1)))
struct OfflineMessagesTests {
    private static let count = 5

    /// A host where messages wait for Romeo, who has logged in and is not available yet.
    private func play(_ act: (TestHost, [TestUser]) async throws -> Void) async throws {
        let configuration = try ServerScene.configuration(
            "hosts: [example.com]\nmodules: {mod_offline: {}}")
        try await withHost(loops: 2) { host in
            let module = try #require(Catalogue.modules.first { $0.name == "mod_offline" })
            let options = try #require(configuration.host("example.com")?.modules["mod_offline"])
            module.attach(
                ModuleContext(
                    host: host.host, options: options, access: configuration.access,
                    server: ServerFacts(
                        version: "test", startedAt: .now,
                        registrations: RegistrationThrottle(interval: 1), dataDirectory: "/tmp"),
                    configuration: { configuration }))
            let juliet = try await host.user("juliet")
            let first = try await host.user("romeo", "balcony", loop: 0)
            let second = try await host.user("romeo", "garden", loop: 1)
            for number in 1...Self.count {
                juliet.send(
                    """
                    <message type='chat' to='romeo@example.com'><body>\(number)</body></message>
                    """)
            }
            await juliet.sync()
            let kept = try await waiting(host)
            #expect(kept == Self.count)
            try await act(host, [first, second])
            module.detach(from: host.host)
        }
    }

    private func waiting(_ host: TestHost) async throws -> Int {
        let romeo = try #require(BareJID("romeo@example.com"))
        return try await host.stores.offlineMessages.count(for: romeo)
    }

    private func messages(_ user: TestUser) -> Int {
        user.takeAll().filter { $0.contains("<body>") }.count
    }

    @Test("Of two sessions that arrive together only one gets them")
    func together() async throws {
        try await play { host, sessions in
            for session in sessions { session.send("<presence/>") }
            await host.settle()
            #expect(sessions.map(messages).reduce(0, +) == Self.count)
            let left = try await waiting(host)
            #expect(left == 0)
        }
    }

    @Test("What a session took that has ended waits for the next one")
    func ended() async throws {
        try await play { host, sessions in
            let resource = try #require(sessions[0].bound)
            await sessions[0].loseConnection()
            for hook in host.host.hooks.becameAvailable.handlers { await hook(resource) }
            let left = try await waiting(host)
            #expect(left == Self.count)
            sessions[1].send("<presence/>")
            await host.settle()
            #expect(messages(sessions[1]) == Self.count)
        }
    }

    @Test("One that is stored when somebody has just come does not wait for the next session")
    func late() async throws {
        try await play { host, sessions in
            sessions[0].send("<presence/>")
            await host.settle()
            #expect(messages(sessions[0]) == Self.count)
            let romeo = try #require(BareJID("romeo@example.com"))
            let message = Stanza(
                .message, type: .chat, from: JID("juliet@example.com"), to: JID(romeo),
                elements: [Element("body", .client, text: "late")])
            for hook in host.host.hooks.undelivered.handlers {
                guard case .kept = await hook(message, romeo) else { continue }
                while try await waiting(host) > 0 { await Task.yield() }
                await host.settle()
                #expect(messages(sessions[0]) == 1)
            }
        }
    }
}
