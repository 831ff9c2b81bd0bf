import Logging
import Synchronization
import XMPPConfig

/// The TLS context of one listener, made anew when certificates or options have been read again.
///
/// A `Mutex` guards the context in use.
package final class ListenerTLS: Sendable {
    private struct State {
        var store: CertificateStore?
        var profile: TLSProfile?
        var context: TLSContext?
    }

    private let keeper: CertificateKeeper
    private let profile: @Sendable () -> TLSProfile
    private let state = Mutex(State())

    private init(keeper: CertificateKeeper, profile: @escaping @Sendable () -> TLSProfile) {
        self.keeper = keeper
        self.profile = profile
    }

    /// What gives a listener its contexts; `nil` when it wants no TLS.
    ///
    /// `direct` is how a listener speaks TLS that begins with it; the options change it.
    package static func make(
        for listener: ListenerConfiguration, on server: Server, direct: TLSProfile
    ) -> ListenerTLS? {
        guard listener.wantsTLS else { return nil }
        return ListenerTLS(keeper: server.certificates) { [weak server] in
            TLSProfile(
                of: listener, in: server?.configuration.options ?? OptionValues(), direct: direct)
        }
    }

    /// The context for the next connection; `nil` while there is no certificate.
    ///
    /// - Returns: `nil` also for a profile that OpenSSL refuses; that is logged.
    package var context: TLSContext? {
        guard let store = keeper.current, !store.certificates.isEmpty else { return nil }
        let profile = profile()
        return state.withLock { state in
            if state.store === store, state.profile == profile { return state.context }
            state.store = store
            state.profile = profile
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

extension ListenerConfiguration {
    /// Whether TLS begins its connections or is offered on them.
    fileprivate var wantsTLS: Bool {
        options[ListenerOption.tls] || options[ListenerOption.startTLS]
            || options[ListenerOption.startTLSRequired]
    }
}

extension TLSProfile {
    /// How a listener speaks TLS.
    ///
    /// - Parameters:
    ///   - listener: Its own options count first.
    ///   - server: The options of the whole server: `c2s_…` for clients, `ca_file` for all.
    ///   - direct: How it speaks TLS that begins with the first byte.
    fileprivate init(
        of listener: ListenerConfiguration, in server: OptionValues, direct: TLSProfile
    ) {
        let options = listener.options
        self = options[ListenerOption.tls] ? direct : .startTLS
        var ciphers = options[ListenerOption.ciphers]
        protocolOptions = options[ListenerOption.protocolOptions]
        authoritiesFile = options[ListenerOption.caFile]
        requestsPeerCertificate = options[ListenerOption.tlsVerify]
        if listener.module == ListenerModule.c2s.name {
            if ciphers.isEmpty { ciphers = server[ServerOption.c2sCiphers] }
            if !options.isWritten(ListenerOption.protocolOptions) {
                protocolOptions = server[ServerOption.c2sProtocolOptions]
            }
            authoritiesFile = authoritiesFile ?? server[ServerOption.c2sCAFile]
        }
        authoritiesFile = authoritiesFile ?? server[ServerOption.caFile]
        if !ciphers.isEmpty { self.ciphers = ciphers.joined(separator: ":") }
    }
}
