import Testing

@testable import XMPPEngine

@Suite("What ends a server", .timeLimit(.minutes(1)))
struct ServerEndTests {
    private struct Broken: Error {}

    @Test("A root supervisor that gives up ends the server, which is not a success")
    func gaveUp() async {
        let root = Supervisor(
            "root", intensity: RestartIntensity(restarts: 0, period: .seconds(1)),
            children: [.task("child") { throw Broken() }])
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self)
        await root.start()
        let end = await root.untilEnded(orWanted: wishes)
        #expect(end == .failed("too many restarts: child: Broken()"))
        wish.finish()
    }

    @Test("A wish ends a server that is well")
    func wanted() async {
        let root = Supervisor("root", children: [ChildSpec("child") { RunningChild() }])
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self)
        await root.start()
        wish.yield()
        #expect(await root.untilEnded(orWanted: wishes) == .wanted)
        await root.stop()
    }
}
