import Testing
import XMPPStorage

@testable import XMPPCore
@testable import XMPPEngine

@Suite("Sessions that outlive their connection · XEP-0198 §5", .timeLimit(.minutes(2)))
struct HeldSessionTests {
    /// Romeo and Juliet see each other; what is not delivered is recorded.
    struct Scene {
        let host: TestHost
        let romeo: TestUser
        let juliet: TestUser
        let resource: ClientResource
        let offline: OfflineRecord

        /// Messages for the session, and waits until they are there.
        func send(_ ids: ClosedRange<Int>) async {
            for id in ids {
                juliet.send(
                    "<message type='chat' id='\(id)' to='\(romeo.jid)'><body>x</body></message>")
            }
            await juliet.sync()
            await resource.onLoop {}
        }
    }

    private func play(_ act: @Sendable (Scene) async throws -> Void) async throws {
        try await withHost(loops: 2) { host in
            try await host.befriend("romeo", "juliet", .both)
            try await host.befriend("juliet", "romeo", .both)
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo", "balcony", loop: 0)
            let juliet = try await host.user("juliet", "chamber", loop: 1)
            await romeo.becomesAvailable()
            await juliet.becomesAvailable()
            await romeo.ignoresWhatCame()
            let resource = try #require(romeo.bound)
            try await act(
                Scene(
                    host: host, romeo: romeo, juliet: juliet, resource: resource, offline: offline))
        }
    }

    private func farewell(_ scene: Scene) -> String {
        "<presence type='unavailable' to='juliet@example.com' from='\(scene.romeo.jid)'/>"
    }

    /// As a transport finds it in its output.
    private static func unsent(_ id: String) -> ParsedStanza {
        ParsedStanza(
            kind: .message, type: .chat, id: id, from: "juliet@example.com/chamber", to: .none,
            language: nil, payload: Payload([]))
    }

    private static func ids(_ range: ClosedRange<Int>) -> [String] { range.map { "\($0)" } }

    // MARK: the keeper decides

    @Test("Without a keeper a lost connection ends the session at once")
    func withoutKeeper() async throws {
        try await play { scene in
            await scene.romeo.loseConnection()
            await scene.juliet.receives(farewell(scene))
            #expect(scene.host.host.sessions.count == 1)
        }
    }

