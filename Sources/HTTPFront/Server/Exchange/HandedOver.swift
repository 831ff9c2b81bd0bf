/// A request on its way between two loops.
struct HandedOver: @unchecked Sendable {
    // Sendable because only its own loop touches the exchange.
    let exchange: Exchange
}

extension Exchange {
    /// Answers from the loop of a session, which may be another than the request's own.
    func reply(
        _ body: [UInt8], status: HTTPStatus = .ok, fields: [HTTPField], from loop: HTTPLoop
    ) {
        if self.loop === loop {
            respond(status, fields: fields, body: .bytes(body))
            return
        }
        let parcel = HandedOver(exchange: self)
        self.loop.execute {
            parcel.exchange.respond(status, fields: fields, body: .bytes(body))
        }
    }

    /// The same with a body that is worth compressing, if the client takes that.
    func replyCompressed(_ body: [UInt8], fields: [HTTPField], from loop: HTTPLoop) {
        if self.loop === loop { return respondCompressed(body, fields: fields) }
        let parcel = HandedOver(exchange: self)
        self.loop.execute { parcel.exchange.respondCompressed(body, fields: fields) }
    }

    private func respondCompressed(_ body: [UInt8], fields: [HTTPField]) {
        guard let accepted = field("Accept-Encoding"),
            AcceptEncoding(accepted).codings.contains(.gzip), let smaller = Gzip.compress(body)
        else {
            respond(.ok, fields: fields, body: .bytes(body))
            return
        }
        respond(
            .ok, fields: fields + [HTTPField("Content-Encoding", "gzip")], body: .bytes(smaller))
    }
}
