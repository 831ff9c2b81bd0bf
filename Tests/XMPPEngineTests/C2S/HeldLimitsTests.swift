import Testing
import XMPPStorage

@testable import XMPPCore
@testable import XMPPEngine

@Suite("What held sessions may take · XEP-0198 §5", .timeLimit(.minutes(2)))
struct HeldLimitsTests {
    private static let message = Stanza(
        .message, type: .chat, id: "1", elements: [Element("body", .client, text: "x")])

    private static func limits(_ change: (inout HeldLimits) -> Void) -> HeldLimits {
        var limits = HeldLimits()
        change(&limits)
        return limits
    }

    /// Sends messages one after the other, and waits until they are where they go.
    private static func send(
        _ ids: ClosedRange<Int>, to user: TestUser, by sender: TestUser
    ) async {
        for id in ids {
            sender.send(
                "<message type='chat' id='\(id)' to='\(user.jid)'><body>x</body></message>")
        }
        await sender.sync()
        let session = user.session
        await session.onLoop {}
    }

    private static func ids(_ range: ClosedRange<Int>) -> [String] { range.map { "\($0)" } }

    // MARK: the account of it

    @Test("Sessions and bytes are taken up to their limits, and given back")
    func shares() {
        let held = HeldSessions(
            Self.limits {
                $0.sessionsMax = 2
                $0.sessionBytesMax = 100
                $0.bytesMax = 150
            })
        var first = held.share(of: 0)
        var second = held.share(of: 100)
        #expect(first != nil && second != nil)
        #expect(held.share(of: 0) == nil, "no session more")
        #expect(first?.follow(51) == false, "too much in all")
        #expect(held.byteCount == 100)
        #expect(first?.follow(50) == true)
        #expect(second?.follow(101) == false, "too much for one")
        #expect(second?.follow(40) == true)
        #expect(held.byteCount == 90)
        second = nil
        #expect(held.byteCount == 50)
        #expect(held.share(of: 101) == nil)
        #expect(held.share(of: 100) != nil, "a refusal takes nothing")
        first = nil
        #expect(held.byteCount == 0)
    }

    // MARK: sessions

    @Test("With as many sessions held as may be, the next ends and leaves what it has")
    func server() async throws {
        try await withHost(held: Self.limits { $0.sessionsMax = 1 }) { host in
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo")
            let nurse = try await host.user("nurse")
            let juliet = try await host.user("juliet")
            for user in [romeo, nurse] { await user.isKept(by: TestKeeper()) }
            let resource = try #require(romeo.bound)
            await romeo.loseConnection()
            await Self.send(1...2, to: nurse, by: juliet)
            await nurse.loseConnection()
            await offline.wait(for: 2)
            #expect(offline.all == Self.ids(1...2))
            #expect(await nurse.isOver())
            #expect(await romeo.isHeld())
            #expect(host.host.sessions.heldCount == 1)

            let next = try await host.stream("romeo")
            #expect(await next.resumes(resource, on: host.host) == nil)
            #expect(await romeo.isOver())
            await juliet.isKept(by: TestKeeper())
            await juliet.loseConnection()
            #expect(await juliet.isHeld(), "there is room again")
        }
    }

    @Test("Hosts share one limit")
    func twoHosts() async throws {
        try await withHost(held: Self.limits { $0.sessionsMax = 1 }) { host in
            let other = try host.addHost("other.example")
            let romeo = try await host.user("romeo")
            let nurse = try await host.user("nurse@other.example")
            for user in [romeo, nurse] {
                await user.isKept(by: TestKeeper())
                await user.loseConnection()
            }
            #expect(await romeo.isHeld())
            #expect(await nurse.isOver())
            #expect(other.sessions.count == 0)
        }
    }

