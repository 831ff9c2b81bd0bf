import XMPPStorage

/// Counts what the database does, and raises an alarm when it fails.
package struct StorageCounters: StorageObserver {
    /// The alarm while the database does not work.
    package static let alarm = "database"

    private let counters: CounterSheet
    private let alarms: Alarms

    /// Counts in the statistics of an observatory.
    package init(_ observatory: Observatory) {
        counters = observatory.statistics.elsewhere
        alarms = observatory.alarms
    }

    package func committed(writes: Int, nanoseconds: Int) {
        alarms.clear(Self.alarm)
        counters.addFromAnyThread(.storageCommits)
        counters.addFromAnyThread(.storageWrites, writes)
        counters.observeFromAnyThread(.storageTransaction, nanoseconds: nanoseconds)
    }

    package func wasRead(nanoseconds: Int) {
        counters.addFromAnyThread(.storageReads)
        counters.observeFromAnyThread(.storageTransaction, nanoseconds: nanoseconds)
    }

    package func failed(_ error: StorageError) {
        counters.addFromAnyThread(.storageFailures)
        if error.isFatal || error == .diskFull {
            alarms.raise(Self.alarm, "\(error)", .critical)
        }
    }
}
