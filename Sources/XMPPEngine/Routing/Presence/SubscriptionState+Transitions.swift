import XMPPCore

/// The four kinds of presence that change a subscription (RFC 6121 §3).
package enum SubscriptionAct: Sendable, CaseIterable {
    case subscribe, subscribed, unsubscribe, unsubscribed

    /// `nil` for any other type of stanza.
    package init?(_ type: StanzaType) {
        switch type {
        case .subscribe: self = .subscribe
        case .subscribed: self = .subscribed
        case .unsubscribe: self = .unsubscribe
        case .unsubscribed: self = .unsubscribed
        case .normal, .chat, .groupchat, .headline, .available, .unavailable, .probe, .get, .set,
            .result, .error:
            return nil
        }
    }

    package var type: StanzaType {
        switch self {
        case .subscribe: .subscribe
        case .subscribed: .subscribed
        case .unsubscribe: .unsubscribe
        case .unsubscribed: .unsubscribed
        }
    }
}

/// What the account's own act does (RFC 6121 appendix A.2).
package struct OutboundSubscription: Equatable, Sendable {
    /// What becomes of the approval in advance (RFC 6121 §3.4).
    package enum Approval: Equatable, Sendable { case keep, grant, withdraw }

    package var state: SubscriptionState
    /// Whether the stanza goes to the contact.
    package var isRouted: Bool
    package var approval = Approval.keep
}

/// What a contact's act does (RFC 6121 appendix A.3).
package struct InboundSubscription: Equatable, Sendable {
    package var state: SubscriptionState
    /// Whether the stanza goes to the account's sessions.
    package var isDelivered: Bool
    /// What the server answers on the account's behalf.
    package var reply: SubscriptionAct?
}

extension SubscriptionState {
    /// The account acts on the contact (RFC 6121 appendix A.2.1–A.2.4).
    package func sending(_ act: SubscriptionAct) -> OutboundSubscription {
        var next = self
        switch act {
        case .subscribe:
            if toContact == .none { next.toContact = .pending }
            return OutboundSubscription(state: next, isRouted: true)
        case .unsubscribe:
            next.toContact = .none
            return OutboundSubscription(state: next, isRouted: true)
        case .subscribed:
            switch fromContact {
            case .none:
                return OutboundSubscription(state: self, isRouted: false, approval: .grant)
            case .pending:
                next.fromContact = .subscribed
                return OutboundSubscription(state: next, isRouted: true)
            case .subscribed:
                return OutboundSubscription(state: self, isRouted: false)
            }
        case .unsubscribed:
            next.fromContact = .none
            return OutboundSubscription(
                state: next, isRouted: fromContact != .none, approval: .withdraw)
        }
    }

    /// The contact acts on the account (RFC 6121 appendix A.3.1–A.3.4).
    ///
    /// - Parameters:
    ///   - act: What the contact sent.
    ///   - isApproved: Whether the account approved a request in advance (§3.4.2).
    /// - Returns: What becomes of the stanza and the state.
    package func receiving(_ act: SubscriptionAct, isApproved: Bool) -> InboundSubscription {
        var next = self
        switch act {
        case .subscribe:
            return receivingRequest(isApproved: isApproved)
        case .unsubscribe:
            next.fromContact = .none
            return InboundSubscription(state: next, isDelivered: fromContact != .none)
        case .subscribed:
            guard toContact == .pending else {
                return InboundSubscription(state: self, isDelivered: false)
            }
            next.toContact = .subscribed
            return InboundSubscription(state: next, isDelivered: true)
        case .unsubscribed:
            next.toContact = .none
            return InboundSubscription(state: next, isDelivered: toContact != .none)
        }
    }

    private func receivingRequest(isApproved: Bool) -> InboundSubscription {
        var next = self
        switch fromContact {
        case .subscribed:
            return InboundSubscription(state: self, isDelivered: false, reply: .subscribed)
        case .none, .pending:
            if isApproved {
                next.fromContact = .subscribed
                return InboundSubscription(state: next, isDelivered: false, reply: .subscribed)
            }
            next.fromContact = .pending
            return InboundSubscription(state: next, isDelivered: fromContact == .none)
        }
    }
}
