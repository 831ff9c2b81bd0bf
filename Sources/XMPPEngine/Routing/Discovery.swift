import Synchronization
import XMPPCore

/// What a host says of itself and its accounts in service discovery (XEP-0030).
///
/// A `Mutex` guards the lists.
package final class Discovery: Sendable {
    package struct Identity: Hashable, Sendable {
        package let category: String
        package let type: String
        package let name: String?

        package init(category: String, type: String, name: String? = nil) {
            self.category = category
            self.type = type
            self.name = name
        }
    }

    private struct Entry: Sendable {
        let owner: String
        let target: IQTarget
        let features: [Namespace]
        let identities: [Identity]
    }

    private let entries = Mutex<[Entry]>([])

    package init() {}

    package func attach(
        _ owner: String, to target: IQTarget, features: [Namespace], identities: [Identity] = []
    ) {
        let entry = Entry(
            owner: owner, target: target, features: features, identities: identities)
        entries.withLock { $0.append(entry) }
    }

    package func detach(_ owner: String) {
        entries.withLock { $0.removeAll { $0.owner == owner } }
    }

    /// Without doubles, in a stable order.
    package func features(of target: IQTarget) -> [Namespace] {
        let all = entries.withLock { entries in
            entries.filter { $0.target == target }.flatMap(\.features)
        }
        return Set(all).sorted { $0.name < $1.name }
    }

    package func identities(of target: IQTarget) -> [Identity] {
        entries.withLock { entries in
            entries.filter { $0.target == target }.flatMap(\.identities)
        }
    }
}
