/// What is added to the answers of a handler, whatever it answers.
package struct AnswerTerms: Sendable, Equatable {
    package let fields: [HTTPField]
    package let cors: CORSPolicy?

    /// Fields such as those of `custom_headers`.
    ///
    /// Without `cors` no page of another site may call the handler. No browser is to guess that an
    /// answer is of another type than it says; that is added here, for all handlers.
    package init(fields: [HTTPField] = [], cors: CORSPolicy? = nil) {
        let isSaid = fields.contains { $0.name.lowercased() == "x-content-type-options" }
        self.fields = isSaid ? fields : fields + [.noSniffing]
        self.cors = cors
    }

    func addFields(to exchange: Exchange, _ add: (HTTPField) -> Void) {
        fields.forEach(add)
        cors?.addFields(to: exchange, add)
    }
}

extension HTTPField {
    static let noSniffing = HTTPField("X-Content-Type-Options", "nosniff")
}
