/// Where a part of the web server is reached, as far as the listeners tell.
package struct WebAddress: Equatable, Sendable {
    package let isSecure: Bool
    package let port: Int
    /// The path it is mounted at, without a slash at its end; empty for the root.
    package let path: String

    /// The address on a host: `https://example.org:5443/upload`.
    ///
    /// The scheme is `http`, or `ws` for WebSocket; an `s` is added where there is TLS.
    package func text(scheme: String = "http", host: String) -> String {
        let usual = isSecure ? 443 : 80
        return "\(scheme)\(isSecure ? "s" : "")://\(host)\(port == usual ? "" : ":\(port)")\(path)"
    }
}

extension Configuration {
    /// Where one of these handlers is mounted: with TLS before without, open to the network before
    /// this machine only, in the order of the file; `nil` when none is, or only on unix sockets.
    package func webAddress(of handlers: Set<String>) -> WebAddress? {
        var found: [(address: WebAddress, rank: Int)] = []
        for listener in listeners where listener.isServed {
            guard case .network(let ip, let port) = listener.address else { continue }
            let mounted = listener.options[ListenerOption.requestHandlers].first {
                handlers.contains($0.module)
            }
            guard let mounted else { continue }
            let isSecure = listener.options[ListenerOption.tls]
            let text = ip.description
            let isLocal = text.hasPrefix("127.") || text == "::1"
            found.append(
                (
                    WebAddress(
                        isSecure: isSecure, port: port,
                        path: mounted.path == "/" ? "" : mounted.path),
                    (isSecure ? 0 : 2) + (isLocal ? 1 : 0)
                ))
        }
        return found.min { $0.rank < $1.rank }?.address
    }

    /// Where clients anywhere reach one of these handlers.
    ///
    /// That is a listener with TLS. Where only listeners without TLS have the handler and there are
    /// `trusted_proxies`, a proxy is taken to serve the same path with TLS at the usual port.
    /// Without proxies it is a listener without TLS; `nil` when there is none either.
    package func publicWebAddress(of handlers: Set<String>) -> WebAddress? {
        let own = webAddress(of: handlers)
        if let own, own.isSecure { return own }
        guard options[ServerOption.trustedProxies] != .networks([]) else { return own }
        let mounted = listeners.lazy.filter(\.isServed)
            .flatMap { $0.options[ListenerOption.requestHandlers] }
            .first { handlers.contains($0.module) }
        return mounted.map {
            WebAddress(isSecure: true, port: 443, path: $0.path == "/" ? "" : $0.path)
        }
    }
}
