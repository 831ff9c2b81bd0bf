@testable import XMPPEngine

/// The client's side of SCRAM, as far as the tests need it (RFC 5802 §3).
struct SCRAMClient {
    var hash = HashFunction.sha256
    var header = "n,,"
    var username = "juliet"
    var password = "r0m30myr0m30"
    var nonce = "clientnonce"
    var bindingData: [UInt8] = []

    var first: String { header + firstBare }

    private var firstBare: String { "n=\(username),r=\(nonce)" }

    /// Answers the server's first message.
    func final(_ serverFirst: String, extensions: String = "") throws -> String {
        let fields = serverFirst.split(separator: ",")
        guard fields.count == 3, let salt = Base64.decode(fields[1].dropFirst(2).utf8),
            let iterations = Int(fields[2].dropFirst(2))
        else { throw BadFixture(text: serverFirst) }
        let binding = Base64.encode(Array(header.utf8) + bindingData)
        let withoutProof = "c=\(binding),\(fields[0])\(extensions)"
        let salted = hash.deriveKey(
            password: Array(password.utf8), salt: salt, iterations: iterations)
        let clientKey = hash.authenticationCode(of: Array("Client Key".utf8), key: salted)
        let signature = hash.authenticationCode(
            of: Array("\(firstBare),\(serverFirst),\(withoutProof)".utf8),
            key: hash.digest(of: clientKey))
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        return withoutProof + ",p=" + Base64.encode(proof)
    }
}
