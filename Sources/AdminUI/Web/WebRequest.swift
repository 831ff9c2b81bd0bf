/// One request to the console, taken apart.
struct WebRequest: Sendable {
    enum Method: Sendable { case get, post }

    let method: Method
    /// Below the console's own path, without slashes at its ends.
    let path: String
    let query: [String: String]
    /// The fields of a submitted form.
    var form: [String: String] = [:]
    var cookies: [String: String] = [:]
    /// Textual IP address; empty for a unix socket.
    var address = ""
    var isLoopback = false
    /// Whether the request came encrypted.
    var isSecure = false
    /// Host and port that the browser asked for, in lower case.
    var authority: String?
    var origin: String?
    var fetchSite: String?
    /// Whether a page asks by itself, with nobody at the keyboard.
    var isRefresh = false
    /// Whether the body is a form, as browsers send it.
    var isForm = false

    init(method: Method, path: String, query: [String: String]) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Whether a browser says that the request comes from another site's page.
    ///
    /// A second lock beside the tokens in the forms: browsers set these fields, and pages cannot.
    var comesFromElsewhere: Bool {
        if let fetchSite { return fetchSite != "same-origin" && fetchSite != "none" }
        guard let origin else { return false }
        guard let scheme = origin.range(ofSchemeEnd: "://") else { return true }
        return origin[scheme...].lowercased() != authority
    }
}

extension String {
    fileprivate func range(ofSchemeEnd mark: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(mark) {
                return self.index(index, offsetBy: mark.count)
            }
            formIndex(after: &index)
        }
        return nil
    }
}
