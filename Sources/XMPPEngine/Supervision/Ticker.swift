/// A clock without its type: time since the ticker was made, and a way to wait.
struct Ticker: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let origin = clock.now
        elapsed = { origin.duration(to: clock.now) }
        wait = { try await clock.sleep(for: $0) }
    }

    var now: Duration { elapsed() }

    /// Waits; throws only when the task was cancelled.
    func sleep(_ duration: Duration) async throws { try await wait(duration) }
}
