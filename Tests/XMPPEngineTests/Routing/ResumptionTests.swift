import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("A stream goes on with another's session · XEP-0198 §5", .timeLimit(.minutes(2)))
struct ResumptionTests {
    /// Romeo's session is kept; Juliet sees him and is seen.
    private func play(
        loops: Int = 3,
        _ act: @Sendable (TestHost, _ romeo: TestUser, _ juliet: TestUser) async throws -> Void
    ) async throws {
        try await withHost(loops: loops) { host in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("juliet", "romeo", .both)
            let romeo = try await host.user("romeo", "balcony", loop: 0)
            let juliet = try await host.user("juliet", "chamber", loop: 1)
            await romeo.becomesInterested()
            await romeo.becomesAvailable("<presence><priority>5</priority></presence>")
            await juliet.becomesAvailable()
            await romeo.ignoresWhatCame()
            try await act(host, romeo, juliet)
        }
    }

    private func message(_ id: Int, to jid: String) -> String {
        "<message type='chat' id='\(id)' to='\(jid)'><body>x</body></message>"
    }

    private func got(_ id: Int) -> String {
        """
        <message type='chat' id='\(id)' to='romeo@example.com/balcony' \
        from='juliet@example.com/chamber'><body>x</body></message>
        """
    }

    // MARK: from one stream to the next

