import Synchronization
import XMPPCore

/// The uploads that are on their way: each slot once, and not too many of one account or in all.
///
/// A `Mutex` guards the tables.
final class UploadClaims: Sendable {
    enum Outcome: Equatable {
        case claimed
        /// Another request brings the same file at this moment.
        case taken
        case tooMany
    }

    private enum Owner: Equatable {
        /// The slot is not read yet.
        case unknown
        case account(BareJID)
    }

    private struct State {
        var owners: [String: Owner] = [:]
        var counts: [BareJID: Int] = [:]
    }

    private let most: Int
    private let mostOfOwner: Int
    private let state = Mutex(State())

    init(most: Int, mostOfOwner: Int = 10) {
        self.most = most
        self.mostOfOwner = mostOfOwner
    }

    func claim(_ id: String) -> Outcome {
        state.withLock { state in
            if state.owners[id] != nil { return .taken }
            guard state.owners.count < most else { return .tooMany }
            state.owners[id] = .unknown
            return .claimed
        }
    }

    /// Counts a claim for the account whose slot it is; false when that has too many.
    func assign(_ id: String, to owner: BareJID) -> Bool {
        state.withLock { state in
            // The client may have left meanwhile.
            guard state.owners[id] == .unknown else { return true }
            guard state.counts[owner, default: 0] < mostOfOwner else { return false }
            state.counts[owner, default: 0] += 1
            state.owners[id] = .account(owner)
            return true
        }
    }

    func release(_ id: String) {
        state.withLock { state in
            guard case .account(let owner) = state.owners.removeValue(forKey: id) else { return }
            let count = state.counts[owner, default: 0]
            state.counts[owner] = count > 1 ? count - 1 : nil
        }
    }

    var count: Int { state.withLock { $0.owners.count } }
}
