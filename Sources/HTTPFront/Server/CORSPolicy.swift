/// Who may call a handler from pages of other sites (Fetch standard, CORS protocol).
package struct CORSPolicy: Sendable, Equatable {
    /// The origins that may call.
    package enum Origins: Sendable, Equatable {
        case any
        /// Such as `https://chat.example.org`, exactly as browsers send them.
        case listed(Set<String>)
    }

    package var origins: Origins
    package var methods: [HTTPMethod]
    /// Request fields a page may set.
    package var requestFields: [String]
    /// Response fields a page may read.
    package var exposedFields: [String]
    /// Whether cookies and passwords are sent along; never with `Origins.any`.
    package var allowsCredentials: Bool
    /// How long a browser may keep the answer to a preflight.
    package var preflightLife: Duration

    package init(
        origins: Origins, methods: [HTTPMethod] = [.get, .post], requestFields: [String] = [],
        exposedFields: [String] = [], allowsCredentials: Bool = false,
        preflightLife: Duration = .seconds(86_400)
    ) {
        self.origins = origins
        self.methods = methods
        self.requestFields = requestFields
        self.exposedFields = exposedFields
        self.allowsCredentials = allowsCredentials && origins != .any
        self.preflightLife = preflightLife
    }

    /// What every answer gets.
    func addFields(to exchange: Exchange, _ add: (HTTPField) -> Void) {
        if origins != .any { add(HTTPField("Vary", "Origin")) }
        guard let allowed = allowedOrigin(exchange) else { return }
        add(HTTPField("Access-Control-Allow-Origin", allowed))
        if allowsCredentials { add(HTTPField("Access-Control-Allow-Credentials", "true")) }
        if !exposedFields.isEmpty {
            add(
                HTTPField(
                    "Access-Control-Expose-Headers", exposedFields.joined(separator: ", ")))
        }
    }

    /// What the answer to a preflight gets besides; `nil` when the request is not one.
    func preflight(_ exchange: Exchange) -> [HTTPField]? {
        guard exchange.field("Access-Control-Request-Method") != nil,
            allowedOrigin(exchange) != nil
        else { return nil }
        var fields = [
            HTTPField(
                "Access-Control-Allow-Methods", methods.map(\.name).joined(separator: ", ")),
            HTTPField("Access-Control-Max-Age", "\(preflightLife.inMilliseconds / 1000)"),
        ]
        if !requestFields.isEmpty {
            fields.append(
                HTTPField(
                    "Access-Control-Allow-Headers", requestFields.joined(separator: ", ")))
        }
        return fields
    }

    private func allowedOrigin(_ exchange: Exchange) -> String? {
        guard let origin = exchange.field("Origin") else { return nil }
        switch origins {
        case .any: return "*"
        case .listed(let origins): return origins.contains(origin) ? origin : nil
        }
    }
}
