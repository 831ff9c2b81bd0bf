import XMPPConfig

/// A page of the administration console, declared by what it shows.
///
/// Says nothing of HTML: the console draws every page the same way, and runs its commands.
package struct ConsolePage: Sendable {
    /// Collects what the page shows for one request.
    ///
    /// May throw `ConsoleProblem`; anything else is answered as a failure of the server.
    package typealias Content = @Sendable (ConsoleRequest) async throws -> ConsoleContent

    /// Below the console's own path: lower case, words joined by `-`, without a slash in front.
    package let path: String
    /// For the menu and the heading.
    package let title: String
    /// What the page is for, in one line.
    package let summary: String
    package let group: ConsoleGroup
    package let scope: ConsoleScope
    /// Whether the menu leads to it; others are reached from a page.
    package let isInMenu: Bool
    /// Seconds after which a browser may ask for what changes; `nil` for a page that stands still.
    package let refreshSeconds: Int?
    package let icon: ConsoleIcon
    let content: Content

    /// Declares a page.
    package init(
        _ path: String, _ title: String, _ summary: String, in group: ConsoleGroup,
        scope: ConsoleScope = .server, isInMenu: Bool = true, refreshSeconds: Int? = nil,
        icon: ConsoleIcon = .feature, content: @escaping Content
    ) {
        self.path = path
        self.title = title
        self.summary = summary
        self.group = group
        self.scope = scope
        self.isInMenu = isInMenu
        self.refreshSeconds = refreshSeconds
        self.icon = icon
        self.content = content
    }

    /// Collects what the page shows; whether the administrator may see it is for the caller.
    package func content(for request: ConsoleRequest) async throws -> ConsoleContent {
        try await content(request)
    }
}

/// The picture beside a page's name in the menu.
package enum ConsoleIcon: String, Sendable {
    case overview, accounts, sessions, feature, listeners, tree, settings, log, commands
}

/// Where in the menu a page stands.
package struct ConsoleGroup: Hashable, Sendable {
    package let title: String
    /// Groups with a smaller number come first.
    package let place: Int

    /// A group for a module's own pages.
    package init(_ title: String, place: Int) {
        self.title = title
        self.place = place
    }

    /// How the server is.
    package static let overview = ConsoleGroup("Overview", place: 0)
    /// Who may use it, and who does.
    package static let people = ConsoleGroup("People", place: 10)
    /// What modules add.
    package static let features = ConsoleGroup("Features", place: 20)
    /// Its parts and settings.
    package static let server = ConsoleGroup("Server", place: 30)
}

/// What a page is about, and so who may see it.
package enum ConsoleScope: Hashable, Sendable {
    /// What each administrator reaches: the page itself leaves out the rest.
    case reach
    /// The server as a whole: for administrators of the server.
    case server
    /// One served host, chosen on the page: for its administrators too.
    case host
}

/// What a page shows for one request.
package struct ConsoleContent: Sendable {
    /// In place of the page's own title.
    package var title: String?
    /// The page above this one, and the query that leads to it.
    package var parent: ConsoleLink?
    package var actions: [ConsoleAction]
    package var sections: [ConsoleSection]

    /// Sections from top to bottom, and actions beside the heading.
    package init(
        title: String? = nil, parent: ConsoleLink? = nil, actions: [ConsoleAction] = [],
        _ sections: [ConsoleSection]
    ) {
        self.title = title
        self.parent = parent
        self.actions = actions
        self.sections = sections
    }
}

/// A part of a page.
package enum ConsoleSection: Sendable {
    /// A row of numbers.
    case figures([ConsoleFigure])
    case table(ConsoleTable)
    /// Names and values of one thing.
    case facts(String, [ConsoleFact])
    /// A form for a declared command.
    case form(ConsoleForm)
    case chart(ConsoleChart)
    case notice(ConsoleTone, String)
    /// Text with its own lines, as a log or a report has them.
    case lines(ConsoleLines)
}

/// Why a page cannot be shown.
package struct ConsoleProblem: Error, Hashable, Sendable {
    /// What kind of failure it is.
    package enum Kind: Hashable, Sendable { case notFound, notAllowed, badRequest, unavailable }

    package let kind: Kind
    /// One sentence for the administrator.
    package let text: String

    /// A failure with its explanation.
    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

extension Server {
    /// The pages of the modules that some host has.
    package var modulePages: [ConsolePage] {
        let configuration = self.configuration
        let enabled = Set(
            configuration.hosts.flatMap { configuration.host($0)?.modules.keys.map { $0 } ?? [] })
        return catalogue.filter { enabled.contains($0.name) }.flatMap(\.pages)
    }

    /// What the modules of the catalogue can be told, by name.
    package var optionsOfModules: [String: [any OptionDeclaration]] {
        Dictionary(catalogue.map { ($0.name, $0.options) }) { first, _ in first }
    }
}
