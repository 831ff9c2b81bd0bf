/// Who may run which commands (`api_permissions`): a rule that fits allows, none denies.
package struct APIPermissions: Sendable, Equatable {
    /// What a call comes through, by ejabberd's names.
    package enum Source: String, OptionKeyword {
        case http = "mod_http_api"
        case console = "ejabberd_web_admin"
        case tool = "ejabberd_ctl"
        case adHoc = "mod_adhoc_api"
        case xmlRPC = "ejabberd_xmlrpc"
        case cron = "mod_cron"
    }

    /// Whom a rule is for.
    package indirect enum Who: Sendable, Equatable {
        case access(RuleReference)
        /// Whoever is on this machine.
        case loopback
        /// Holders of a token with one of the scopes, if they are also one of these.
        case token(scopes: [String], of: [Who])
    }

    /// One named rule.
    package struct Rule: Sendable, Equatable {
        package let name: String
        /// Empty for every source.
        package let from: [Source]
        /// One of these must fit.
        package let who: [Who]
        package let what: CommandSelection
    }

    /// Who asks.
    package struct Caller: Sendable {
        package let subject: AccessSubject
        package let isLoopback: Bool
        /// What the caller's token is for; `nil` for one who came without a token.
        package let scope: CommandSelection?

        package init(
            subject: AccessSubject, isLoopback: Bool = false, scope: CommandSelection? = nil
        ) {
            self.subject = subject
            self.isLoopback = isLoopback
            self.scope = scope
        }
    }

    package let rules: [Rule]

    package init(_ rules: [Rule]) { self.rules = rules }

    /// What holds when nothing is written: whoever the access rule `configure` allows may do all.
    package static let standard = APIPermissions([
        Rule(
            name: "administrators", from: [], who: [.access(.named("configure"))],
            what: .everything)
    ])

    /// Whether a caller may run a command.
    ///
    /// A token narrows what its owner may do: its scope must have the command as well.
    ///
    /// - Parameters:
    ///   - command: Its name.
    ///   - tag: The command's tag.
    ///   - caller: Who asks.
    ///   - source: What the call comes through.
    ///   - access: The server's access rules.
    /// - Returns: `true` when a rule fits in all its parts.
    package func allow(
        _ command: String, tag: String, to caller: Caller, from source: Source,
        by access: AccessControl
    ) -> Bool {
        if let scope = caller.scope, !scope.contains(command, tag: tag) { return false }
        return rules.contains { rule in
            (rule.from.isEmpty || rule.from.contains(source))
                && rule.what.contains(command, tag: tag)
                && rule.who.contains { Self.fits($0, caller, access) }
        }
    }

    private static func fits(_ who: Who, _ caller: Caller, _ access: AccessControl) -> Bool {
        switch who {
        case .access(let rule):
            return access.decision(rule: rule, for: caller.subject)
        case .loopback:
            return caller.isLoopback
        case .token(let scopes, let others):
            guard let scope = caller.scope, scopes.contains(where: { holds(scope, $0) }) else {
                return false
            }
            return others.contains { fits($0, caller, access) }
        }
    }

    /// Whether a token's scope has a word; ejabberd's word for everything is `ejabberd:admin`.
    private static func holds(_ scope: CommandSelection, _ word: String) -> Bool {
        scope.isEverything || (word != "ejabberd:admin" && scope.words.contains(word))
    }
}
