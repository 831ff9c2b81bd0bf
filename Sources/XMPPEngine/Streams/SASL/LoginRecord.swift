/// What a login needs to know of an account that exists.
package struct LoginRecord: Hashable, Sendable {
    package let credentials: StoredCredentials
    /// Whether the account is locked out: its owner hears so, strangers do not.
    package let isDisabled: Bool

    package init(_ credentials: StoredCredentials, isDisabled: Bool = false) {
        self.credentials = credentials
        self.isDisabled = isDisabled
    }
}
