import Logging
import Synchronization
import XMPPConfig

/// The server's certificates and the TLS contexts made of them.
///
/// A `Mutex` guards the store; contexts are made for each listener when it starts.
package final class CertificateKeeper: Sendable {
    private let environment: ServerEnvironment
    private let store = Mutex<CertificateStore?>(nil)
    static let log = Logger(label: "martlet.tls")

    init(environment: ServerEnvironment) { self.environment = environment }

    /// Reads the configured files; blocks.
    ///
    /// - Throws: `CertificateError` for the first file that is broken; what was in use stays.
    func load(_ configuration: Configuration) throws(CertificateError) {
        let listed = configuration.options[ServerOption.certificateFiles]
        let own = configuration.listeners.compactMap { $0.options[ListenerOption.certificateFile] }
        let files = (listed + own)
        guard !files.isEmpty else { return }
        let fresh = try CertificateStore(files: files, fallbackHost: configuration.hosts.first)
        for warning in fresh.warnings {
            Self.log.warning("\(warning)")
        }
        store.withLock { $0 = fresh }
    }

    package var current: CertificateStore? { store.withLock { $0 } }
}
