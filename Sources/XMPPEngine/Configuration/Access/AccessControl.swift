/// The ACLs, access rules, shapers and shaper rules of the server and of each virtual host.
///
/// A value: build it once a load, ask it from anywhere. A question costs a few dictionary look-ups
/// and the criteria of one rule.
package struct AccessControl: Sendable, Equatable {
    /// The rules of the server, or what one host has in their place.
    package struct Rules: Sendable, Equatable {
        package var acls: [String: [ACLMatch]] = [:]
        package var access: [String: AccessRule] = [:]
        package var shaperRules: [String: ShaperRule] = [:]

        package init() {}
    }

    package let servedHosts: Set<String>
    package let shapers: [String: Limit<Shaper>]
    package let server: Rules
    /// The rules of hosts that differ from the server's.
    package let perHost: [String: Rules]

    package init(
        servedHosts: Set<String> = [], shapers: [String: Limit<Shaper>] = [:],
        server: Rules = Rules(), perHost: [String: Rules] = [:]
    ) {
        self.servedHosts = servedHosts
        self.shapers = shapers
        self.server = server
        self.perHost = perHost
    }

    /// Whether a rule allows the subject.
    ///
    /// - Parameters:
    ///   - rule: A name of `access_rules`, `all`, `none`, or a rule in place; unknown names deny.
    ///   - subject: Who asks; criteria about what it lacks do not match.
    ///   - host: The virtual host whose rules count; `nil` for the server's.
    /// - Returns: `true` when the first clause that matches is `allow`.
    package func decision(
        rule: RuleReference, for subject: AccessSubject, host: String? = nil
    ) -> Bool {
        switch rule {
        case .named("all"): return true
        case .named("none"): return false
        case .named(let name):
            guard let found = rules(of: host).access[name] else { return false }
            return decision(of: found, for: subject, host: host)
        case .inline(let rule):
            return decision(of: rule, for: subject, host: host)
        }
    }

    /// What a shaper rule gives the subject; `nil` for an unknown name or when no clause matches.
    package func value(
        shaperRule name: String, for subject: AccessSubject, host: String? = nil
    ) -> ShaperValue? {
        guard let rule = rules(of: host).shaperRules[name] else { return nil }
        return value(of: rule, for: subject, host: host)
    }

    /// The number a shaper rule gives, such as `max_user_sessions`.
    ///
    /// - Returns: `nil` when the rule is unknown, no clause matches, or its value is a shaper.
    package func number(
        shaperRule name: String, for subject: AccessSubject, host: String? = nil
    ) -> Limit<Int>? {
        switch value(shaperRule: name, for: subject, host: host) {
        case .number(let number): .at(number)
        case .unlimited: .infinity
        case .shaper, nil: nil
        }
    }

    /// The traffic limit for a subject; `nil` when there is none.
    package func shaper(
        _ reference: ShaperReference, for subject: AccessSubject, host: String? = nil
    ) -> Shaper? {
        switch reference {
        case .rate(let rate): return Shaper(bytesPerSecond: rate)
        case .inline(let rule):
            return value(of: rule, for: subject, host: host).flatMap(limit)
        case .named(let name):
            guard let rule = rules(of: host).shaperRules[name] else {
                return shapers[name]?.bound
            }
            return value(of: rule, for: subject, host: host).flatMap(limit)
        }
    }

    private func rules(of host: String?) -> Rules {
        guard let host, let own = perHost[host] else { return server }
        return own
    }

    private func limit(_ value: ShaperValue) -> Shaper? {
        switch value {
        case .unlimited: nil
        case .number(let rate): Shaper(bytesPerSecond: rate)
        case .shaper(let name): shapers[name]?.bound
        }
    }

    private func decision(
        of rule: AccessRule, for subject: AccessSubject, host: String?
    ) -> Bool {
        rule.clauses.first { holds($0.conditions, for: subject, host: host) }?.allows ?? false
    }

    private func value(
        of rule: ShaperRule, for subject: AccessSubject, host: String?
    ) -> ShaperValue? {
        rule.clauses.first { holds($0.conditions, for: subject, host: host) }?.value
    }

    private func holds(
        _ conditions: [AccessCondition], for subject: AccessSubject, host: String?
    ) -> Bool {
        !conditions.isEmpty
            && conditions.allSatisfy { condition in
                switch condition {
                case .acl("all"): true
                case .acl("none"): false
                case .acl(let name):
                    rules(of: host).acls[name]?.contains {
                        $0.matches(subject, servedHosts: servedHosts)
                    } ?? false
                case .oneOf(let matches):
                    matches.contains { $0.matches(subject, servedHosts: servedHosts) }
                }
            }
    }
}
