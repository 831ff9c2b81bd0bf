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

/// The TLS context of one listener, made anew when the certificates have been read again.
///
/// A `Mutex` guards the context in use.
package final class ListenerTLS: Sendable {
    private struct State {
        var store: CertificateStore?
        var context: TLSContext?
    }

    private let keeper: CertificateKeeper
    private let profile: TLSProfile
    private let state = Mutex(State())

    init(keeper: CertificateKeeper, profile: TLSProfile) {
        self.keeper = keeper
        self.profile = profile
    }

    /// The context for the next connection; `nil` while there is no certificate.
    ///
    /// - Returns: `nil` also for a profile that OpenSSL refuses; that is logged.
    package var context: TLSContext? {
        guard let store = keeper.current, !store.certificates.isEmpty else { return nil }
        return state.withLock { state in
            if state.store === store { return state.context }
            state.store = store
            do throws(TLSError) {
                state.context = try TLSContext(.server(store), profile: profile)
            } catch {
                CertificateKeeper.log.error("TLS cannot be set up", metadata: ["error": "\(error)"])
                state.context = nil
            }
            return state.context
        }
    }
}
