import Synchronization
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

/// Keeps messages until they are acknowledged, and holds the session for a while; a `Mutex` guards
/// it.
final class TestKeeper: SessionKeeper {
    private struct State {
        var kept: [Stanza] = []
        var history: [String] = []
        var received = 0
    }

    private let state = Mutex(State())
    private let decision: OnConnectionLost
    private let countMax: Int

    init(_ decision: OnConnectionLost = .hold(seconds: 600), countMax: Int = 100_000) {
        self.decision = decision
        self.countMax = countMax
    }

    /// Identifiers of the messages the client has not acknowledged.
    var kept: [String] { state.withLock { $0.kept.map { $0.id ?? "-" } } }

    /// Identifiers of all messages so far.
    var history: [String] { state.withLock { $0.history } }

    /// How many stanzas came from the client.
    var receivedCount: Int { state.withLock { $0.received } }

    func acknowledge(_ count: Int) { state.withLock { $0.kept.removeFirst(count) } }

    var keptBytes: Int { state.withLock { $0.kept.reduce(0) { $0 + $1.footprint } } }

    var unacknowledged: [Stanza] { state.withLock { $0.kept } }

    // MARK: SessionKeeper

    func sent(_ stanza: Stanza) -> Bool {
        guard stanza.kind == .message else { return true }
        return state.withLock { state in
            guard state.kept.count < countMax else { return false }
            state.kept.append(stanza)
            state.history.append(stanza.id ?? "-")
            return true
        }
    }

    func received() { state.withLock { $0.received += 1 } }

    func lost() -> OnConnectionLost { decision }

    func takeAll() -> [Stanza] {
        state.withLock { state in
            defer { state.kept = [] }
            return state.kept
        }
    }
}

extension TestUser {
    /// Lets a keeper watch the session from now on.
    func isKept(by keeper: TestKeeper) async {
        let session = session
        let isKept = await session.onLoop { session.keep(with: keeper) }
        #expect(isKept)
    }

    /// Whether the session is without a connection.
    func isHeld() async -> Bool {
        let session = session
        return await session.onLoop { session.isHeld }
    }

    func isOver() async -> Bool {
        let session = session
        return await session.onLoop { session.isOver }
    }

    /// Waits until the stream waits for a session.
    func waits() async {
        let session = session
        while await session.onLoop({ session.awaited == nil }) { await Task.yield() }
    }

    /// Wants to go on with a session, and sends again what its client has not acknowledged.
    func resumes(_ resource: ClientResource, on host: VirtualHost) async -> ResumptionFailure? {
        let session = session
        return await withCheckedContinuation { continuation in
            session.loop.execute {
                host.resume(resource, on: session) { answer in
                    switch answer {
                    case .success(let keeper):
                        for stanza in (keeper as? TestKeeper)?.unacknowledged ?? [] {
                            session.sendAgain(stanza)
                        }
                        continuation.resume(returning: nil)
                    case .failure(let failure):
                        continuation.resume(returning: failure)
                    }
                }
            }
        }
    }
}

/// What went to accounts without a session, in order; a `Mutex` guards it.
final class OfflineRecord: Sendable {
    private let ids = Mutex<[String]>([])
    private let changes = Inbox()

    /// Keeps what `host` does not deliver.
    init(of host: VirtualHost) {
        host.hooks.undelivered.attach("record", .archive) { [self] stanza, _ in
            await Task.yield()
            ids.withLock { $0.append(stanza.id ?? "-") }
            changes.put(.stanza(stanza))
            return .kept
        }
    }

    var all: [String] { ids.withLock { $0 } }

    /// Waits until so many have come.
    func wait(for count: Int) async {
        for _ in 0..<count { _ = await changes.next() }
    }
}
