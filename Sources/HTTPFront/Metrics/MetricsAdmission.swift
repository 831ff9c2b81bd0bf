import XMPPConfig
import XMPPEngine

/// Who may read the metrics: some addresses, and whoever has the token.
struct MetricsAdmission: Sendable {
    enum Answer: Equatable {
        case admit
        /// A token would help (RFC 6750 §3).
        case demandToken
        case forbid
    }

    private let networks: [IPNetwork]
    private let token: [UInt8]?

    init(networks: [IPNetwork], token: String?) {
        self.networks = networks
        self.token = token.map { Array($0.utf8) }
    }

    /// Decides on a request.
    ///
    /// - Parameters:
    ///   - address: The client's; a local socket counts as this machine.
    ///   - isHidden: Whether a proxy that is not trusted stands before the client.
    ///   - authorization: The header field.
    /// - Returns: Whether it is let in.
    func decide(_ address: IPAddress?, isHidden: Bool, authorization: String?) -> Answer {
        if !isHidden, let address, networks.contains(where: { $0.contains(address) }) {
            return .admit
        }
        guard let token else { return .forbid }
        let parts = (authorization ?? "").split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            ConstantTime.areEqual(Array(parts[1].utf8), token)
        else { return .demandToken }
        return .admit
    }
}