    @Test("A held session goes on, on the same loop or another", arguments: [0, 2])
    func held(loop: Int) async throws {
        try await play { host, romeo, juliet in
            let (keeper, resource) = (TestKeeper(), try #require(romeo.bound))
            await romeo.isKept(by: keeper)
            juliet.send(message(1, to: romeo.jid))
            await juliet.sync()
            await romeo.loseConnection()
            juliet.send(message(2, to: romeo.jid))
            await juliet.sync()
            await resource.onLoop {}

            let next = try await host.stream("romeo", loop: loop)
            #expect(await next.resumes(resource, on: host.host) == nil)
            await next.receives(got(1), got(2))
            keeper.acknowledge(2)
            #expect(next.bound === resource)
            #expect(await romeo.isOver())
            #expect(romeo.bound == nil)
            #expect(resource.session === next.session)
            #expect(next.session.jid?.description == romeo.jid)
            #expect(resource.presence.priority == 5)
            #expect(resource.presence.isInterested)
            #expect(resource.heldSince == nil)

            juliet.send(message(3, to: romeo.jid) + message(4, to: "romeo@example.com"))
            await next.receives(
                got(3), got(4).replacing("/balcony'", with: "'"))
            next.send("<message type='chat' id='back' to='\(juliet.jid)'/>")
            await juliet.receives(
                "<message type='chat' id='back' to='\(juliet.jid)' from='\(romeo.jid)'/>")
            await juliet.receivesNothing()
            #expect(keeper.history == ["1", "2", "3", "4"])
            #expect(romeo.takeAll() == [got(1)])
        }
    }

    @Test("Roster pushes and presence come to the new stream")
    func interest() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            await romeo.loseConnection()
            let next = try await host.stream("romeo", loop: 2)
            #expect(await next.resumes(resource, on: host.host) == nil)
            juliet.send("<presence><show>away</show></presence>")
            await next.receives(
                """
                <presence to='romeo@example.com' from='\(juliet.jid)'><show>away</show></presence>
                """)
            next.send(
                """
                <iq type='set' id='set'><query xmlns='jabber:iq:roster'>\
                <item jid='nurse@example.com'/></query></iq>
                """)
            let push = await next.next()
            #expect(push?.type == .set)
            #expect(push?.to?.description == romeo.jid)
        }
    }

    @Test("A connection that is still there ends with conflict, and nobody sees the session leave")
    func connected() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let next = try await host.stream("romeo", loop: 2)
            #expect(await next.resumes(resource, on: host.host) == nil)
            await romeo.receives("closed: conflict")
            #expect(await romeo.isOver())
            juliet.send(message(1, to: romeo.jid))
            await next.receives(got(1))
            await juliet.receivesNothing()
            #expect(host.host.sessions.count == 2)
        }
    }

    @Test("Sessions are counted by the transport they have now")
    func counts() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let next = try await host.stream("romeo", loop: 2, kind: .webSocket)
            #expect(await next.resumes(resource, on: host.host) == nil)
            let counts = Dictionary(
                uniqueKeysWithValues: host.host.sessionCounts.map { ($0.transport, $0.count) })
            #expect(counts.filter { $0.value > 0 } == [.tcp: 1, .webSocket: 1])
            #expect(resource.transport == .webSocket)
            await next.end()
            #expect(host.host.sessionCounts.map(\.count).filter { $0 > 0 } == [1])
            #expect(host.host.sessions.heldCount == 0)
        }
    }

    @Test("Whoever ends the session ends it where it is by then")
    func kicked() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let next = try await host.stream("romeo", loop: 2)
            #expect(await next.resumes(resource, on: host.host) == nil)
            host.host.close(resource, StreamError(.policyViolation))
            await next.receives("closed: policy-violation")
            #expect(await next.isOver())
            #expect(host.host.sessions.count == 1)
        }
    }

    // MARK: races

    @Test("Nothing is lost, doubled or reordered while it goes from stream to stream")
    func racing() async throws {
        try await play(loops: 4) { host, romeo, juliet in
            let (keeper, count) = (TestKeeper(), 3000)
            await romeo.isKept(by: keeper)
            let resource = try #require(romeo.bound)
            let nurse = try await host.user("nurse", loop: 3)
            async let sent: Void = {
                for id in 1...count {
                    juliet.send(message(id, to: romeo.jid))
                    nurse.send(message(-id, to: romeo.jid))
                    if id % 100 == 0 { await juliet.sync() }
                }
                await juliet.sync()
                await nurse.sync()
            }()
            var last = romeo
            for turn in 1...40 {
                if turn % 3 == 0 { await last.loseConnection() }
                last = try await host.stream("romeo", loop: turn)
                #expect(await last.resumes(resource, on: host.host) == nil)
            }
            await sent
            await resource.onLoop {}
            let ids = keeper.history.compactMap { Int($0) }
            #expect(ids.filter { $0 > 0 } == Array(1...count))
            #expect(ids.filter { $0 < 0 } == (1...count).map { -$0 })
        }
    }

    @Test("Of two streams that want it at once one gets it, and the other is told")
    func twoAtOnce() async throws {
        try await play(loops: 4) { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            await romeo.loseConnection()
            let first = try await host.stream("romeo", loop: 2)
            let second = try await host.stream("romeo", loop: 3)
            async let one = first.resumes(resource, on: host.host)
            async let other = second.resumes(resource, on: host.host)
            let failures = await [one, other]
            #expect(failures == [nil, nil])
            juliet.send(message(1, to: romeo.jid))
            await juliet.sync()
            await resource.onLoop {}
            var winners: [TestUser] = []
            for user in [first, second] {
                // On its loop: the former one lets go when the next has it already.
                if await user.session.onLoop({ user.bound === resource }) { winners.append(user) }
            }
            let winner = try #require(winners.first)
            #expect(winners.count == 1)
            await winner.receives(got(1))
            await (winner === first ? second : first).receives("closed: conflict")
            #expect(host.host.sessions.count == 2)
        }
    }

    @Test("It moves when what its client has sent is dealt with, and not before")
    func waitsForWork() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let gate = Gate()
            let session = romeo.session
            await session.onLoop { session.hold { await gate.pass() } }
            romeo.send("<message type='chat' id='early' to='\(juliet.jid)'/>")
            await romeo.loseConnection()
            let next = try await host.stream("romeo", loop: 2)
            async let failure = next.resumes(resource, on: host.host)
            gate.open()
            #expect(await failure == nil)
            next.send("<message type='chat' id='late' to='\(juliet.jid)'/>")
            let ids = [await juliet.next()?.id, await juliet.next()?.id]
            #expect(ids == ["early", "late"])
        }
    }

    @Test("A stream that is lost while it waits leaves the session held, for another to take")
    func lostWhileWaiting() async throws {
        try await play { host, romeo, juliet in
            let keeper = TestKeeper()
            await romeo.isKept(by: keeper)
            let resource = try #require(romeo.bound)
            let gate = Gate()
            let session = romeo.session
            await session.onLoop { session.hold { await gate.pass() } }
            await romeo.loseConnection()
            let next = try await host.stream("romeo", loop: 2)
            let waiting = Task { await next.resumes(resource, on: host.host) }
            await next.waits()
            await next.loseConnection()
            gate.open()
            #expect(await waiting.value == nil)
            juliet.send(message(1, to: romeo.jid))
            await juliet.receivesNothing()
            await resource.onLoop {}
            #expect(resource.heldSince != nil)
            let third = try await host.stream("romeo", loop: 1)
            #expect(await third.resumes(resource, on: host.host) == nil)
            await third.receives(got(1))
        }
    }

    @Test("A session that ends meanwhile is gone, and the stream may bind another")
    func endsWhileWaited() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let gate = Gate()
            let session = romeo.session
            await session.onLoop { session.hold { await gate.pass() } }
            await romeo.loseConnection()
            let next = try await host.stream("romeo", loop: 2)
            let waiting = Task { await next.resumes(resource, on: host.host) }
            await next.waits()
            host.host.close(resource, StreamError(.policyViolation))
            #expect(await waiting.value == .gone)
            gate.open()
            await next.bind("attic")
            #expect(next.bound?.jid.resourcepart == "attic")
            #expect(host.host.sessions.count == 2)
        }
    }

    // MARK: refusals

    @Test("Only a stream of its account that is not bound may have it, once")
    func refused() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            let stranger = try await host.stream("nurse")
            #expect(await stranger.resumes(resource, on: host.host) == .refused)
            #expect(await juliet.resumes(resource, on: host.host) == .refused)
            let bound = try await host.user("romeo", "attic")
            #expect(await bound.resumes(resource, on: host.host) == .refused)
            let other = try host.addHost("example.org")
            let next = try await host.stream("romeo")
            #expect(await next.resumes(resource, on: other) == .refused)
            #expect(await romeo.isHeld() == false)
        }
    }

    @Test("A session that nothing keeps, or that has ended, cannot be had")
    func gone() async throws {
        try await play { host, romeo, juliet in
            let resource = try #require(romeo.bound)
            let next = try await host.stream("romeo")
            #expect(await next.resumes(resource, on: host.host) == .gone)
            await romeo.receivesNothing()
            await romeo.isKept(by: TestKeeper())
            await romeo.end()
            #expect(await next.resumes(resource, on: host.host) == .gone)
            await next.bind("balcony")
            #expect(next.bound?.jid.description == romeo.jid)
        }
    }

    @Test("Nobody comes back to a server that stops")
    func stopping() async throws {
        try await play { host, romeo, juliet in
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            host.host.endHeldSessions(StreamError(.systemShutdown))
            let next = try await host.stream("romeo", loop: 2)
            #expect(await next.resumes(resource, on: host.host) == .gone)
        }
    }
}

/// Lets work pass once it is open.
final class Gate: Sendable {
    private let opened = OneShot<Bool>()

    func open() { opened.fulfil(true) }

    func pass() async { _ = await opened.value() }
}
