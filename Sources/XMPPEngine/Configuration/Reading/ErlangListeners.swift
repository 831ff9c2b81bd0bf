/// Turns `{listen, [{port, module, [option, …]}, …]}` into nodes.
enum ErlangListeners {
    private typealias Node = ConfigurationNode
    private typealias Entry = ConfigurationNode.Entry

    /// Flags of classic web listeners, and the handlers that took their place.
    private static let handlers: [String: (path: String, module: String)] = [
        "http_poll": ("/http-poll", "ejabberd_http_poll"),
        "web_admin": ("/admin", "ejabberd_web_admin"),
        "http_bind": ("/http-bind", "mod_http_bind"),
        "captcha": ("/captcha", "ejabberd_captcha"),
        "register": ("/register", "mod_register_web"),
    ]

    static func node(_ term: ErlangTerm, with reader: OptionReader) -> ConfigurationNode {
        guard let items = term.list else {
            reader.fail(at: term.position, "expected a list of listeners")
            return Node(.list([]), at: term.position)
        }
        let listeners = items.compactMap { listener($0, with: reader) }
        return Node(.list(listeners), at: term.position)
    }

    private static func listener(
        _ term: ErlangTerm, with reader: OptionReader
    ) -> ConfigurationNode? {
        guard let parts = term.tuple, parts.count == 3, let module = parts[1].atom,
            let options = parts[2].list
        else {
            reader.fail(at: term.position, "expected a listener, `{port, module, [options]}`")
            return nil
        }
        var entries = endpoint(parts[0])
        entries.append(entry("module", ErlangTerms.value(parts[1]), parts[1]))
        var mounted: [Entry] = []
        var components: [Entry] = []
        for option in options {
            let flag = option.atom ?? option.tuple?.first?.atom
            if let flag, let handler = handlers[flag], module == "ejabberd_http" {
                let name = Node(text: handler.module, at: option.position)
                mounted.append(
                    Entry(key: handler.path, keyPosition: option.position, value: name))
            } else if flag == "request_handlers", let pairs = option.tuple?.last?.list {
                mounted += pairs.compactMap { self.handler($0, with: reader) }
            } else if flag == "host" || flag == "hosts", module == "ejabberd_service",
                option.tuple?.count == 3
            {
                components += self.components(option)
            } else {
                entries += self.option(option, with: reader)
            }
        }
        if !mounted.isEmpty {
            entries.append(entry("request_handlers", Node(.map(mounted), at: term.position), term))
        }
        if !components.isEmpty {
            entries.append(entry("hosts", Node(.map(components), at: term.position), term))
        }
        return Node(.map(entries), at: term.position)
    }

    /// `5222`, `{5222, "127.0.0.1"}`, `{5222, {127,0,0,1}, tcp}`.
    private static func endpoint(_ term: ErlangTerm) -> [ConfigurationNode.Entry] {
        guard let parts = term.tuple, let port = parts.first else {
            return [entry("port", ErlangTerms.value(term), term)]
        }
        var entries = [entry("port", ErlangTerms.value(port), port)]
        for part in parts.dropFirst() {
            let isTransport = part.atom == "tcp" || part.atom == "udp"
            entries.append(entry(isTransport ? "transport" : "ip", ErlangTerms.value(part), part))
        }
        return entries
    }

    private static func option(
        _ term: ErlangTerm, with reader: OptionReader
    ) -> [ConfigurationNode.Entry] {
        switch term.atom {
        case "inet": return [entry("ip", Node(text: "0.0.0.0", at: term.position), term)]
        case "inet6": return [entry("ip", Node(text: "::", at: term.position), term)]
        case "ssl": return [entry("tls", Node(text: "true", at: term.position), term)]
        case let flag?: return [entry(flag, Node(text: "true", at: term.position), term)]
        case nil: break
        }
        guard let parts = term.tuple, parts.count == 2, let key = parts[0].atom else {
            reader.fail(at: term.position, "expected an option, `{name, value}` or a name")
            return []
        }
        return [entry(key, ErlangTerms.value(parts[1]), term)]
    }

    /// `{["pub", "archive"], mod_http_fileserver}` mounts it at `/pub/archive`.
    private static func handler(
        _ term: ErlangTerm, with reader: OptionReader
    ) -> ConfigurationNode.Entry? {
        guard let parts = term.tuple, parts.count == 2, let module = parts[1].atom,
            let path = parts[0].list?.map(\.name) ?? parts[0].name.map({ [$0] }),
            !path.contains(nil)
        else {
            reader.fail(
                at: term.position, "expected a handler, `{[\"path\", \"parts\"], module}`")
            return nil
        }
        let text = "/" + path.compactMap { $0 }.joined(separator: "/")
        let node = Node(text: module, at: parts[1].position)
        return Entry(key: text, keyPosition: term.position, value: node)
    }

    /// `{host, "a", [{password, "x"}]}` and `{hosts, ["a", "b"], [{password, "x"}]}`.
    private static func components(_ term: ErlangTerm) -> [ConfigurationNode.Entry] {
        guard let parts = term.tuple, parts.count == 3 else { return [] }
        let names = parts[1].list ?? [parts[1]]
        return names.compactMap { name in
            name.name.map {
                Entry(
                    key: $0, keyPosition: name.position, value: ErlangTerms.options(parts[2]))
            }
        }
    }

    private static func entry(
        _ key: String, _ value: ConfigurationNode, _ term: ErlangTerm
    ) -> ConfigurationNode.Entry {
        Entry(key: key, keyPosition: term.position, value: value)
    }
}
