/// Limits how fast a peer may send: a bucket of bytes that fills at a steady rate.
package struct StreamShaper: Sendable {
    /// Bytes per second; `nil` lets everything pass.
    private let rate: Int?
    private let burst: Int
    private var level: Int
    private var last: Int

    /// - Parameters:
    ///   - rate: Bytes per second, at least 1.
    ///   - burst: Bytes that may come at once after a pause; the rate if `nil`.
    ///   - now: Monotonic milliseconds.
    package init(rate: Int?, burst: Int? = nil, now: Int) {
        self.rate = rate.map { max(1, $0) }
        self.burst = max(burst ?? rate ?? 0, 1)
        level = self.burst
        last = now
    }

    package static let none = StreamShaper(rate: nil, now: 0)

    package var isUnlimited: Bool { rate == nil }

    /// Takes what came in.
    ///
    /// - Returns: Milliseconds to wait before reading on; 0 for no wait.
    package mutating func pause(after bytes: Int, now: Int) -> Int {
        guard let rate else { return 0 }
        let elapsed = min(max(0, now &- last), 3_600_000)
        last = now
        level = min(burst, level &+ Int((Double(rate) * Double(elapsed) / 1000).rounded(.down)))
        level = max(level &- min(bytes, 1 << 40), -(1 << 50))
        guard level < 0 else { return 0 }
        let wait = Double(-level) * 1000 / Double(rate)
        return Int(min(wait.rounded(.up), 60_000))
    }
}
