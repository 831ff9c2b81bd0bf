/// A table with its filters, its rows and what can be done with each.
package struct ConsoleTable: Sendable {
    /// Unique on its page; a part of the HTML.
    package let id: String
    package let title: String
    package let columns: [ConsoleColumn]
    package var rows: [ConsoleRow]
    package var filters: [ConsoleFilter]
    /// What the reader must know of these rows, as how many were looked at; empty for nothing.
    package var note: String
    /// Shown in place of rows when there are none.
    package var empty: String
    /// Parameters that lead to the beginning, and to the rows before and after these; `nil` when
    /// there are none.
    package var first: [ConsoleParameter]?
    package var previous: [ConsoleParameter]?
    package var next: [ConsoleParameter]?
    /// Actions beside its title.
    package var actions: [ConsoleAction]

    /// Declares a table.
    package init(
        _ id: String, _ title: String = "", columns: [ConsoleColumn], rows: [ConsoleRow],
        filters: [ConsoleFilter] = [], note: String = "", empty: String = "Nothing here.",
        first: [ConsoleParameter]? = nil, previous: [ConsoleParameter]? = nil,
        next: [ConsoleParameter]? = nil,
        actions: [ConsoleAction] = []
    ) {
        self.id = id
        self.title = title
        self.columns = columns
        self.rows = rows
        self.filters = filters
        self.note = note
        self.empty = empty
        self.first = first
        self.previous = previous
        self.next = next
        self.actions = actions
    }
}

/// A column of a table.
package struct ConsoleColumn: Sendable {
    package let name: String
    /// Whether its values stand below each other by their last digit.
    package let isNumeric: Bool

    /// Declares a column.
    package init(_ name: String, isNumeric: Bool = false) {
        self.name = name
        self.isNumeric = isNumeric
    }
}

/// A row of a table: a cell for each column, in order.
package struct ConsoleRow: Sendable {
    package let cells: [ConsoleCell]
    package let actions: [ConsoleAction]
    package let tone: ConsoleTone

    /// Declares a row.
    package init(
        _ cells: [ConsoleCell], actions: [ConsoleAction] = [], tone: ConsoleTone = .plain
    ) {
        self.cells = cells
        self.actions = actions
        self.tone = tone
    }
}

/// A question above a table that its rows depend on; its answer comes as a query parameter.
package struct ConsoleFilter: Sendable {
    /// How it is asked.
    package enum Kind: Sendable {
        /// Free text; the example shows what to write.
        case text(example: String)
        /// One of some values, the first being the default.
        case choice([ConsoleParameter])
    }

    /// The query parameter.
    package let name: String
    package let label: String
    package let kind: Kind

    /// Asks for text.
    package static func text(
        _ name: String, _ label: String, example: String = ""
    ) -> ConsoleFilter {
        ConsoleFilter(name: name, label: label, kind: .text(example: example))
    }

    /// Asks to choose; each choice is its label as `name` and what is sent as `value`.
    package static func choice(
        _ name: String, _ label: String, _ choices: [ConsoleParameter]
    ) -> ConsoleFilter {
        ConsoleFilter(name: name, label: label, kind: .choice(choices))
    }
}
