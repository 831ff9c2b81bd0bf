/// Answers the requests below one path prefix.
///
/// Called on the loop of each exchange, from several loops at once.
package protocol HTTPHandler: Sendable {
    /// The methods it understands; others are answered with 405 and this list. `OPTIONS` is
    /// answered for it.
    var methods: [HTTPMethod] { get }

    /// How the body of this request is to be taken; its head is known.
    func intake(_ exchange: Exchange) -> BodyIntake

    /// Answers the exchange, or holds it.
    ///
    /// - Throws: `HTTPProblem` to answer with its status; anything else is answered with 500 and
    ///   logged.
    func handle(_ exchange: Exchange) throws
}

extension HTTPHandler {
    package var methods: [HTTPMethod] { [.get, .head] }

    package func intake(_ exchange: Exchange) -> BodyIntake { .collect(bytesMax: 0) }
}

/// A handler with its place and what is added to all its answers.
package final class Mount: Sendable {
    /// `/` or `/name` without a slash at the end.
    package let prefix: String
    package let handler: any HTTPHandler
    let methods: [HTTPMethod]
    private let terms: AnswerTerms
    /// For hosts with other terms.
    private let termsByHost: [String: AnswerTerms]

    /// Places a handler: `prefix` matches itself and what follows it after a slash.
    ///
    /// `fields` (`custom_headers`) are added to every answer of the handler. Without `cors` no page
    /// of another site may call it.
    package convenience init(
        prefix: String, handler: any HTTPHandler, fields: [HTTPField] = [], cors: CORSPolicy? = nil
    ) {
        self.init(
            prefix: prefix, handler: handler, terms: AnswerTerms(fields: fields, cors: cors))
    }

    /// Places a handler whose terms depend on the host that was asked.
    package init(
        prefix: String, handler: any HTTPHandler, terms: AnswerTerms,
        termsByHost: [String: AnswerTerms] = [:]
    ) {
        var prefix = prefix.hasPrefix("/") ? prefix : "/" + prefix
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = prefix
        self.handler = handler
        methods = handler.methods
        self.terms = terms
        self.termsByHost = termsByHost.filter { $0.value != terms }
    }

    func matches(_ path: String) -> Bool {
        if prefix.isEmpty { return path.isEmpty || path.utf8.first == UInt8(ascii: "/") }
        guard path.utf8.starts(with: prefix.utf8) else { return false }
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// `Allow` (RFC 9110 §10.2.1).
    var allow: HTTPField {
        HTTPField("Allow", (methods + [.options]).map(\.name).joined(separator: ", "))
    }

    /// What is added to the answer of a request.
    func terms(for exchange: Exchange) -> AnswerTerms {
        guard !termsByHost.isEmpty, let host = exchange.servedHost else { return terms }
        return termsByHost[host] ?? terms
    }
}

/// The handlers of one listener, longest prefix first (`request_handlers`).
package struct Site: Sendable {
    package let mounts: [Mount]

    package init(_ mounts: [Mount]) {
        self.mounts = mounts.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
    }

    /// Finds the handler of a request; answers those that need none.
    func route(_ exchange: Exchange) {
        if exchange.path == "*" {
            exchange.respond(.noContent)
            return
        }
        guard let mount = mounts.first(where: { $0.matches(exchange.path) }) else {
            exchange.respond(.notFound, fields: HTTPField.plainPage, body: .page(.notFound))
            return
        }
        exchange.mount = mount
        if exchange.method == .options,
            let preflight = mount.terms(for: exchange).cors?.preflight(exchange)
        {
            exchange.respond(.noContent, fields: preflight)
            return
        }
        if mount.methods.contains(exchange.method) { return }
        guard exchange.method == .options else {
            exchange.respond(
                .methodNotAllowed, fields: HTTPField.plainPage + [mount.allow],
                body: .page(.methodNotAllowed))
            return
        }
        exchange.respond(.noContent, fields: [mount.allow])
    }
}
