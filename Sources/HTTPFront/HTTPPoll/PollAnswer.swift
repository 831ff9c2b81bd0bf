/// How answers to polling clients look: 200, the identifier in a cookie (XEP-0025 §3).
enum PollAnswer {
    /// An answer opened as a page must not run what another client put into a stanza.
    private static let usual = [
        HTTPField("Content-Type", "text/xml; charset=utf-8"),
        HTTPField("Cache-Control", "no-store"),
        HTTPField("Content-Security-Policy", "sandbox"),
    ]

    /// The header fields of an answer.
    ///
    /// `identifier` is the session's, or one that says what is wrong; `nil` for a client that reads
    /// no header fields. With `isSecure` the request came over TLS, and the cookie stays there.
    static func fields(_ identifier: String?, isSecure: Bool) -> [HTTPField] {
        guard let identifier else { return usual }
        let flag = isSecure ? "; Secure" : ""
        return usual + [HTTPField("Set-Cookie", "ID=\(identifier); expires=-1\(flag)")]
    }

    /// Answers a request that is no session's on its own loop.
    static func refuse(
        _ exchange: Exchange, _ failure: PollFailure, _ status: HTTPStatus = .ok
    ) {
        exchange.respond(
            status, fields: fields(failure.rawValue, isSecure: exchange.isSecure))
    }
}
