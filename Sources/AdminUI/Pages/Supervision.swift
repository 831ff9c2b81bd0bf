import XMPPEngine

extension BuiltInPages {
    static let supervision = ConsolePage(
        "supervision", "Supervision", "Every part of the server, and how often it began again.",
        in: .server, refreshSeconds: 5, icon: .tree
    ) { request in
        guard let root = request.server.root else {
            throw ConsoleProblem(.unavailable, "The supervision tree is not up yet.")
        }
        let parts = flat(await root.snapshot(), depth: 0)
        let failing = parts.count { part, _ in
            if case .backingOff = part.state { true } else { false }
        }
        let table = ConsoleTable(
            "tree",
            columns: [
                ConsoleColumn("Part"), ConsoleColumn("State"),
                ConsoleColumn("Restarts", isNumeric: true), ConsoleColumn("Up for"),
                ConsoleColumn("Strategy"), ConsoleColumn("Streams", isNumeric: true),
                ConsoleColumn("Note"), ConsoleColumn("Last error"),
            ], rows: parts.map { row($0, depth: $1) },
            note: failing == 0 ? "\(parts.count) parts" : "\(parts.count) parts, \(failing) failing"
        )
        return ConsoleContent([.table(table)])
    }

    /// The tree from top to bottom.
    private static func flat(
        _ part: SupervisionSnapshot, depth: Int
    ) -> [(SupervisionSnapshot, Int)] {
        [(part, depth)] + part.children.flatMap { flat($0, depth: depth + 1) }
    }

    private static func row(_ part: SupervisionSnapshot, depth: Int) -> ConsoleRow {
        let (state, tone) = stateCell(part.state)
        return ConsoleRow(
            [
                .branch(part.name, depth: depth), state,
                part.restarts == 0 ? .nothing : .number(part.restarts),
                part.uptime.map { .duration($0) } ?? .nothing,
                part.strategy.map { .code($0.rawValue) } ?? .nothing,
                part.streams.map { .number($0) } ?? .nothing,
                part.note.map { .text($0) } ?? .nothing,
                part.error.map { .text($0) } ?? .nothing,
            ], tone: tone)
    }

    /// A state as a badge, and what it means for its row.
    static func stateCell(_ state: ChildState) -> (ConsoleCell, ConsoleTone) {
        switch state {
        case .running: (.badge("running", .good), .plain)
        case .waiting, .starting, .stopping: (.badge(state.name, .warning), .warning)
        case .backingOff: (.badge("failing", .bad), .bad)
        case .stopped, .terminated: (.badge(state.name, .plain), .plain)
        }
    }
}
