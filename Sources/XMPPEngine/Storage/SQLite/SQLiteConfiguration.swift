/// Where an embedded database is and how it works.
package struct SQLiteConfiguration: Sendable {
    /// What a write survives once it is acknowledged.
    package enum Durability: Sendable {
        /// The end of the process, by `kill -9` too.
        ///
        /// A power cut may undo the last writes but leaves the database whole.
        case processCrash
        /// A power cut too: every group of writes waits for the disk.
        case powerLoss
    }

    /// The file, in a directory that exists.
    ///
    /// Two more files beside it have the same name with a suffix.
    package var path: String
    /// What an acknowledged write survives.
    package var durability: Durability
    /// How long to wait for another process that locks the file.
    package var busyTimeout: Duration
    /// Threads that read at the same time; at least 1.
    package var readers: Int
    /// Most calls that wait for the writer, and as many for the readers.
    package var waitingMax: Int
    /// Most writes in one transaction.
    package var groupMax: Int

    /// Makes a configuration; numbers below 1 are taken as 1.
    package init(
        path: String, durability: Durability = .processCrash,
        busyTimeout: Duration = .seconds(5), readers: Int = 2, waitingMax: Int = 10_000,
        groupMax: Int = 256
    ) {
        self.path = path
        self.durability = durability
        self.busyTimeout = busyTimeout
        self.readers = max(readers, 1)
        self.waitingMax = max(waitingMax, 1)
        self.groupMax = max(groupMax, 1)
    }

    var busyMilliseconds: Int32 {
        let (seconds, attoseconds) = busyTimeout.components
        return Int32(clamping: min(seconds, 3600) * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
