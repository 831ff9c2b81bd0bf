import Stages
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("The parts of the tree do what they are for", .timeLimit(.minutes(1)))
struct ServerTreeTests {
    private func part(_ name: String, of scene: ServerScene) async -> SupervisionSnapshot? {
        await scene.root.snapshot().children.first { $0.name == name }
    }

    @Test("ejabberd_local has the routes of the hosts, and takes them along when it stops")
    func local() async throws {
        let scene = try await ServerScene()
        let server = scene.server
        #expect(server.router.domains == ["example.com"])
        server.localRoutes.withdraw()
        #expect(server.router.domains.isEmpty)
        let component = TestComponent("example.com", server.router)
        server.localRoutes.restore()
        #expect(server.router.route(to: "example.com") === component)
        server.router.remove(component, for: "example.com")
        server.localRoutes.restore()
        #expect(server.router.route(to: "example.com") === server.hosts["example.com"])
        await scene.stop()
        #expect(server.router.domains.isEmpty)
    }

    @Test("A host that a reload removes does not come back with its routes")
    func removed() async throws {
        let both = ServerScene.usual.replacing("[example.com]", with: "[example.com, b.example]")
        try await ServerScene.play(both) { scene in
            #expect(scene.server.router.domains == ["b.example", "example.com"])
            _ = try await scene.server.apply(try ServerScene.configuration(ServerScene.usual))
            scene.server.localRoutes.restore()
            #expect(scene.server.router.domains == ["example.com"])
        }
    }

    @Test("ejabberd_iq_sup counts the requests that are being worked off the loops")
    func requests() async throws {
        try await ServerScene.play { scene in
            let host = try #require(scene.server.hosts["example.com"])
            let (gate, begun) = (Gate(), Gate())
            host.iqs.attach(
                "test", TestUser.syncNamespace, to: .host,
                .later { _ in
                    begun.open()
                    await gate.pass()
                    return .empty
                })
            #expect(await part("ejabberd_iq_sup", of: scene)?.streams == 0)
            let client = TestComponent("irc.example.com", scene.server.router)
            scene.server.router.route(
                Stanza(
                    .iq, type: .get, id: "a", from: JID("irc.example.com"), to: JID("example.com"),
                    elements: [Element("sync", TestUser.syncNamespace)]))
            await begun.pass()
            #expect(await part("ejabberd_iq_sup", of: scene)?.streams == 1)
            gate.open()
            #expect(await client.next()?.type == .result)
            // The request is counted until its answer is on its way.
            while await part("ejabberd_iq_sup", of: scene)?.streams != 0 { await Task.yield() }
        }
    }

    @Test(
        "Parts that have nothing to do yet say so",
        arguments: [
            "ejabberd_node_groups", "ejabberd_s2s", "ejabberd_s2s_in_sup", "ejabberd_s2s_out_sup",
        ])
    func idle(name: String) async throws {
        try await ServerScene.play { scene in
            let snapshot = try #require(await part(name, of: scene))
            #expect(snapshot.note?.hasPrefix("nothing before ") == true)
            #expect(snapshot.state == .running)
            #expect(await scene.root.snapshot().text.contains("nothing before federation"))
        }
    }
}
