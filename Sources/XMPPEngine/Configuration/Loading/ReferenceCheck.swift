/// Checks that every rule, ACL, shaper, handler and command that is named exists.
struct ReferenceCheck {
    let schema: ConfigurationSchema
    let reader: OptionReader
    let language: ConfigurationLanguage
    let shapers: Set<String>

    private static let unlimited: Set<String> = ["none", "infinity", "infinite", "unlimited"]
    /// ACLs that ejabberd's own sample names without defining them: they match nobody.
    private static let customaryACLs: Set<String> = ["admin", "blocked"]

    /// The server's rules with the classic ones added that a classic file relies on.
    func completed(
        _ server: AccessControl.Rules, perHost: [String: AccessControl.Rules],
        mentions: [RuleMention]
    ) -> AccessControl.Rules {
        var server = server
        for mention in mentions {
            let rules = mention.host.flatMap { perHost[$0] } ?? server
            let everyHost = mention.host == nil ? Array(perHost.values) : []
            check(mention, in: [rules] + everyHost, server: &server)
        }
        return server
    }

    private func check(
        _ mention: RuleMention, in rules: [AccessControl.Rules],
        server: inout AccessControl.Rules
    ) {
        switch mention.kind {
        case .access:
            let names = Set(rules.flatMap(\.access.keys)).union(["all", "none"])
            guard !names.contains(mention.name) else { return }
            guard language == .terms else {
                return fail(mention, "there is no access rule", names)
            }
            let rule = Self.classicRule(mention.name)
            server.access[mention.name] = rule ?? AccessRule([])
            let effect = rule == nil ? "it denies everybody" : "the classic one is used"
            warn(mention, "no access rule `\(mention.name.shortened)` is defined; \(effect)")
        case .acl:
            let names = Set(rules.flatMap(\.acls.keys)).union(["all", "none"])
            guard !names.contains(mention.name) else { return }
            if language == .terms || Self.customaryACLs.contains(mention.name) {
                warn(mention, "no ACL `\(mention.name.shortened)` is defined; it matches nobody")
            } else {
                fail(mention, "there is no ACL", names)
            }
        case .shaperRule:
            let names = Set(rules.flatMap(\.shaperRules.keys)).union(shapers)
                .union(Self.unlimited)
            guard !names.contains(mention.name) else { return }
            guard language == .terms else {
                return fail(mention, "there is no shaper or shaper rule", names)
            }
            warn(mention, "no shaper `\(mention.name.shortened)` is defined; there is no limit")
        case .shaper:
            guard !shapers.contains(mention.name) else { return }
            fail(mention, "there is no shaper", shapers.union(["none", "infinity"]))
        case .requestHandler:
            checkHandler(mention)
        case .command:
            guard let commands = schema.commands?.commands else { return }
            check(mention, "command", among: commands, EjabberdCommands.names.names)
        case .commandTag:
            guard let tags = schema.commands?.tags else { return }
            let singular = tags.compactMap { $0.hasSuffix("s") ? String($0.dropLast()) : nil }
            check(
                mention, "tag of commands", among: tags.union(singular),
                EjabberdCommands.tags.names)
        }
    }

    /// Something of a permission must be there; what only ejabberd has is a warning.
    private func check(
        _ mention: RuleMention, _ what: String, among served: Set<String>, _ known: Set<String>
    ) {
        guard !served.contains(mention.name) else { return }
        if known.contains(mention.name) {
            warn(
                mention,
                "ejabberd has the \(what) `\(mention.name)`, Martlet does not serve it yet; it has"
                    + " no effect")
        } else {
            fail(mention, "there is no \(what)", served.union(known))
        }
    }

    private func checkHandler(_ mention: RuleMention) {
        guard !schema.requestHandlers.contains(mention.name) else { return }
        let known = EjabberdModules.requestHandlers.names
        if known.contains(mention.name) {
            warn(
                mention,
                "ejabberd has the handler `\(mention.name)`, Martlet does not serve it yet; it"
                    + " has no effect")
        } else {
            fail(mention, "there is no handler", known.union(schema.requestHandlers))
        }
    }

    private func fail(_ mention: RuleMention, _ what: String, _ names: Set<String>) {
        reader.report.add(
            ConfigurationError(
                at: mention.position, path: mention.path,
                "\(what) `\(mention.name.shortened)`",
                suggestion: NearestName.to(mention.name, among: names)))
    }

    private func warn(_ mention: RuleMention, _ message: String) {
        reader.report.warn(at: mention.position, path: mention.path, message)
    }

    /// What classic sample files had under a name that a file uses and does not define.
    private static func classicRule(_ name: String) -> AccessRule? {
        let condition: AccessCondition
        switch name {
        case "c2s", "muc", "register": condition = .acl("all")
        case "local", "muc_create", "pubsub_createnode": condition = localUsers
        case "announce", "configure", "muc_admin": condition = .acl("admin")
        case _: return nil
        }
        return AccessRule([.init(allows: true, conditions: [condition])])
    }

    /// Every account of a served host.
    private static let localUsers = AccessCondition.oneOf(
        Glob("?*").map { [.userPattern(.glob($0), domain: nil)] } ?? [])
}
