import Synchronization
import XMPPCore
import XMPPEngine

/// The administrators who are signed in.
///
/// Guarded by a `Mutex`. Ids are kept as digests only, and never taken from a browser: a new one
/// is made at each sign-in.
final class ConsoleSessions: Sendable {
    /// Time without a request after which a session ends.
    static let idleTime = Duration.seconds(1800)
    /// Time after which it ends in any case.
    static let longestTime = Duration.seconds(43_200)
    private static let sessionsMax = 1000
    private static let sessionsOfAccountMax = 20

    private struct State {
        var sessions: [[UInt8]: ConsoleSession] = [:]
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

    var count: Int { state.withLock { $0.sessions.count } }

    /// Signs an account in.
    ///
    /// - Returns: The id for the cookie.
    func begin(_ account: BareJID, credentials: String) -> String {
        let id = SecureRandom.urlToken()
        let now = now()
        let session = ConsoleSession(
            account: account, fingerprint: Self.digest(of: credentials),
            csrf: SecureRandom.urlToken(), begunAt: now, usedAt: now)
        state.withLock { state in
            state.sessions = state.sessions.filter { !$0.value.isOver(now) }
            Self.removeOldest(
                from: &state.sessions, downTo: Self.sessionsOfAccountMax - 1
            ) { $0.account == account }
            Self.removeOldest(from: &state.sessions, downTo: Self.sessionsMax - 1) { _ in true }
            state.sessions[Self.digest(of: id)] = session
        }
        return id
    }

    /// The session of a cookie.
    ///
    /// - Parameters:
    ///   - id: As the browser sent it.
    ///   - isUse: Whether it keeps the session from ending for want of use.
    /// - Returns: `nil` when there is none or its time is over.
    func session(_ id: String, isUse: Bool) -> ConsoleSession? {
        let key = Self.digest(of: id)
        let now = now()
        return state.withLock { state in
            guard var session = state.sessions[key] else { return nil }
            guard !session.isOver(now) else {
                state.sessions[key] = nil
                return nil
            }
            if isUse {
                session.usedAt = now
                state.sessions[key] = session
            }
            return session
        }
    }

    func end(_ id: String) {
        let key = Self.digest(of: id)
        state.withLock { $0.sessions[key] = nil }
    }

    /// Signs an account out everywhere.
    func endAll(of account: BareJID) {
        state.withLock { state in
            state.sessions = state.sessions.filter { $0.value.account != account }
        }
    }

    /// Leaves a message for the session's next page.
    func leave(_ notice: ConsoleNotice, for id: String) {
        let key = Self.digest(of: id)
        state.withLock { $0.sessions[key]?.notice = notice }
    }

    /// Takes the message that was left.
    func takeNotice(of id: String) -> ConsoleNotice? {
        let key = Self.digest(of: id)
        return state.withLock { state in
            defer { state.sessions[key]?.notice = nil }
            return state.sessions[key]?.notice
        }
    }

    /// What is kept of a secret.
    static func digest(of secret: String) -> [UInt8] {
        HashFunction.sha256.digest(of: Array(secret.utf8))
    }

    private static func removeOldest(
        from sessions: inout [[UInt8]: ConsoleSession], downTo most: Int,
        where belongs: (ConsoleSession) -> Bool
    ) {
        let found = sessions.filter { belongs($0.value) }
        guard found.count > most else { return }
        let oldest = found.sorted { $0.value.usedAt < $1.value.usedAt }.prefix(found.count - most)
        for entry in oldest { sessions[entry.key] = nil }
    }
}

/// An administrator's session.
struct ConsoleSession: Sendable {
    let account: BareJID
    /// Digest of the account's stored credentials: another password ends the session.
    let fingerprint: [UInt8]
    /// What every form of the session must send back.
    let csrf: String
    let begunAt: ContinuousClock.Instant
    fileprivate(set) var usedAt: ContinuousClock.Instant
    fileprivate var notice: ConsoleNotice?

    fileprivate init(
        account: BareJID, fingerprint: [UInt8], csrf: String, begunAt: ContinuousClock.Instant,
        usedAt: ContinuousClock.Instant
    ) {
        self.account = account
        self.fingerprint = fingerprint
        self.csrf = csrf
        self.begunAt = begunAt
        self.usedAt = usedAt
    }

    fileprivate func isOver(_ now: ContinuousClock.Instant) -> Bool {
        usedAt.duration(to: now) >= ConsoleSessions.idleTime
            || begunAt.duration(to: now) >= ConsoleSessions.longestTime
    }
}

/// A message shown once.
struct ConsoleNotice: Hashable, Sendable {
    let tone: ConsoleTone
    let text: String
}

extension SecureRandom {
    /// 192 random bits in letters that cookies and forms carry as they are.
    static func urlToken() -> String {
        String(
            Base64.encode(bytes(24)).map { character in
                character == "+" ? "-" : character == "/" ? "_" : character
            })
    }
}
