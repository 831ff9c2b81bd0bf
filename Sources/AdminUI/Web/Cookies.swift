/// Cookies as browsers send them and as we set them (RFC 6265).
enum Cookies {
    /// Reads `Cookie` fields; of several cookies of one name the first counts.
    static func read(_ fields: [String]) -> [String: String] {
        var cookies: [String: String] = [:]
        for pair in fields.flatMap({ $0.split(separator: ";") }).prefix(64) {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let name = String(pair[..<equals].drop { $0 == " " })
            if cookies[name] == nil {
                cookies[name] = String(pair[equals...].dropFirst())
            }
        }
        return cookies
    }

    /// Which cookies of the console a request may have, and where they hold.
    ///
    /// Over TLS the name begins with `__Host-`: browsers then refuse to take it from another host
    /// of the domain, or unencrypted. That prefix demands the path `/`.
    struct Jar {
        let isSecure: Bool
        /// The console's path.
        let base: String

        func name(_ name: String) -> String { isSecure ? "__Host-\(name)" : name }

        /// A cookie that ends with the browser, or after some seconds; 0 removes it.
        func setting(_ name: String, to value: String, maxAge: Int? = nil) -> String {
            let path = isSecure || base.isEmpty ? "/" : base
            var cookie = "\(self.name(name))=\(value); Path=\(path); HttpOnly; SameSite=Strict"
            if isSecure { cookie += "; Secure" }
            if let maxAge { cookie += "; Max-Age=\(maxAge)" }
            return cookie
        }
    }
}
