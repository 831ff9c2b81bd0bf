import XMPPStorage

/// One number that matters, with its name.
package struct ConsoleFigure: Sendable {
    package let name: String
    package let value: ConsoleCell
    /// A short addition, as `of 4096` or `since yesterday`; empty for none.
    package let note: String
    package let tone: ConsoleTone
    /// Where more of it is shown.
    package let link: ConsoleLink?

    /// Declares a figure.
    package init(
        _ name: String, _ value: ConsoleCell, note: String = "", tone: ConsoleTone = .plain,
        link: ConsoleLink? = nil
    ) {
        self.name = name
        self.value = value
        self.note = note
        self.tone = tone
        self.link = link
    }
}

/// One name with its value.
package struct ConsoleFact: Sendable {
    package let name: String
    package let value: ConsoleCell

    /// Declares a fact.
    package init(_ name: String, _ value: ConsoleCell) {
        self.name = name
        self.value = value
    }
}

/// How something stands, which is said by word and by colour.
package enum ConsoleTone: String, Hashable, Sendable {
    case plain, good, warning, bad
}

/// A value in a table or beside a name.
package indirect enum ConsoleCell: Sendable {
    /// Nothing to show.
    case nothing
    case text(String)
    case number(Int)
    /// Text for machines: options, ciphers, identifiers.
    case code(String)
    case badge(String, ConsoleTone)
    case link(String, ConsoleLink)
    case moment(Timestamp)
    case duration(Duration)
    case bytes(Int)
    /// A node of a tree at some depth; 0 is the root.
    case branch(String, depth: Int)
    /// A value with a smaller line below it.
    case noted(ConsoleCell, String)
    case list([ConsoleCell])
}

/// A page of the console, and what to ask it for.
package struct ConsoleLink: Hashable, Sendable {
    /// The path of a declared page.
    package let page: String
    package let query: [ConsoleParameter]

    /// A link to a page, with query parameters in order.
    package init(_ page: String, _ query: [ConsoleParameter] = []) {
        self.page = page
        self.query = query
    }
}

/// A named value of a query or a command.
package struct ConsoleParameter: Hashable, Sendable {
    package let name: String
    package let value: String

    /// One parameter.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Something an administrator can have done: a declared command with some of its arguments.
///
/// Arguments that are not given are asked for. An action whose command the server does not have,
/// or the administrator may not run, is not shown.
package struct ConsoleAction: Sendable {
    package let label: String
    package let command: String
    package let arguments: [ConsoleParameter]
    package let tone: ConsoleTone
    /// The question before it is done, as `Delete juliet@example.com?`; `nil` when it needs no
    /// second thought.
    package let question: String?
    /// Where to go when it is done; `nil` for the page it was on.
    package let next: ConsoleLink?

    /// Declares an action.
    package init(
        _ label: String, _ command: String, _ arguments: [ConsoleParameter] = [],
        tone: ConsoleTone = .plain, asking question: String? = nil, next: ConsoleLink? = nil
    ) {
        self.label = label
        self.command = command
        self.arguments = arguments
        self.tone = tone
        self.question = question
        self.next = next
    }
}

/// A form for a command, on the page itself.
package struct ConsoleForm: Sendable {
    package let title: String
    package let action: ConsoleAction

    /// Declares a form: the arguments that the action does not give are its fields.
    package init(_ title: String, _ action: ConsoleAction) {
        self.title = title
        self.action = action
    }
}

/// Lines of text.
package struct ConsoleLines: Sendable {
    /// One line, marked by how it stands.
    package struct Line: Sendable {
        package let text: String
        package let tone: ConsoleTone

        /// One line.
        package init(_ text: String, _ tone: ConsoleTone = .plain) {
            self.text = text
            self.tone = tone
        }
    }

    package let id: String
    package let title: String
    package let filters: [ConsoleFilter]
    package let lines: [Line]
    /// Shown when there are no lines.
    package let empty: String
    /// Whether new lines come at the end, which is to be kept in view.
    package let isTail: Bool
    /// The name of the file to keep them in; `nil` when that is not offered.
    package let fileName: String?

    /// Declares lines.
    package init(
        _ id: String, _ title: String, filters: [ConsoleFilter] = [], lines: [Line],
        empty: String = "Nothing here.", isTail: Bool = false, fileName: String? = nil
    ) {
        self.id = id
        self.title = title
        self.filters = filters
        self.lines = lines
        self.empty = empty
        self.isTail = isTail
        self.fileName = fileName
    }
}
