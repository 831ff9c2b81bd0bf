import Synchronization
import XMPPCore

/// The names that guests of one host have chosen, from their login until nothing is left of them.
///
/// A `Mutex` guards the table.
final class GuestNames: Sendable {
    private let names = Mutex<[BareJID: Bool]>([:])

    /// Takes a name; `false` when a guest has it.
    func take(_ name: BareJID) -> Bool {
        names.withLock { names in
            guard names[name] == nil else { return false }
            names[name] = true
            return true
        }
    }

    func giveBack(_ name: BareJID) {
        names.withLock { _ = $0.removeValue(forKey: name) }
    }

    func contains(_ name: BareJID) -> Bool { names.withLock { $0[name] != nil } }

    /// Takes a name away from its guest; `false` when there is none.
    func revoke(_ name: BareJID) -> Bool {
        names.withLock { names in
            guard names[name] != nil else { return false }
            names[name] = false
            return true
        }
    }

    func isRevoked(_ name: BareJID) -> Bool { names.withLock { $0[name] == false } }
}
