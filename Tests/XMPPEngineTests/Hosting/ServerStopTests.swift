import Stages
import Testing

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
}
