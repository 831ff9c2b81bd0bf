/// Why a login was refused; the client may try again (RFC 6120 §6.5).
package struct SASLFailure: Error, Hashable, Sendable {
    /// The defined conditions (RFC 6120 §6.5), spelt as on the wire.
    package enum Condition: String, CaseIterable, Sendable {
        case aborted
        case accountDisabled = "account-disabled"
        case credentialsExpired = "credentials-expired"
        case encryptionRequired = "encryption-required"
        case incorrectEncoding = "incorrect-encoding"
        case invalidAuthzid = "invalid-authzid"
        case invalidMechanism = "invalid-mechanism"
        case malformedRequest = "malformed-request"
        case mechanismTooWeak = "mechanism-too-weak"
        case notAuthorized = "not-authorized"
        case temporaryAuthFailure = "temporary-auth-failure"
    }

    /// What `<failure/>` holds.
    package let condition: Condition
    /// Human-readable explanation in English, or `nil`; never tells whether an account exists.
    package let text: String?

    /// A failure with an explanation, or with the bare condition.
    package init(_ condition: Condition, _ text: String? = nil) {
        self.condition = condition
        self.text = text
    }
}
