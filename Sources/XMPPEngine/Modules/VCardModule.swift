import XMPPCore
import XMPPStorage

/// XEP-0054: vcard-temp.
struct VCardModule: ServerModule {
    static let manifest = Manifest<VCardModule>(
        name: "mod_vcard", "Keeps and shows vCards.",
        implements: [.xep(54, version: "1.2", .complete)],
        features: [.vcard], accountFeatures: [.vcard],
        hooks: [
            .iq(.vcard, to: [.account], later: answer),
            .iq(.vcard, to: [.host], run: answerForHost),
        ])

    private let store: any VCardStore
    private let accounts: any AccountStore

    init(_ context: ModuleContext) {
        store = context.host.stores.vCards
        accounts = context.host.stores.accounts
    }

    private func answerForHost(_ request: IQ) throws(StanzaError) -> IQReply {
        guard !request.isSet else { throw .forbidden }
        let card = Element(
            "vCard", .vcard,
            children: [
                Element("FN", .vcard, text: "Martlet"),
                Element("DESC", .vcard, text: "HTTP-first XMPP server"),
            ])
        return .result([card])
    }

    private func answer(_ request: IQ) async throws(StanzaError) -> IQReply {
        guard request.request.name == "vCard" else { throw .badRequest }
        if request.isSet {
            guard request.isOwn else { throw .forbidden }
            do {
                try await store.storeVCard(Payload([request.request]).bytes, of: request.to.bare)
            } catch {
                throw .internalServerError
            }
            return .empty
        }
        return try await fetch(of: request.to.bare, isOwn: request.isOwn)
    }

    /// None yet is an empty vCard to its owner; others must hear what they hear of an address
    /// without an account (XEP-0054 §3.3), lest they learn which accounts there are.
    private func fetch(
        of account: BareJID, isOwn: Bool
    ) async throws(StanzaError) -> IQReply {
        let stored: [UInt8]?
        do {
            stored = try await store.vCard(of: account)
        } catch {
            throw .internalServerError
        }
        if let card = stored.flatMap({ Payload(canonical: $0)?.elements.first }) {
            return .result([card])
        }
        guard isOwn else { throw .serviceUnavailable }
        return .result([Element("vCard", .vcard)])
    }
}
