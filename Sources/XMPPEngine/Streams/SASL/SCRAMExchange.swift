/// A SCRAM exchange from the moment its keys are known (RFC 5802 §3).
struct SCRAMExchange: Equatable {
    /// Sent to the client: both nonces, salt and rounds (`server-first-message`).
    let serverFirst: [UInt8]

    private let first: SCRAMClientFirst
    private let keys: SCRAMKeys
    /// Whether the keys are an account's; with made-up ones no proof is right.
    private let isKnown: Bool
    private let nonce: [UInt8]
    private let bindingData: [UInt8]

    /// Opens the exchange.
    ///
    /// - Parameters:
    ///   - first: What the client sent.
    ///   - keys: The account's, or made-up ones.
    ///   - isKnown: Whether they are the account's.
    ///   - serverNonce: Printable ASCII without a comma, never used before.
    ///   - bindingData: Of the channel binding that the client uses; empty for none.
    init(
        _ first: SCRAMClientFirst, keys: SCRAMKeys, isKnown: Bool, serverNonce: String,
        bindingData: [UInt8]
    ) {
        self.first = first
        self.keys = keys
        self.isKnown = isKnown
        self.bindingData = bindingData
        nonce = first.nonce + Array(serverNonce.utf8)
        let settings = ",s=" + Base64.encode(keys.salt) + ",i=\(keys.iterations)"
        serverFirst = Array("r=".utf8) + nonce + Array(settings.utf8)
    }

    /// Checks the client's proof.
    ///
    /// - Returns: What proves the server to the client (`server-final-message`).
    /// - Throws: `not-authorized` when binding, nonce or proof is wrong; `malformed-request`.
    func finish(_ message: [UInt8]) throws(SASLFailure) -> [UInt8] {
        let final = try SCRAMClientFinal(message)
        guard ConstantTime.areEqual(final.bindingInput, first.gs2Header + bindingData) else {
            throw SASLFailure(.notAuthorized, "The channel binding does not match")
        }
        guard ConstantTime.areEqual(final.nonce, nonce) else {
            throw SASLFailure(.notAuthorized, "The nonce does not match")
        }
        let comma = [UInt8(ascii: ",")]
        let authMessage = first.bare + comma + serverFirst + comma + final.withoutProof
        let signature = keys.hash.authenticationCode(of: authMessage, key: keys.storedKey)
        let verifier = keys.hash.authenticationCode(of: authMessage, key: keys.serverKey)
        let clientKey = zip(final.proof, signature).map { $0 ^ $1 }
        let isProven = ConstantTime.areEqual(keys.hash.digest(of: clientKey), keys.storedKey)
        guard final.proof.count == signature.count else { throw SASLFailure(.malformedRequest) }
        guard isProven, isKnown else { throw SASLFailure(.notAuthorized) }
        return Array("v=".utf8) + Array(Base64.encode(verifier).utf8)
    }
}
