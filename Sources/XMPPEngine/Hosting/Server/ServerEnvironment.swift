import Logging
import NIOCore
import NIOPosix
import Synchronization
import XMPPConfig

/// What the whole server shares from start to end.
package final class ServerEnvironment: Sendable {
    package let dataDirectory: String
    package let version: String
    package let startedAt = ContinuousClock.now
    package let eventLoops: MultiThreadedEventLoopGroup
    package let streamLoops: StreamLoops
    /// Blocking work: key derivation, file reads.
    package let workers: NIOThreadPool
    package let passwords = VerifiedPasswordCache(entriesMax: 10_000, lifetime: .seconds(600))
    package let secret: ServerSecret
    package let decoys: DecoyCredentials
    package let registrations = RegistrationThrottle(interval: 600)
    /// Who is kept out after failed logins.
    package let bans = AddressBans()
    /// What is known of the running server: counters, history, alarms, events, log.
    package let observatory: Observatory

    /// - Parameters:
    ///   - dataDirectory: Where the database and the sockets are.
    ///   - version: For people to read.
    ///   - loops: Threads for streams; one for each processor when 0.
    ///   - observatory: Has the log already.
    package init(
        dataDirectory: String, version: String, loops: Int = 0,
        observatory: Observatory = Observatory()
    ) {
        self.dataDirectory = dataDirectory
        self.version = version
        secret = ServerSecret(in: dataDirectory)
        decoys = DecoyCredentials(secret: secret.key(for: "credentials of no account"))
        self.observatory = observatory
        let count = loops > 0 ? loops : System.coreCount
        eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: count)
        streamLoops = StreamLoops(eventLoops, observatory)
        workers = NIOThreadPool(numberOfThreads: max(2, System.coreCount))
    }

    package var facts: ServerFacts {
        ServerFacts(
            version: version, startedAt: startedAt, registrations: registrations,
            bans: bans, dataDirectory: dataDirectory)
    }

    /// A path below the data directory, unless it is absolute.
    package func path(_ name: String) -> String {
        name.hasPrefix("/") ? name : dataDirectory + "/" + name
    }
}
