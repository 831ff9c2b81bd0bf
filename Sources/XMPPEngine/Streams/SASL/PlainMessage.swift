/// The one message of PLAIN: authorization identity, user name and password (RFC 4616 §2).
struct PlainMessage: Equatable {
    /// Whom to act as; empty: the user.
    let authzid: String
    let username: String
    let password: String

    /// Reads the message.
    ///
    /// - Throws: `malformed-request` unless it is three parts of UTF-8 around two NULs, the last
    ///   two not empty.
    init(_ message: [UInt8]) throws(SASLFailure) {
        let parts = message.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty,
            let authzid = String(validating: parts[0], as: UTF8.self),
            let username = String(validating: parts[1], as: UTF8.self),
            let password = String(validating: parts[2], as: UTF8.self)
        else { throw SASLFailure(.malformedRequest) }
        self.authzid = authzid
        self.username = username
        self.password = password
    }
}
