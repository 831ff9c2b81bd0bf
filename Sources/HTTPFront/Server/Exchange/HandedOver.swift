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
}
