import XMPPConfig
import XMPPCore
import XMPPStorage

/// XEP-0160: messages for accounts without a session wait for the next one.
struct OfflineMessages: ServerModule {
    static let messagesMax = Option<ShaperReference>(
        "access_max_user_messages", default: "max_user_offline_messages",
        as: OptionType(
            name: "the name of a shaper rule, `all`, or a number", text: \.configurationText,
            read: { node, reader in
                node.text == "all" ? .named("all") : ShaperReference.read(node, with: reader)
            }),
        "The shaper rule that says how many messages may wait for an account; `all` for no limit.")
    static let storesEmptyBody = Option<Bool>(
        "store_empty_body", default: false, "Whether messages without a body wait too.")

    static let manifest = Manifest<OfflineMessages>(
        name: "mod_offline", "Keeps messages for accounts that are away.",
        implements: [.xep(160, version: "1.0.1", .complete), .xep(203, version: "2.0", .complete)],
        features: [.offlineMessages],
        options: [messagesMax, storesEmptyBody],
        hooks: [.messageUndelivered(run: keep), .becameAvailable(run: deliver)])

    private static let usualMessagesMax = 5000
    private static let pageSize = 100
    /// After about so many bytes the client must have taken them before it gets more.
    private static let partBytes = 512 << 10

    private let host: VirtualHost
    private let access: AccessControl
    private let limitRule: ShaperReference
    private let storesEmptyBody: Bool
    /// Sessions of one account that arrive together do not get the same messages.
    private let turns = Turns<BareJID>()

    init(_ context: ModuleContext) {
        host = context.host
        access = context.access
        limitRule = context.options[Self.messagesMax]
        storesEmptyBody = context.options[Self.storesEmptyBody]
    }

    private func keep(_ message: Stanza, _ account: BareJID) async -> OfflineOutcome {
        guard message.type == .normal || message.type == .chat else { return .unhandled }
        if message.payload.contains("no-store", .hints) { return .ignored }
        let hasBody = message.payload.contains("body", .client)
        guard hasBody || storesEmptyBody || message.payload.contains("store", .hints) else {
            // Chat states and receipts lose their sense (XEP-0160 §3).
            return .ignored
        }
        do {
            let kept = try await host.stores.offlineMessages.append(
                message.storedBytes, for: account, storedAt: .now(), expiresAt: nil,
                messagesMax: limit(for: account))
            guard kept != .full else { return .refused(.serviceUnavailable) }
        } catch {
            return .refused(StanzaError(.resourceConstraint))
        }
        // Somebody may have come meanwhile, and have looked before this message was there. The
        // sender does not wait for them, however slowly they read.
        if let taker = host.takers(of: message, account).first {
            Task { await deliver(taker) }
        }
        return .kept
    }

    private func limit(for account: BareJID) -> Int {
        guard case .named(let rule) = limitRule else {
            if case .rate(let number) = limitRule { return number }
            return Self.usualMessagesMax
        }
        guard rule != "all" else { return .max }
        let subject = AccessSubject(account)
        switch access.number(shaperRule: rule, for: subject, host: host.domain) {
        case .at(let number): return number
        case .infinity: return .max
        case nil: return Self.usualMessagesMax
        }
    }

    private func deliver(_ resource: ClientResource) async {
        let account = resource.jid.bare
        guard await turns.take(account) else { return }
        defer { turns.give(account) }
        var bytes = 0
        while let page = try? await store.messages(for: account, after: nil, limit: Self.pageSize),
            !page.isEmpty
        {
            var part: [OfflineMessage] = []
            for message in page {
                part.append(message)
                bytes += message.stanza.count
                guard bytes > Self.partBytes else { continue }
                guard await hand(part, to: resource) else { return }
                part = []
                bytes = 0
                await resource.caughtUp()
            }
            guard await hand(part, to: resource) else { return }
        }
    }

    private var store: any OfflineMessageStore { host.stores.offlineMessages }

    /// Gives messages to a session; where it has ended meanwhile they wait for the next one.
    private func hand(_ messages: [OfflineMessage], to resource: ClientResource) async -> Bool {
        guard let last = messages.last else { return true }
        guard await resource.deliverAll(messages.compactMap(stamped)) else { return false }
        return (try? await store.remove(upTo: last.id, for: resource.jid.bare)) != nil
    }

    private func stamped(_ message: OfflineMessage) -> Stanza? {
        let delay = Element(
            "delay", .delay,
            attributes: [("from", host.domain), ("stamp", DateTime.text(message.storedAt))],
            text: "Offline Storage")
        return Stanza(stored: message.stanza)?.appending(delay)
    }
}
