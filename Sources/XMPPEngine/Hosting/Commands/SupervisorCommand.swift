import ControlProtocol

extension Command {
    /// The command that shows the supervision tree.
    package static func supervisor(_ root: Supervisor) -> Command {
        Command(
            "supervisor", "Shows every part of the server with its state, restarts and uptime.",
            tag: .server, effect: .reads, result: .document
        ) { _ throws(CommandError) in
            let tree = await root.snapshot()
            return .document(tree.json, text: tree.text)
        }
    }
}

extension SupervisionSnapshot {
    /// The tree for programs: uptime in seconds, `null` for what is not known.
    package var json: JSONValue {
        [
            "name": .string(name), "kind": .string(strategy == nil ? "worker" : "supervisor"),
            "strategy": strategy.map { .string($0.rawValue) } ?? nil,
            "state": .string(state.name), "restarts": .int(restarts),
            "uptime": uptime.map { .int(Int(clamping: $0.components.seconds)) } ?? nil,
            "error": error.map { .string($0) } ?? nil,
            "streams": streams.map { .int($0) } ?? nil, "note": note.map { .string($0) } ?? nil,
            "children": .array(children.map(\.json)),
        ]
    }

    /// The tree for people, a line for each part.
    package var text: String {
        var rows: [[JSONValue]] = []
        append(to: &rows, prefix: "", branch: "", below: "")
        return CommandResult.records(
            columns: [
                "part", "state", "restarts", "uptime", "strategy", "streams", "note", "last error",
            ],
            rows: rows
        ).text
    }

    private func append(
        to rows: inout [[JSONValue]], prefix: String, branch: String, below: String
    ) {
        rows.append([
            .string(prefix + branch + name), .string(state.name), .int(restarts),
            uptime.map { .string(Self.words(for: $0)) } ?? nil,
            strategy.map { .string($0.rawValue) } ?? nil, streams.map { .int($0) } ?? nil,
            note.map { .string($0) } ?? nil, error.map { .string($0) } ?? nil,
        ])
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1
            child.append(
                to: &rows, prefix: prefix + below, branch: isLast ? "└─ " : "├─ ",
                below: isLast ? "   " : "│  ")
        }
    }

    /// The two greatest units: `3d 4h`, `12m 5s`, `0s`.
    static func words(for duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        let parts = [
            (seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
        ].drop { $0.0 == 0 }.prefix(2)
        guard !parts.isEmpty else { return "0s" }
        return parts.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
