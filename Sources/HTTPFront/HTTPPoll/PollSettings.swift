/// What `mod_http_poll` lets clients have.
struct PollSettings: Sendable, Equatable {
    /// Seconds without a request after which a session ends (XEP-0025 §3.2).
    var timeout = 300
}

/// The polling sessions, and what new ones get.
typealias PollService = SessionService<PollSession, PollSettings>
