import XMPPCore
import XMPPStorage

/// XEP-0012: Last Activity.
///
/// The host tells its uptime; an account, how long it has been away, to those who may see its
/// presence.
struct LastActivityModule: ServerModule {
    static let manifest = Manifest<LastActivityModule>(
        name: "mod_last", "Tells since when an account is away.",
        implements: [.xep(12, version: "2.0", .complete)],
        features: [.lastActivity], accountFeatures: [.lastActivity],
        hooks: [
            .iq(.lastActivity, to: [.host], run: uptime),
            .iq(.lastActivity, to: [.account], later: absence),
            .sessionEnded(run: note),
        ])

    private let host: VirtualHost
    private let startedAt: ContinuousClock.Instant

    init(_ context: ModuleContext) {
        host = context.host
        startedAt = context.server.startedAt
    }

    private func uptime(_ request: IQ) throws(StanzaError) -> IQReply {
        guard !request.isSet else { throw .notAllowed }
        let seconds = startedAt.duration(to: .now).components.seconds
        return .result([Self.query(seconds: Int(seconds), status: nil)])
    }

    private func absence(_ request: IQ) async throws(StanzaError) -> IQReply {
        guard !request.isSet else { throw .notAllowed }
        let account = request.to.bare
        guard await maySee(account, request.from.bare) else { throw .forbidden }
        if !host.sessions.available(account).isEmpty {
            return .result([Self.query(seconds: 0, status: nil)])
        }
        let stored = try? await host.stores.lastActivity.lastActivity(of: account)
        guard let last = stored else { throw .itemNotFound }
        let seconds = (Timestamp.now().milliseconds - last.leftAt.milliseconds) / 1000
        return .result([Self.query(seconds: max(0, Int(seconds)), status: last.status)])
    }

    /// Only who is subscribed to the account's presence may know (XEP-0012 §5).
    private func maySee(_ account: BareJID, _ other: BareJID) async -> Bool {
        if other == account { return true }
        let found = try? await host.stores.rosters.item(other, of: account)
        guard let item = found else { return false }
        return item.subscription == .from || item.subscription == .both
    }

    private static func query(seconds: Int, status: String?) -> Element {
        Element(
            "query", .lastActivity, attributes: [("seconds", String(seconds))], text: status)
    }

    private func note(_ resource: ClientResource) {
        let account = resource.jid.bare
        guard !resource.isAnonymous, host.sessions.sessions(of: account).isEmpty else {
            return
        }
        let status = resource.presence.lastStatus
        let stores = host.stores
        Task {
            try? await stores.lastActivity.storeLastActivity(
                LastActivity(leftAt: .now(), status: status), of: account)
        }
    }
}
