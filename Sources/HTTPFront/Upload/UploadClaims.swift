import Synchronization

/// The uploads that are on their way: each slot once, and not too many.
///
/// A `Mutex` guards the set.
final class UploadClaims: Sendable {
    enum Outcome: Equatable {
        case claimed
        /// Another request brings the same file at this moment.
        case taken
        case tooMany
    }

    private let most: Int
    private let ids = Mutex<Set<String>>([])

    init(most: Int) { self.most = most }

    func claim(_ id: String) -> Outcome {
        ids.withLock { ids in
            if ids.contains(id) { return .taken }
            guard ids.count < most else { return .tooMany }
            ids.insert(id)
            return .claimed
        }
    }

    func release(_ id: String) {
        ids.withLock { _ = $0.remove(id) }
    }

    var count: Int { ids.withLock { $0.count } }
}
