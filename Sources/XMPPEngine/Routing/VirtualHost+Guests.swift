import Logging
import XMPPCore
import XMPPStorage

/// Sessions without an account (XEP-0175, `anonymous_protocol`).
extension VirtualHost {
    /// Takes the name before it looks for an account, as `AccountService` makes the account before
    /// it looks for a guest: one of the two sees the other.
    package func reserve(_ name: BareJID) async throws -> Bool {
        guard guests.take(name) else { return false }
        do {
            // What a process that did not end well left of a former guest goes, too.
            guard try await stores.accountRemoval.removeLeftovers(of: name) else {
                guests.giveBack(name)
                return false
            }
            return true
        } catch {
            guests.giveBack(name)
            throw error
        }
    }

    package func release(_ name: BareJID) { guests.giveBack(name) }

    /// An account has got the name: whoever was a guest under it is none any more.
    func revokeGuest(_ name: BareJID) {
        guard guests.revoke(name) else { return }
        for resource in sessions.sessions(of: name) where resource.isAnonymous {
            close(resource, StreamError(.conflict, "an account has got this name"))
        }
    }

    /// Removes what a login without an account leaves behind (XEP-0175 §3); its name can be had
    /// again then.
    func forget(_ guest: BareJID) {
        Task {
            do {
                if try await !stores.accounts.exists(guest) {
                    try await presence.endAllSubscriptions(of: guest)
                    _ = try await stores.accountRemoval.removeLeftovers(of: guest)
                }
            } catch {
                Self.log.error(
                    "an anonymous account is not removed",
                    metadata: ["account": "\(guest)", "error": "\(error)"])
            }
            guests.giveBack(guest)
        }
    }
}
