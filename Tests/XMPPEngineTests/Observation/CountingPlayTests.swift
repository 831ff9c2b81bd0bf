import ControlProtocol
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("What is counted of a play", .timeLimit(.minutes(1)))
struct CountingPlayTests {
    @Test("A message counts once in and once out; sessions come and go")
    func message() async throws {
        let stage = try await TestHost()
        let statistics = Statistics()
        for loop in stage.loops { statistics.adopt(loop.counters) }
        let romeo = try await stage.user("romeo")
        let juliet = try await stage.user("juliet")
        #expect(stage.host.sessionCounts.map(\.count).filter { $0 > 0 } == [2])
        await stage.settle()
        let before = statistics.totals()
        romeo.send(
            "<message to='juliet@example.com/home' type='chat'><body>a</body></message>")
        await stage.settle()
        let after = statistics.totals()
        func moved(_ counter: Counter) -> Int { after[counter] - before[counter] }
        #expect(moved(.stanzasIn(.message, .tcp)) == 1)
        #expect(moved(.stanzasOut(.message, .tcp)) == 1)
        #expect(moved(.stanzaErrors(.message)) == 0)
        romeo.send("<message to='nobody@example.com/x' type='chat'><body>a</body></message>")
        await stage.settle()
        #expect(statistics.totals()[.stanzaErrors(.message)] == after[.stanzaErrors(.message)] + 1)
        await juliet.end()
        #expect(stage.host.sessionCounts.map(\.count).filter { $0 > 0 } == [1])
        #expect(stage.host.sessions.count == 1)
        try await stage.shutDown()
    }

    @Test("Watchers hear of sessions always, of presence when they ask for it")
    func events() async throws {
        let stage = try await TestHost()
        let events = stage.host.observatory.events
        let seen = Observed<[String]>([])
        let watch = events.subscribe(
            to: [.session, .presence], execute: { $0() },
            notify: { notice in
                guard case .events(let events) = notice else { return }
                seen.update { seen in
                    seen += events.map { "\($0.name) \($0.fields[0].value.string ?? "")" }
                }
            })
        let romeo = try await stage.user("romeo")
        romeo.send("<presence><show>away</show><priority>5</priority></presence>")
        romeo.send("<presence to='juliet@example.com'/>")
        await stage.settle()
        await romeo.end()
        #expect(watch != nil)
        #expect(
            seen.value == [
                "opened romeo@example.com/home", "available romeo@example.com/home",
                "closed romeo@example.com/home", "unavailable romeo@example.com/home",
            ])
        let fields = events.recent([.presence]).first?.fields ?? []
        #expect(fields.map(\.value) == ["romeo@example.com/home", "away", 5])
        try await stage.shutDown()
    }
}
