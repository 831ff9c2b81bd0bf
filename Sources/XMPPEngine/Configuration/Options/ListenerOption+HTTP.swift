extension ListenerOption {
    package static let requestHandlers = Option<[RequestHandler]>(
        "request_handlers", default: [], as: .requestHandlers, scope: .server,
        "What answers below which path; the longest path that fits wins.")

    package static let customHeaders = Option<[String: String]>(
        "custom_headers", default: [:], as: .headers, scope: .server,
        "Header fields added to every response of this listener.")

    package static let strictTransport = Option<Duration?>(
        "strict_transport_security", default: nil,
        as: .optional(.inside(.seconds(0)...(.seconds(63_072_000)))), scope: .server,
        "How long browsers are to use nothing but TLS for this host name, on all its ports: sent as"
            + " `Strict-Transport-Security` with answers that go over TLS, here or by a trusted"
            + " proxy's word. 0 ends it; nothing is sent when left out.")
}

/// A mounted handler of a web listener.
package struct RequestHandler: Sendable, Hashable {
    /// Begins with `/` and does not end with one, except the root itself.
    package let path: String
    /// The name of what answers: `mod_bosh`, `ejabberd_web_admin`.
    package let module: String

    package init(path: String, module: String) {
        let parts = path.split(separator: "/")
        self.path = "/" + parts.joined(separator: "/")
        self.module = module
    }
}

extension OptionType where Value == [RequestHandler] {
    /// A map of paths to the names of handlers; two spellings of one path are refused.
    static var requestHandlers: OptionType {
        OptionType(
            name: "a map of paths to handlers",
            text: { handlers in
                "{" + handlers.map { "\($0.path): \($0.module)" }.joined(separator: ", ") + "}"
            },
            read: { node, reader in
                guard let entries = node.entries else {
                    reader.fail(node, expected: "a map of paths to handlers")
                    return nil
                }
                var handlers: [RequestHandler] = []
                for entry in entries {
                    reader.within(entry.key) {
                        guard let module = String.read(entry.value, with: reader) else { return }
                        reader.mention(.requestHandler, module, at: entry.value.position)
                        let handler = RequestHandler(path: entry.key, module: module)
                        guard !handlers.contains(where: { $0.path == handler.path }) else {
                            reader.fail(
                                at: entry.keyPosition, "`\(handler.path)` has a handler already")
                            return
                        }
                        handlers.append(handler)
                    }
                }
                return handlers.count == entries.count ? handlers : nil
            })
    }
}

extension OptionType where Value == [String: String] {
    /// Header fields: names are tokens, values have no line breaks (RFC 9110 §5).
    static var headers: OptionType {
        OptionType(
            name: "a map of header names to values",
            text: { $0.configurationText },
            read: { node, reader in
                guard let headers = Value.read(node, with: reader) else { return nil }
                for (name, value) in headers {
                    guard isToken(name), value.utf8.allSatisfy({ $0 >= 0x20 || $0 == 9 }) else {
                        reader.fail(node, "`\(name.shortened)` is not a valid header field")
                        return nil
                    }
                }
                return headers
            })
    }

    private static func isToken(_ name: String) -> Bool {
        let marks = "!#$%&'*+-.^_`|~"
        return !name.isEmpty
            && name.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || marks.contains($0))
            }
    }
}