    @Test("Of an account's sessions the one that was held longest gives way")
    func account() async throws {
        try await withHost(loops: 2, held: Self.limits { $0.accountSessionsMax = 2 }) { host in
            let offline = OfflineRecord(of: host.host)
            let juliet = try await host.user("juliet")
            var sessions: [TestUser] = []
            for (loop, name) in ["phone", "desk", "tablet", "watch"].enumerated() {
                let user = try await host.user("romeo", name, loop: loop)
                await user.isKept(by: TestKeeper())
                sessions.append(user)
            }
            let stranger = try await host.user("nurse")
            await stranger.isKept(by: TestKeeper())
            await stranger.loseConnection()
            await Self.send(1...2, to: sessions[0], by: juliet)
            for user in sessions[..<3] { await user.loseConnection() }
            await offline.wait(for: 2)
            #expect(offline.all == Self.ids(1...2))
            #expect(await sessions[0].isOver())
            for user in [sessions[1], sessions[2], stranger] { #expect(await user.isHeld()) }
            #expect(await sessions[3].isOver() == false, "it has its connection")
            #expect(host.host.sessions.heldCount == 3)
        }
    }

    @Test("One whose client has come back does not give way")
    func cameBack() async throws {
        try await withHost(held: Self.limits { $0.accountSessionsMax = 1 }) { host in
            let phone = try await host.user("romeo", "phone")
            let desk = try await host.user("romeo", "desk")
            for user in [phone, desk] { await user.isKept(by: TestKeeper()) }
            let resource = try #require(phone.bound)
            await phone.loseConnection()
            let next = try await host.stream("romeo")
            #expect(await next.resumes(resource, on: host.host) == nil)
            await desk.loseConnection()
            #expect(await next.isOver() == false)
            #expect(await desk.isHeld())
        }
    }

    // MARK: bytes

    @Test("More than may wait for one session ends it, and nothing of it is lost")
    func session() async throws {
        let limits = Self.limits { $0.sessionBytesMax = Self.message.footprint * 3 }
        try await withHost(held: limits) { host in
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo")
            let juliet = try await host.user("juliet")
            await romeo.isKept(by: TestKeeper())
            await Self.send(1...1, to: romeo, by: juliet)
            await romeo.loseConnection()
            await Self.send(2...3, to: romeo, by: juliet)
            #expect(await romeo.isHeld())
            #expect(host.heldSessions.byteCount == Self.message.footprint * 3)
            await Self.send(4...4, to: romeo, by: juliet)
            await offline.wait(for: 4)
            #expect(offline.all == Self.ids(1...4))
            #expect(await romeo.isOver())
            #expect(host.heldSessions.byteCount == 0)
            #expect(host.host.sessions.heldCount == 0)
        }
    }

    @Test("A session whose client has too much to acknowledge is not held at all")
    func tooMuchAtLoss() async throws {
        let limits = Self.limits { $0.sessionBytesMax = Self.message.footprint * 3 }
        try await withHost(held: limits) { host in
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo")
            let juliet = try await host.user("juliet")
            await romeo.isKept(by: TestKeeper())
            await Self.send(1...4, to: romeo, by: juliet)
            #expect(await romeo.isOver() == false, "a connection is there")
            await romeo.loseConnection()
            await offline.wait(for: 4)
            #expect(offline.all == Self.ids(1...4))
            #expect(host.heldSessions.byteCount == 0)
        }
    }

    @Test("Where all have too much, the one that needs more ends, and the others stay")
    func allSessions() async throws {
        let limits = Self.limits { $0.bytesMax = Self.message.footprint * 4 }
        try await withHost(held: limits) { host in
            let offline = OfflineRecord(of: host.host)
            let romeo = try await host.user("romeo")
            let nurse = try await host.user("nurse")
            let juliet = try await host.user("juliet")
            for user in [romeo, nurse] {
                await user.isKept(by: TestKeeper())
                await user.loseConnection()
            }
            await Self.send(1...3, to: romeo, by: juliet)
            await Self.send(4...5, to: nurse, by: juliet)
            await offline.wait(for: 2)
            #expect(offline.all == Self.ids(4...5))
            #expect(await nurse.isOver())
            #expect(await romeo.isHeld())
            #expect(host.heldSessions.byteCount == Self.message.footprint * 3)
        }
    }

    @Test("What waited counts no more once another stream has the session")
    func resumed() async throws {
        try await withHost(loops: 2) { host in
            let romeo = try await host.user("romeo")
            let juliet = try await host.user("juliet")
            await romeo.isKept(by: TestKeeper())
            let resource = try #require(romeo.bound)
            await romeo.loseConnection()
            await Self.send(1...3, to: romeo, by: juliet)
            #expect(host.heldSessions.byteCount == Self.message.footprint * 3)
            let next = try await host.stream("romeo", loop: 1)
            #expect(await next.resumes(resource, on: host.host) == nil)
            #expect(await romeo.isOver())
            #expect(host.heldSessions.byteCount == 0)
            await next.loseConnection()
            #expect(host.heldSessions.byteCount == Self.message.footprint * 3, "held again")
            host.host.close(resource, StreamError(.policyViolation))
            #expect(await next.isOver())
            #expect(host.heldSessions.byteCount == 0)
        }
    }
}
