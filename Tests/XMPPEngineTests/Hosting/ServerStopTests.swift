import NIOPosix
import Stages
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("A stopping server tells its streams · RFC 6120 §4.9.3.20", .timeLimit(.minutes(1)))
struct ServerStopTests {
    @Test("Streams in negotiation and components that have not joined hear system-shutdown")
    func unfinished() async throws {
        let scene = try await ServerScene()
        var client = scene.sockets.client()
        var component = scene.sockets.client("component.sock")
        let features = client?.exchange(
            ServerScene.header(to: "example.com"), until: "</stream:features>")
        #expect(features?.contains("<mechanism>") == true)
        let opened = component?.exchange(
            """
            <stream:stream to='irc.example.com' xmlns='jabber:component:accept' \
            xmlns:stream='http://etherx.jabber.org/streams'>
            """, until: "<stream:stream")
        #expect(opened?.contains("<stream:stream") == true)

        let tree = await scene.root.snapshot()
        let counts = tree.children.filter { $0.streams != nil }.map { ($0.name, $0.streams) }
        #expect(counts.first { $0.0 == "ejabberd_receiver_sup" }?.1 == 2)
        #expect(counts.first { $0.0 == "ejabberd_c2s_sup" }?.1 == 0)
        #expect(counts.first { $0.0 == "ejabberd_service_sup" }?.1 == 0)

        async let stopped: Void = scene.root.stop()
        for peer in [client, component] {
            let last = peer?.exchange("", until: "</stream:stream>") ?? ""
            #expect(last.contains("<system-shutdown"), "\(last)")
            #expect(last.hasSuffix("</stream:stream>"))
        }
        client = nil
        component = nil
        await stopped
        await scene.stop()
    }

    @Test("What held sessions kept is put away before the database closes")
    func held() async throws {
        let scene = try await ServerScene(ServerScene.usual + "\nmodules: {mod_offline: {}}")
        let host = try #require(scene.server.hosts["example.com"])
        let account = try #require(BareJID("romeo@example.com"))
        _ = try await host.stores.accounts.create(account, credentials: "-")
        host.iqs.attach("test", TestUser.syncNamespace, to: .account, .now { _ in .empty })
        let environment = scene.server.environment
        let romeo = TestUser(
            account: account, resource: "balcony",
            loop: environment.streamLoops.loop(on: environment.eventLoops.next()),
            directory: scene.server.hosts)
        await romeo.logIn()
        await romeo.isKept(by: TestKeeper())
        await romeo.loseConnection()
        let resource = try #require(romeo.bound)
        for id in 1...50 {
            resource.deliver(
                Stanza(
                    .message, type: .chat, id: "\(id)", from: JID("juliet@example.com/x"),
                    to: JID(romeo.jid), elements: [Element("body", .client, text: "x")]))
        }
        await scene.stop()

        let database = SQLiteDatabase(
            SQLiteConfiguration(path: scene.sockets.folder + "/martlet.db", readers: 1))
        try await database.open()
        let waiting = try await Stores(database: database).offlineMessages.count(for: account)
        #expect(waiting == 50)
        await database.close()
    }
}
