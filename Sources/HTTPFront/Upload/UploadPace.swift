/// Whether the client of an upload keeps the pace (`min_transfer_rate`), over the last minute.
///
/// Over the whole of a large file, a client that sends next to nothing would be late only after
/// hours. A value without a clock.
struct UploadPace {
    /// How often it is asked; two of these are looked at together.
    static let interval = Duration.seconds(30)

    private struct Interval {
        var bytes = 0
        /// Whether the client had to wait for us.
        var wasHeldBack = false
    }

    private let bytesMin: Int
    private var former: Interval?
    private var present = Interval()

    init(bytesPerSecondMin: Int) {
        bytesMin = max(1, bytesPerSecondMin) * 2 * Int(Self.interval.components.seconds)
    }

    /// Bytes came.
    mutating func took(_ count: Int) { present.bytes += count }

    /// The disk does not keep up.
    mutating func heldBack() { present.wasHeldBack = true }

    /// Begins the next interval; false when too little came in the last two.
    mutating func isKept() -> Bool {
        defer {
            former = present
            present = Interval()
        }
        guard let former else { return true }
        return former.wasHeldBack || present.wasHeldBack
            || former.bytes + present.bytes >= bytesMin
    }
}
