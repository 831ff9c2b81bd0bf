/// Reads `listen`.
struct ListenerReading {
    let schema: ConfigurationSchema
    let reader: OptionReader
    let tls: TLSReading

    /// The listeners; those that cannot be used are told to the reader and left out.
    func read(_ entry: ConfigurationNode.Entry?) -> [ListenerConfiguration] {
        var drafts: [TLSReading.Listener] = []
        defer { tls.check(drafts) }
        guard let entry else { return [] }
        return reader.within("listen") {
            guard let items = entry.value.items else {
                reader.fail(entry.value, expected: "a list of listeners")
                return []
            }
            var listeners: [ListenerConfiguration] = []
            for (index, item) in items.enumerated() {
                reader.within(item: index) {
                    guard let listener = listener(item, &drafts) else { return }
                    checkOverlap(listener, with: listeners)
                    listeners.append(listener)
                }
            }
            return listeners
        }
    }

    /// One listener; what it says of TLS goes to the drafts, also when it cannot be used.
    private func listener(
        _ node: ConfigurationNode, _ drafts: inout [TLSReading.Listener]
    ) -> ListenerConfiguration? {
        guard case .map(let entries) = node.content else {
            reader.fail(node, expected: "a map with `port`, `module` and options")
            return nil
        }
        guard let written = entries.first(where: { $0.key == "module" }) else {
            reader.fail(node, "a listener needs a `module`, such as `ejabberd_c2s`")
            return nil
        }
        guard let name = reader.within("module", { String.read(written.value, with: reader) })
        else { return nil }
        guard let module = ListenerModule.all.first(where: { $0.name == name }) else {
            unknownModule(name, at: written.value)
            return nil
        }
        let isServed = schema.listenerModules.contains(name)
        reader.within("module") {
            if !isServed {
                reader.warnNotServed(at: written.value.position, "listener")
            } else if let limitation = module.limitation {
                reader.warn(written.value, limitation)
            }
        }
        let identity = identity(entries, of: node)
        let options = OptionGroup.readSound(
            entries.filter { !Self.structure.contains($0.key) }, options: module.options,
            notServed: EjabberdListeners.options(of: name).names, with: reader)
        if isServed {
            drafts.append(
                TLSReading.Listener(
                    module: module, path: reader.path, entries: TopLevel(entries),
                    values: options.values))
        }
        guard let identity, options.isComplete else { return nil }
        return ListenerConfiguration(
            identity: identity, module: name, isServed: isServed, options: options.values,
            position: node.position)
    }

    private func unknownModule(_ name: String, at node: ConfigurationNode) {
        reader.within("module") {
            if EjabberdListeners.foreignModules.contains(name) {
                reader.warnNotServed(at: node.position, "listener")
            } else {
                let known =
                    ListenerModule.all.map(\.name)
                    + EjabberdListeners.foreignModules.names
                reader.fail(
                    node, "there is no listener `\(name.shortened)`",
                    suggestion: NearestName.to(name, among: known))
            }
        }
    }

    // MARK: address

    private static let structure: Set<String> = ["module", "port", "ip", "transport"]

    private func identity(
        _ entries: [ConfigurationNode.Entry], of node: ConfigurationNode
    ) -> ListenerIdentity? {
        let top = TopLevel(entries)
        let ip = top["ip"].map { entry in
            reader.within("ip") { IPAddress.read(entry.value, with: reader) }
        }
        let transport = top["transport"].map { entry in
            reader.within("transport") { readTransport(entry.value) }
        }
        guard let port = top["port"] else {
            reader.fail(node, "a listener needs a `port`")
            return nil
        }
        let fallback = IPAddress(bytes: [0, 0, 0, 0])
        let address = reader.within("port") { readAddress(port.value, ip: ip ?? fallback) }
        guard let address, let transport = transport ?? .tcp else { return nil }
        return ListenerIdentity(address: address, transport: transport)
    }

    private func readTransport(_ node: ConfigurationNode) -> ListenerTransport? {
        guard let transport = ListenerTransport.read(node, with: reader) else { return nil }
        guard transport == .tcp else {
            reader.fail(node, "this kind of listener works over `tcp` only")
            return nil
        }
        return transport
    }

    /// `nil` for a port that is not one; an address that is wrong was told already.
    private func readAddress(_ node: ConfigurationNode, ip: IPAddress?) -> ListenerAddress? {
        if let text = node.text, text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sun_path holds 108 bytes, the last of them NUL.
            guard !path.isEmpty, path.utf8.count <= 107, !path.utf8.contains(0) else {
                reader.fail(node, "a socket's path has 1 to 107 bytes")
                return nil
            }
            return .unix(path: path)
        }
        guard let text = node.text, let port = Int(text), (0...65535).contains(port) else {
            reader.fail(node, expected: "a port, 0 to 65535, or `unix:` and a path")
            return nil
        }
        return ip.map { .network($0, port: port) }
    }

    /// Two listeners cannot have one port, unless it is 0 or their addresses differ.
    private func checkOverlap(
        _ listener: ListenerConfiguration, with others: [ListenerConfiguration]
    ) {
        for other in others where Self.overlap(listener.identity, other.identity) {
            reader.fail(
                at: listener.position,
                "\(listener.identity) is taken by the listener on line \(other.position.line)")
        }
    }

    private static func overlap(_ left: ListenerIdentity, _ right: ListenerIdentity) -> Bool {
        switch (left.address, right.address) {
        case (.network(let leftIP, let leftPort), .network(let rightIP, let rightPort)):
            leftPort == rightPort && leftPort != 0
                && (leftIP == rightIP
                    || (leftIP.isV6 == rightIP.isV6
                        && (leftIP.isUnspecified || rightIP.isUnspecified)))
        case (.unix(let left), .unix(let right)): left == right
        case (.network, .unix), (.unix, .network): false
        }
    }
}
