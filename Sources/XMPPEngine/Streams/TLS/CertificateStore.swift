import Glibc
import Synchronization

/// The server's certificates, by host, replaced as a whole while sessions go on.
///
/// A `Mutex` guards the current set, held for a look-up; files are read outside it. Reading
/// files blocks: make and reload a store away from event loops.
package final class CertificateStore: Sendable {
    private let patterns: [String]
    private let fallbackHost: String?
    private let current: Mutex<CertificateSet>

    /// Loads certificates, chains and keys, in any order and split over files as one likes.
    ///
    /// - Parameters:
    ///   - files: PEM files, directories and globs; none makes a store that can answer nobody.
    ///   - fallbackHost: Whose certificate is shown for an unknown or unnamed host; `nil`: the
    ///     first that was loaded.
    /// - Throws: The first file that is broken, or that has a key with no certificate.
    package init(files: [String], fallbackHost: String? = nil) throws(CertificateError) {
        patterns = files
        self.fallbackHost = fallbackHost?.lowercased()
        current = Mutex(try CertificateSet(patterns: files, now: Int64(time(nil))))
    }

    /// Reads all files again and replaces the set at once.
    ///
    /// - Throws: What is broken; the old set stays in use.
    package func reload() throws(CertificateError) {
        let fresh = try CertificateSet(patterns: patterns, now: Int64(time(nil)))
        current.withLock { $0 = fresh }
    }

    /// Every certificate that has a key, in the order of the files.
    package var certificates: [CertificateFacts] {
        current.withLock { $0.identities }.map(\.facts)
    }

    /// Expired and not yet valid certificates, as found by the last successful load.
    package var warnings: [CertificateError] { current.withLock { $0.warnings } }

    /// The certificate that a host shows, without the fallback.
    ///
    /// - Parameter host: Any case, in ASCII form.
    /// - Returns: `nil` when none covers it.
    package func certificate(for host: String) -> CertificateFacts? {
        current.withLock { $0.identity(for: host.lowercased()) }?.facts
    }

    /// What a session shows: for the first of these hosts that is covered, else the fallback.
    func identity(for hosts: [String]) -> TLSIdentity? {
        current.withLock { set in
            for host in hosts + (fallbackHost.map { [$0] } ?? []) {
                if let identity = set.identity(for: host) { return identity }
            }
            return set.identities.first
        }
    }
}
