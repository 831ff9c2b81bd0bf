/// What a peer may leave unread before its stream ends.
package final class OutputLimits: Sendable {
    /// Bytes that wait for one peer (8 MiB unless set).
    package let bytesMax: Int
    /// Stanzas that wait for one peer which does not keep up (`max_fsm_queue`).
    package let stanzasMax: Int
    /// Seconds in which a peer must take at least one byte (`send_timeout`); `nil` for ever.
    package let stallSeconds: Int?

    package init(bytesMax: Int = 8 << 20, stanzasMax: Int = 10_000, stallSeconds: Int? = 15) {
        self.bytesMax = bytesMax
        self.stanzasMax = stanzasMax
        self.stallSeconds = stallSeconds
    }
}

/// What has been written to a peer and not been taken by it, from the first byte that had to wait.
struct OutputBacklog {
    enum Verdict: Equatable {
        /// Nothing waits any more.
        case over
        case goesOn
        /// Nothing was taken since the last check.
        case stalled
        case tooMuch
    }

    private var handedBytes: Int
    private var takenAtCheck = 0
    private var stanzas = 0

    /// Begins with so many bytes that wait.
    init(waiting bytes: Int) { handedBytes = bytes }

    mutating func countStanza() { stanzas &+= 1 }

    /// More was written; `waiting` bytes of all now wait.
    mutating func wrote(_ bytes: Int, waiting: Int, limits: OutputLimits) -> Verdict {
        handedBytes &+= bytes
        if waiting == 0 { return .over }
        return waiting > limits.bytesMax || stanzas > limits.stanzasMax ? .tooMuch : .goesOn
    }

    /// Asked in intervals.
    mutating func check(waiting: Int) -> Verdict {
        if waiting == 0 { return .over }
        let taken = handedBytes &- waiting
        defer { takenAtCheck = taken }
        return taken > takenAtCheck ? .goesOn : .stalled
    }
}
