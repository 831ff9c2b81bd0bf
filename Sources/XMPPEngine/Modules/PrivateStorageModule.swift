import XMPPConfig
import XMPPCore
import XMPPStorage

/// XEP-0049: Private XML Storage.
struct PrivateStorageModule: ServerModule {
    static let elementsMax = Option(
        "max_elements", default: 200, in: 1...100_000,
        "Elements that one account may keep.")

    static let manifest = Manifest<PrivateStorageModule>(
        name: "mod_private", "Keeps what clients want to remember.",
        implements: [.xep(49, version: "1.2", .complete)],
        features: [.privateStorage], accountFeatures: [.privateStorage],
        options: [elementsMax],
        hooks: [.iq(.privateStorage, to: [.account], later: answer)])

    private let store: any PrivateStorageStore
    private let elementsMax: Int

    init(_ context: ModuleContext) {
        store = context.host.stores.privateStorage
        elementsMax = context.options[Self.elementsMax]
    }

    private func answer(_ request: IQ) async throws(StanzaError) -> IQReply {
        guard request.isOwn else { throw .forbidden }
        let elements = request.request.elements
        guard request.request.name == "query", !elements.isEmpty else { throw .badRequest }
        guard elements.allSatisfy({ $0.namespace != .privateStorage && !$0.namespace.name.isEmpty })
        else { throw .notAcceptable }
        return request.isSet
            ? try await keep(elements, of: request.to.bare)
            : try await fetch(elements, of: request.to.bare)
    }

    private func keep(
        _ elements: [Element], of account: BareJID
    ) async throws(StanzaError) -> IQReply {
        let content = elements.map { element in
            PrivateElement(
                name: element.name, namespace: element.namespace.name,
                content: Payload([element]).bytes)
        }
        do {
            let isKept = try await store.store(content, of: account, elementsMax: elementsMax)
            guard isKept else { throw StanzaError(.resourceConstraint) }
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
        return .empty
    }

    private func fetch(
        _ elements: [Element], of account: BareJID
    ) async throws(StanzaError) -> IQReply {
        guard let wanted = elements.first, elements.count == 1 else { throw .badRequest }
        let stored: [UInt8]?
        do {
            stored = try await store.element(
                named: wanted.name, in: wanted.namespace.name, of: account)
        } catch {
            throw .internalServerError
        }
        let found = stored.flatMap { Payload(canonical: $0)?.elements.first }
        return .result([
            Element("query", .privateStorage, children: [found ?? wanted])
        ])
    }
}
