import Logging
import Synchronization
import XMPPConfig

/// The server's certificates and the TLS contexts made of them.
///
/// A `Mutex` guards the store; contexts are made for each listener when it starts.
package final class CertificateKeeper: Sendable {
    private struct State {
        var store: CertificateStore?
        var files: [String] = []
    }

    private let environment: ServerEnvironment
    private let state = Mutex(State())
    static let log = Logger(label: "martlet.tls")

    init(environment: ServerEnvironment) { self.environment = environment }

    /// Reads the configured files; blocks.
    ///
    /// - Throws: `CertificateError` for the first file that is broken; what was in use stays.
    func load(_ configuration: Configuration) throws(CertificateError) {
        try use(Self.files(of: configuration), of: configuration)
    }

    /// Reads those configured files that are there; blocks.
    ///
    /// A file that is missing takes nothing from hosts whose certificates are there.
    ///
    /// - Returns: Why the first of the others cannot be read; `nil` when there are no others.
    /// - Throws: `CertificateError` for the first file that is broken; what was in use stays.
    func loadReadable(
        _ configuration: Configuration
    ) throws(CertificateError) -> CertificateError? {
        var missing: CertificateError?
        var readable: [String] = []
        for file in Self.files(of: configuration) {
            let problem = Self.unreadable(file)
            if problem == nil { readable.append(file) }
            missing = missing ?? problem
        }
        // Asked again and again while one is missing: the contexts of listeners need not change.
        let isNew = state.withLock { $0.store == nil || $0.files != readable }
        if isNew || missing == nil { try use(readable, of: configuration) }
        return missing
    }

    private static func files(of configuration: Configuration) -> [String] {
        configuration.options[ServerOption.certificateFiles]
            + configuration.listeners.compactMap { $0.options[ListenerOption.certificateFile] }
    }

    private static func unreadable(_ file: String) -> CertificateError? {
        do throws(CertificateError) {
            for path in try CertificatePaths.expand([file]) { _ = try PEMFile(path: path) }
            return nil
        } catch {
            guard case .unreadable = error else { return nil }
            return error
        }
    }

    private func use(
        _ files: [String], of configuration: Configuration
    ) throws(CertificateError) {
        guard !files.isEmpty else { return }
        let fresh = try CertificateStore(files: files, fallbackHost: configuration.hosts.first)
        for warning in fresh.warnings {
            Self.log.warning("\(warning)")
        }
        state.withLock { $0 = State(store: fresh, files: files) }
    }

    package var current: CertificateStore? { state.withLock { $0.store } }
}
