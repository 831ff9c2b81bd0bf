import XMPPConfig
import XMPPEngine

extension BuiltInPages {
    static let listeners = ConsolePage(
        "listeners", "Listeners", "Where connections are accepted, and what serves them.",
        in: .server, refreshSeconds: 10, icon: .listeners
    ) { request in
        let configured = request.server.configuration.listeners
        var sections: [ConsoleSection] = [
            .table(await listenerTable(request.server, isSummary: false))
        ]
        for listener in configured {
            let handlers = listener.options[ListenerOption.requestHandlers]
            guard !handlers.isEmpty else { continue }
            sections.append(
                .table(
                    ConsoleTable(
                        "handlers-\(sections.count)", "Handlers at \(listener.address)",
                        columns: [ConsoleColumn("Path"), ConsoleColumn("Handler")],
                        rows: handlers.map { ConsoleRow([.code($0.path), .code($0.module)]) })))
        }
        return ConsoleContent(sections)
    }

    /// The configured listeners with their state in the supervision tree.
    static func listenerTable(_ server: Server, isSummary: Bool) async -> ConsoleTable {
        let parts = await server.root?.snapshot().part("ejabberd_listener")?.children ?? []
        let states = Dictionary(parts.map { ($0.name, $0) }) { first, _ in first }
        let configured = server.configuration.listeners
        let columns =
            ["Address", "Serves", "State", "Connections", "Encryption"]
            + (isSummary ? [] : ["Options"])
        return ConsoleTable(
            "listeners", isSummary ? "Listeners" : "",
            columns: columns.map { ConsoleColumn($0, isNumeric: $0 == "Connections") },
            rows: configured.map { listener in
                let part = states[listener.identity.description]
                let (state, tone) = listenerState(part, listener)
                var cells: [ConsoleCell] = [
                    .code(listener.identity.description), .text(listener.serves), state,
                    server.running[listener]?.connectionCount.map { .number($0()) } ?? .nothing,
                    .text(listener.encryption),
                ]
                if !isSummary { cells.append(.list(listener.writtenOptions.map { .code($0) })) }
                return ConsoleRow(cells, tone: tone)
            }, empty: "No listeners are configured.")
    }

    private static func listenerState(
        _ part: SupervisionSnapshot?, _ listener: ListenerConfiguration
    ) -> (ConsoleCell, ConsoleTone) {
        guard let part else {
            let word = listener.isServed ? "not started" : "not served"
            return (.badge(word, .warning), .warning)
        }
        let (state, tone) = stateCell(part.state)
        guard let error = part.error else { return (state, tone) }
        return (.noted(state, error), tone)
    }
}

extension SupervisionSnapshot {
    /// The first part of that name, from this one down.
    func part(_ name: String) -> SupervisionSnapshot? {
        if self.name == name { return self }
        for child in children {
            if let found = child.part(name) { return found }
        }
        return nil
    }
}

extension ListenerConfiguration {
    /// What speaks there, in the words of the field.
    fileprivate var serves: String {
        switch module {
        case "ejabberd_c2s": "clients (c2s)"
        case "ejabberd_s2s_in": "servers (s2s)"
        case "ejabberd_service": "components"
        case "ejabberd_http": "the web (HTTP)"
        case _: module
        }
    }

    fileprivate var encryption: String {
        if options[ListenerOption.tls] { return "TLS" }
        if options[ListenerOption.startTLSRequired] { return "STARTTLS required" }
        return options[ListenerOption.startTLS] ? "STARTTLS offered" : "none"
    }

    fileprivate var writtenOptions: [String] {
        guard let module = ListenerModule.all.first(where: { $0.name == module }) else { return [] }
        return module.options.filter { $0.name != "request_handlers" && options.isWritten($0) }
            .map { "\($0.name): \($0.shownText(in: options))" }
    }
}
