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
    /// The host that the browser asked for, in lower case and without port.
    var host: String?
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
        let parts = origin.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let host else { return true }
        return parts[2] != host && !parts[2].hasPrefix(host + ":")
    }
}