    @Test("A keeper that says so lets it end, and what it has goes back in order")
    func keeperEnds() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper(.end))
            await scene.send(1...5)
            await scene.romeo.loseConnection()
            await scene.juliet.receives(farewell(scene))
            await scene.offline.wait(for: 5)
            #expect(scene.offline.all == Self.ids(1...5))
        }
    }

    @Test("A held session stays bound and available, and ends when its time is over")
    func timeOut() async throws {
        try await play { scene in
            let keeper = TestKeeper(.hold(seconds: 1))
            await scene.romeo.isKept(by: keeper)
            await scene.romeo.loseConnection()
            await scene.send(1...3)
            await scene.juliet.receivesNothing()
            #expect(keeper.kept == Self.ids(1...3))
            #expect(scene.resource.isAvailable)
            #expect(scene.resource.heldSince != nil)
            #expect(scene.host.host.sessions.heldCount == 1)
            #expect(scene.host.host.sessions.count == 2)
            await scene.juliet.receives(farewell(scene))
            await scene.offline.wait(for: 3)
            #expect(scene.offline.all == Self.ids(1...3))
            #expect(scene.host.host.sessions.heldCount == 0)
            #expect(await scene.romeo.isOver())
        }
    }

    @Test("What the client has acknowledged does not go back, and nothing does twice")
    func onlyOnce() async throws {
        try await play { scene in
            let keeper = TestKeeper()
            await scene.romeo.isKept(by: keeper)
            await scene.send(1...4)
            keeper.acknowledge(2)
            await scene.romeo.loseConnection()
            await scene.send(5...6)
            let session = scene.romeo.session
            await session.onLoop { session.giveBack([Self.unsent("4")]) }
            await scene.romeo.end()
            await session.onLoop { session.giveBack([Self.unsent("4")]) }
            await scene.send(7...7)
            await scene.offline.wait(for: 5)
            #expect(scene.offline.all.filter { $0 != "7" } == Self.ids(3...6))
        }
    }

    @Test("A connection that times out is lost, and the client is told")
    func connectionTimeout() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            let session = scene.romeo.session
            await session.onLoop { session.fail(StreamError(.connectionTimeout)) }
            await scene.romeo.receives("closed: connection-timeout")
            #expect(await scene.romeo.isHeld())
        }
    }

    @Test("A client that closes its stream ends its session")
    func closes() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            await scene.send(1...1)
            scene.romeo.send("</stream:stream>")
            await scene.romeo.loseConnection()
            await scene.juliet.receives(farewell(scene))
            await scene.offline.wait(for: 1)
        }
    }

    @Test("Stanzas from the client are counted, those before the keeper are not")
    func received() async throws {
        try await play { scene in
            let keeper = TestKeeper()
            await scene.romeo.isKept(by: keeper)
            scene.romeo.send("<message to='nobody@example.com'/><presence/>")
            await scene.romeo.sync()
            #expect(keeper.receivedCount == 3)
        }
    }

    @Test("There is one keeper, and only for a bound session")
    func oneKeeper() async throws {
        try await play { scene in
            let stream = try await scene.host.stream("romeo")
            for session in [scene.romeo.session, stream.session] {
                let answers = await session.onLoop {
                    [session.keep(with: TestKeeper()), session.keep(with: TestKeeper())]
                }
                #expect(answers == [session === scene.romeo.session, false])
            }
        }
    }

    // MARK: limits

    @Test("More than it may keep ends the session, held or not", arguments: [true, false])
    func bound(isHeld: Bool) async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper(countMax: 3))
            if isHeld { await scene.romeo.loseConnection() }
            await scene.send(1...5)
            await scene.juliet.receives(farewell(scene))
            await scene.offline.wait(for: 5)
            // What came when the session was gone already has a way of its own.
            #expect(scene.offline.all.filter { $0 != "5" } == Self.ids(1...4))
            #expect(await scene.romeo.isOver())
            guard !isHeld else { return }
            #expect(scene.romeo.takeAll().last == "closed: resource-constraint")
        }
    }

    @Test("Of too many sessions the oldest gives way, held or not")
    func sessionsMax() async throws {
        try await play { scene in
            var settings = scene.host.host.currentSettings
            settings.sessionsMax = { _ in 1 }
            scene.host.host.update(settings)
            await scene.romeo.isKept(by: TestKeeper())
            await scene.romeo.loseConnection()
            await scene.send(1...2)
            let second = try await scene.host.user("romeo", "garden", loop: 1)
            await scene.offline.wait(for: 2)
            #expect(await scene.romeo.isOver())
            #expect(scene.host.host.sessions.sessions(of: second.account).count == 1)
            #expect(scene.host.host.sessions.heldCount == 0)
        }
    }

    @Test("A new session with its resource takes its place")
    func resourceConflict() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            await scene.romeo.loseConnection()
            await scene.send(1...2)
            let second = try await scene.host.user("romeo", "balcony", loop: 1)
            await scene.offline.wait(for: 2)
            #expect(scene.offline.all == Self.ids(1...2))
            #expect(scene.host.host.sessions.session(second.account, "balcony") === second.bound)
            #expect(scene.host.host.sessions.heldCount == 0)
        }
    }

    // MARK: ends from above

    @Test("The removal of the account ends it, and senders hear of what it kept")
    func accountRemoved() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            await scene.romeo.loseConnection()
            await scene.send(1...1)
            _ = try await AccountService(scene.host.host).remove(scene.romeo.account)
            var told: [String] = []
            while told.last?.contains("service-unavailable") != true {
                guard let stanza = await scene.juliet.next() else { break }
                told.append(stanza.written)
            }
            #expect(told.last?.contains("id='1'") == true, "\(told)")
            #expect(told.contains { $0.contains("type='unavailable'") })
            #expect(scene.offline.all.isEmpty)
            #expect(scene.host.host.sessions.count == 1)
        }
    }

    @Test("A server that stops ends it and holds no other")
    func drain() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            await scene.juliet.isKept(by: TestKeeper())
            await scene.romeo.loseConnection()
            await scene.send(1...3)
            scene.host.host.endHeldSessions(StreamError(.systemShutdown))
            await scene.offline.wait(for: 3)
            #expect(await scene.romeo.isOver())
            await scene.juliet.loseConnection()
            #expect(await scene.juliet.isOver())
            #expect(scene.host.host.sessions.count == 0)
        }
    }

    @Test("A host that goes ends it")
    func hostGone() async throws {
        try await play { scene in
            await scene.romeo.isKept(by: TestKeeper())
            await scene.romeo.loseConnection()
            scene.host.host.stop(StreamError(.hostGone))
            #expect(await scene.romeo.isOver())
            #expect(await scene.juliet.isOver())
            #expect(scene.juliet.takeAll().contains("closed: host-gone"))
        }
    }

    // MARK: nonzas

    @Test("Elements that are no stanzas go to whoever attached to them, after the login only")
    func nonzas() async throws {
        try await play { scene in
            let seen = Inbox()
            scene.host.host.hooks.nonza.attach("test", .deliver) { element, session in
                guard element.namespace == TestUser.syncNamespace else { return false }
                seen.put(.nonza(element))
                session.send(Element("known", TestUser.syncNamespace))
                return true
            }
            let stream = try await scene.host.stream("romeo")
            for user in [scene.romeo, stream] {
                user.send("<mark xmlns='\(TestUser.syncNamespace)'/>")
                await user.receives("<known/>")
            }
            await seen.gives(["<mark/>", "<mark/>"], #_sourceLocation)
            scene.romeo.send("<mark xmlns='urn:example:other'/>")
            await scene.romeo.receives("closed: unsupported-stanza-type")
        }
    }
}
