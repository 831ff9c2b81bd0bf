/// The message with the client's proof (RFC 5802 §7, `client-final-message`).
struct SCRAMClientFinal: Equatable {
    /// The GS2 header again, followed by the channel binding data.
    let bindingInput: [UInt8]
    let nonce: [UInt8]
    let proof: [UInt8]
    /// The message up to the proof, as it was sent.
    let withoutProof: [UInt8]

    /// Reads the message.
    ///
    /// - Throws: `malformed-request` when it breaks the grammar or needs an extension.
    init(_ message: [UInt8]) throws(SASLFailure) {
        let fields = try SCRAMAttributes.fields(of: message)
        guard fields.count >= 3, let last = fields.last,
            let bindingInput = Base64.decode(try SCRAMAttributes.value("c", of: fields[0])),
            let proof = Base64.decode(try SCRAMAttributes.value("p", of: last))
        else { throw SASLFailure(.malformedRequest) }
        nonce = Array(try SCRAMAttributes.value("r", of: fields[1]))
        try SCRAMAttributes.ignoreExtensions(fields[2...].dropLast())
        self.bindingInput = bindingInput
        self.proof = proof
        withoutProof = Array(message[..<(last.startIndex - 1)])
    }
}
