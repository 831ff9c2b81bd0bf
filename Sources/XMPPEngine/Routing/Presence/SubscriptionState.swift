import XMPPStorage

/// The state of the subscriptions between an account and a contact (RFC 6121 appendix A.1).
///
/// Each direction is in one of three stages, which makes the nine states of the tables.
package struct SubscriptionState: Hashable, Sendable {
    package enum Stage: Hashable, Sendable, CaseIterable {
        case none, pending, subscribed
    }

    /// The account's subscription to the contact: `Pending Out` while it waits, then `To`.
    package var toContact: Stage
    /// The contact's subscription to the account: `Pending In` while it waits, then `From`.
    package var fromContact: Stage

    package init(to toContact: Stage, from fromContact: Stage) {
        self.toContact = toContact
        self.fromContact = fromContact
    }

    package static let none = SubscriptionState(to: .none, from: .none)
    package static let nonePendingOut = SubscriptionState(to: .pending, from: .none)
    package static let nonePendingIn = SubscriptionState(to: .none, from: .pending)
    package static let nonePendingOutIn = SubscriptionState(to: .pending, from: .pending)
    package static let to = SubscriptionState(to: .subscribed, from: .none)
    package static let toPendingIn = SubscriptionState(to: .subscribed, from: .pending)
    package static let from = SubscriptionState(to: .none, from: .subscribed)
    package static let fromPendingOut = SubscriptionState(to: .pending, from: .subscribed)
    package static let both = SubscriptionState(to: .subscribed, from: .subscribed)
}

extension SubscriptionState {
    /// Reads the state of a roster item; an unknown contact is in state `None`.
    package init(_ item: RosterItem?) {
        guard let item else {
            self = .none
            return
        }
        switch item.subscription {
        case .none, .from: toContact = item.isAsking ? .pending : .none
        case .to, .both: toContact = .subscribed
        }
        switch item.subscription {
        case .none, .to: fromContact = item.pendingRequest == nil ? .none : .pending
        case .from, .both: fromContact = .subscribed
        }
    }

    /// The `subscription` attribute of the state (RFC 6121 §2.1.2.5).
    package var attribute: RosterSubscription {
        switch (toContact == .subscribed, fromContact == .subscribed) {
        case (false, false): .none
        case (true, false): .to
        case (false, true): .from
        case (true, true): .both
        }
    }

    /// Writes the state into a roster item.
    ///
    /// - Parameters:
    ///   - item: The item to change.
    ///   - request: The request that waits, as stored; kept only while the state is pending in.
    package func write(to item: inout RosterItem, request: [UInt8]?) {
        item.subscription = attribute
        item.isAsking = toContact == .pending
        item.pendingRequest = fromContact == .pending ? request : nil
    }
}
