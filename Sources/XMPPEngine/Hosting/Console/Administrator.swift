import XMPPConfig
import XMPPCore

/// An account that asks to administrate, and how far the access rule `configure` lets it.
package struct Administrator: Hashable, Sendable {
    /// What an administrator may reach.
    package enum Reach: Hashable, Sendable {
        case nothing
        /// Some of the served hosts, and nothing of the server as a whole.
        case hosts([String])
        case server
    }

    package let account: BareJID
    /// Where the request came from; rules may depend on it.
    package let address: IPAddress?
    package let reach: Reach

    /// Asks the rules; they may say otherwise after the next reload.
    package init(_ account: BareJID, from address: IPAddress?, in configuration: Configuration) {
        self.account = account
        self.address = address
        let subject = AccessSubject(account, ip: address)
        let access = configuration.access
        func allows(_ host: String?) -> Bool {
            access.decision(rule: .named("configure"), for: subject, host: host)
        }
        if allows(nil) {
            reach = .server
        } else {
            let hosts = configuration.hosts.filter { allows($0) }
            reach = hosts.isEmpty ? .nothing : .hosts(hosts)
        }
    }

    /// Whether a host is within reach.
    package func reaches(host: String) -> Bool {
        switch reach {
        case .nothing: false
        case .hosts(let hosts): hosts.contains(host)
        case .server: true
        }
    }

    /// Whether a page of this scope may be shown at all.
    package func reaches(_ scope: ConsoleScope) -> Bool {
        switch (reach, scope) {
        case (.nothing, _), (.hosts, .server): false
        case (.server, _), (.hosts, .host), (.hosts, .reach): true
        }
    }

    /// Whether a command may be run with these arguments.
    ///
    /// Who administrates hosts may run what names one of them, and nothing else.
    package func mayRun(_ command: Command, _ arguments: [String: String]) -> Bool {
        switch reach {
        case .nothing: return false
        case .server: return true
        case .hosts(let hosts):
            let domains = command.arguments.compactMap { argument -> String? in
                guard let text = arguments[argument.name] else { return nil }
                switch argument.kind {
                case .host: return BareJID(localpart: nil, domainpart: text)?.text ?? ""
                case .jid: return JID(text)?.bare.domainpart ?? ""
                case .string, .int, .bool, .network, .user, .strings: return nil
                }
            }
            return !domains.isEmpty && domains.allSatisfy(hosts.contains)
        }
    }
}

/// Who asks the console for a page, and for what.
package struct ConsoleRequest: Sendable {
    package let server: Server
    package let administrator: Administrator
    /// The host chosen on a page about one; `nil` on other pages.
    package let host: VirtualHost?
    /// What the modules can be told, by name.
    package let optionsOfModules: [String: [any OptionDeclaration]]
    private let query: [String: String]

    /// A request by an administrator who may see the page.
    package init(
        server: Server, administrator: Administrator, host: VirtualHost?,
        optionsOfModules: [String: [any OptionDeclaration]], query: [String: String]
    ) {
        self.server = server
        self.administrator = administrator
        self.host = host
        self.optionsOfModules = optionsOfModules
        self.query = query
    }

    /// A query parameter; empty when it is not given.
    package subscript(_ name: String) -> String { query[name] ?? "" }

    /// The parameter that keeps the chosen host in links.
    package var hostParameter: [ConsoleParameter] {
        host.map { [ConsoleParameter("host", $0.domain)] } ?? []
    }
}
