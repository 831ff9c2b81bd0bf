/// A stanza error: it becomes the reply to the stanza that caused it (RFC 6120 §8.3).
package struct StanzaError: Error, Hashable, Sendable {
    /// The defined conditions (RFC 6120 §8.3.3), spelt as on the wire.
    package enum Condition: String, CaseIterable, Sendable {
        case badRequest = "bad-request"
        case conflict
        case featureNotImplemented = "feature-not-implemented"
        case forbidden
        case gone
        case internalServerError = "internal-server-error"
        case itemNotFound = "item-not-found"
        case jidMalformed = "jid-malformed"
        case notAcceptable = "not-acceptable"
        case notAllowed = "not-allowed"
        case notAuthorized = "not-authorized"
        case policyViolation = "policy-violation"
        case recipientUnavailable = "recipient-unavailable"
        case redirect
        case registrationRequired = "registration-required"
        case remoteServerNotFound = "remote-server-not-found"
        case remoteServerTimeout = "remote-server-timeout"
        case resourceConstraint = "resource-constraint"
        case serviceUnavailable = "service-unavailable"
        case subscriptionRequired = "subscription-required"
        case undefinedCondition = "undefined-condition"
        case unexpectedRequest = "unexpected-request"
    }

    /// What the sender may do about it (RFC 6120 §8.3.2).
    package enum Kind: String, Sendable { case auth, cancel, `continue`, modify, wait }

    package let condition: Condition
    package let kind: Kind
    /// Human-readable explanation in English, or `nil`.
    package let text: String?

    /// Without a kind, the one the condition is registered with (RFC 6120 §8.3.3).
    package init(_ condition: Condition, kind: Kind? = nil, _ text: String? = nil) {
        self.condition = condition
        self.kind = kind ?? condition.usualKind
        self.text = text
    }
}

extension StanzaError.Condition {
    var usualKind: StanzaError.Kind {
        switch self {
        case .badRequest, .jidMalformed, .notAcceptable, .redirect, .policyViolation: .modify
        case .forbidden, .notAuthorized, .registrationRequired, .subscriptionRequired: .auth
        case .recipientUnavailable, .remoteServerTimeout, .resourceConstraint, .unexpectedRequest:
            .wait
        case .conflict, .featureNotImplemented, .gone, .internalServerError, .itemNotFound,
            .notAllowed, .remoteServerNotFound, .serviceUnavailable, .undefinedCondition:
            .cancel
        }
    }
}

extension StanzaError {
    package static let badRequest = StanzaError(.badRequest)
    package static let conflict = StanzaError(.conflict)
    package static let featureNotImplemented = StanzaError(.featureNotImplemented)
    package static let forbidden = StanzaError(.forbidden)
    package static let internalServerError = StanzaError(.internalServerError)
    package static let itemNotFound = StanzaError(.itemNotFound)
    package static let jidMalformed = StanzaError(.jidMalformed)
    package static let notAcceptable = StanzaError(.notAcceptable)
    package static let notAllowed = StanzaError(.notAllowed)
    package static let notAuthorized = StanzaError(.notAuthorized)
    package static let recipientUnavailable = StanzaError(.recipientUnavailable)
    package static let registrationRequired = StanzaError(.registrationRequired)
    package static let remoteServerNotFound = StanzaError(.remoteServerNotFound)
    package static let remoteServerTimeout = StanzaError(.remoteServerTimeout)
    package static let resourceConstraint = StanzaError(.resourceConstraint)
    package static let serviceUnavailable = StanzaError(.serviceUnavailable)
    package static let subscriptionRequired = StanzaError(.subscriptionRequired)
}
