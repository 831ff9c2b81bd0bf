import XMPPCore

/// Who a client may log in as on one stream, and what its login must be bound to.
struct LoginRules {
    /// The served domain that the stream is addressed to.
    let host: BareJID
    /// The connection under the stream.
    let security: TransportSecurity
    /// What was advertised to the client.
    let offer: MechanismOffer

    /// The account that a user name means, when the user may act as `authzid`.
    ///
    /// - Throws: `not-authorized` when no account can have this name; `invalid-authzid` unless it
    ///   is absent or the account's own address (RFC 6120 §6.3.8).
    func account(
        named username: String, authzid: String?
    ) throws(SASLFailure) -> BareJID {
        guard let prepared = SASLprep.prepare(username),
            let account = BareJID(localpart: prepared, domainpart: host.domainpart)
        else { throw SASLFailure(.notAuthorized) }
        guard let authzid else { return account }
        guard BareJID(authzid) == account else { throw SASLFailure(.invalidAuthzid) }
        return account
    }

    /// The account that the client's certificate and its authorization identity agree on.
    ///
    /// - Throws: `invalid-authzid` when the identity is not in the certificate, or there is none
    ///   and the certificate has several (XEP-0178 §2).
    func certifiedAccount(authzid: [UInt8]) throws(SASLFailure) -> BareJID {
        let accounts = security.certificateAddresses.filter { $0.isAccount(on: host) }
        guard !authzid.isEmpty else {
            guard let account = accounts.first, accounts.allSatisfy({ $0 == account }) else {
                throw SASLFailure(.invalidAuthzid)
            }
            return account
        }
        guard let text = String(validating: authzid, as: UTF8.self) else {
            throw SASLFailure(.malformedRequest)
        }
        guard let account = BareJID(text), accounts.contains(account) else {
            throw SASLFailure(.invalidAuthzid)
        }
        return account
    }

    /// An address nobody can guess, for one anonymous session.
    func temporaryAccount(_ nonce: String) throws(SASLFailure) -> BareJID {
        guard let account = Self.temporaryAccount(nonce, on: host.domainpart) else {
            throw SASLFailure(.temporaryAuthFailure)
        }
        return account
    }

    /// The same on a domain; `nil` where no account can be.
    static func temporaryAccount(_ nonce: String, on domain: String) -> BareJID? {
        let digits = Array("0123456789abcdef")
        let digest = HashFunction.sha256.digest(of: Array(nonce.utf8)).prefix(16)
        let localpart = digest.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
        return BareJID(localpart: localpart, domainpart: domain)
    }

    /// Checks the trace of an anonymous client: at most 255 characters, no controls (RFC 4505 §2).
    static func checkTrace(_ message: [UInt8]) throws(SASLFailure) {
        guard let trace = String(validating: message, as: UTF8.self),
            trace.unicodeScalars.count <= 255,
            !trace.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw SASLFailure(.malformedRequest) }
    }

    /// The channel binding data that the client's proof must cover; empty for none.
    ///
    /// - Throws: `malformed-request` when flag and mechanism disagree; `not-authorized` when the
    ///   binding is not to be had, or the client was kept from seeing the -PLUS mechanisms
    ///   (RFC 5802 §6).
    func bindingData(
        for binding: SCRAMClientFirst.Binding, bound: Bool
    ) throws(SASLFailure) -> [UInt8] {
        switch (binding, bound) {
        case (.unsupported, false):
            return []
        case (.notOffered, false):
            guard !offer.offersChannelBinding else {
                throw SASLFailure(.notAuthorized, "The server does support channel binding")
            }
            return []
        case (.used(let name), true):
            guard let type = ChannelBindingType(rawValue: name),
                let data = security.channelBindings[type]
            else { throw SASLFailure(.notAuthorized, "Unsupported channel binding type") }
            return data
        case (.unsupported, true), (.notOffered, true), (.used, false):
            throw SASLFailure(.malformedRequest)
        }
    }
}
