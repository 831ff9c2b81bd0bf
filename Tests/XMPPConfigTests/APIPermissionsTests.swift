import Testing
import XMPPCore

@testable import XMPPConfig

@Suite("api_permissions")
struct APIPermissionsTests {
    private static let head = """
        hosts: [localhost]
        acl: {admin: {user: admin@localhost}, office: {ip: 192.0.2.0/24}}
        access_rules: {configure: {allow: admin}, staff: {allow: office}}

        """

    private func caller(
        _ jid: String?, ip: String? = nil, isLoopback: Bool = false, scope: [String]? = nil
    ) -> APIPermissions.Caller {
        APIPermissions.Caller(
            subject: AccessSubject(
                jid: jid.flatMap { JID($0) }, ip: ip.flatMap { IPAddress($0) }),
            isLoopback: isLoopback, scope: scope.flatMap { CommandSelection($0) })
    }

    /// Whether a configuration's permissions let a caller run `status`, tag `server`.
    private func allows(
        _ permissions: String?, _ caller: APIPermissions.Caller, command: String = "status",
        tag: String = "server", from source: APIPermissions.Source = .http
    ) throws -> Bool {
        let line = permissions.map { "api_permissions: \($0)" } ?? ""
        let configuration = try Play.load(Self.head + line)
        return configuration.options[ServerOption.apiPermissions].allow(
            command, tag: tag, to: caller, from: source, by: configuration.access)
    }

    @Test("Without the option only those that `configure` allows may run anything")
    func standard() throws {
        #expect(try allows(nil, caller("admin@localhost")))
        #expect(try allows(nil, caller("admin@localhost"), command: "stop"))
        #expect(try !allows(nil, caller("romeo@localhost")))
        #expect(try !allows(nil, caller("admin@elsewhere.example")))
        #expect(try !allows(nil, caller(nil, ip: "127.0.0.1", isLoopback: true)))
        let nobody = try Play.load("hosts: [localhost]")
        #expect(
            !nobody.options[ServerOption.apiPermissions].allow(
                "status", tag: "server", to: caller("admin@localhost"), from: .http,
                by: nobody.access))
    }

    @Test("An empty map allows nobody anything")
    func empty() throws {
        #expect(try !allows("{}", caller("admin@localhost")))
    }

    @Test(
        "Whom a rule is for: one of the list must fit",
        arguments: [
            ("{acl: admin}", "admin@localhost", "romeo@localhost"),
            ("admin", "admin@localhost", "romeo@localhost"),
            ("[office, admin]", "admin@localhost", "romeo@localhost"),
            ("{access: configure}", "admin@localhost", "romeo@localhost"),
            ("{access: [{allow: admin}]}", "admin@localhost", "romeo@localhost"),
            ("{user: romeo@localhost}", "romeo@localhost", "admin@localhost"),
            ("[{user: romeo@localhost}, {acl: admin}]", "admin@localhost", "tybalt@localhost"),
        ])
    func people(who: String, allowed: String, refused: String) throws {
        let rule = "{r: {who: \(who), what: status}}"
        #expect(try allows(rule, caller(allowed)))
        #expect(try !allows(rule, caller(refused)))
        #expect(try !allows(rule, caller(nil)))
    }

    @Test("Addresses and this machine, also for callers without a name")
    func addresses() throws {
        let network = "{r: {who: {ip: 192.0.2.0/24}, what: '*'}}"
        #expect(try allows(network, caller(nil, ip: "192.0.2.9")))
        #expect(try !allows(network, caller(nil, ip: "192.0.3.9")))
        #expect(try !allows(network, caller("admin@localhost")))
        for who in ["loopback", "{acl: loopback}", "[loopback]"] {
            let rule = "{r: {who: \(who), what: '*'}}"
            #expect(try allows(rule, caller(nil, isLoopback: true)))
            // Behind a proxy that nobody trusts, the address is no proof.
            #expect(try !allows(rule, caller(nil, ip: "127.0.0.1")))
        }
        #expect(try allows("{r: {who: all, what: '*'}}", caller(nil)))
        #expect(try !allows("{r: {who: none, what: '*'}}", caller("admin@localhost")))
        let both = "{r: {who: {access: {allow: [admin, office]}}, what: '*'}}"
        #expect(try allows(both, caller("admin@localhost", ip: "192.0.2.1")))
        #expect(try !allows(both, caller("admin@localhost", ip: "198.51.100.1")))
    }

    @Test("A rule holds for the sources it names")
    func sources() throws {
        let rule = "{r: {from: [mod_http_api, ejabberd_web_admin], who: all, what: '*'}}"
        #expect(try allows(rule, caller(nil), from: .http))
        #expect(try allows(rule, caller(nil), from: .console))
        #expect(try !allows(rule, caller(nil), from: .adHoc))
    }

    static let selections: [(String, Bool, Bool)] = [
        // what, whether it has `status` of `server`, whether `register` of `accounts`
        ("'*'", true, true), ("status", true, false), ("[status, register]", true, true),
        ("['[tag:accounts]']", false, true), ("'[tag:account]'", false, true),
        ("[tag:accounts]", false, true), ("[['tag:server']]", true, false),
        ("['*', '!status']", false, true), ("['*', '![tag:accounts]']", true, false),
        ("['!status']", false, false), ("['[tag:server]', '!status']", false, false),
    ]

    @Test("What a rule allows: names, tags, everything, and exceptions", arguments: selections)
    func selection(what: String, hasStatus: Bool, hasRegister: Bool) throws {
        let rule = "{r: {who: all, what: \(what)}}"
        #expect(try allows(rule, caller(nil)) == hasStatus)
        #expect(
            try allows(rule, caller(nil), command: "register", tag: "accounts") == hasRegister)
    }

    @Test("An exception in one rule takes nothing from another")
    func union() throws {
        let rules =
            "{a: {who: all, what: ['*', '!status']}, b: {who: {acl: admin}, what: status}}"
        #expect(try allows(rules, caller("admin@localhost")))
        #expect(try !allows(rules, caller("romeo@localhost")))
    }

    @Test("A token narrows what its owner may do, and widens nothing")
    func tokens() throws {
        let admin = "admin@localhost"
        #expect(try allows(nil, caller(admin, scope: ["*"])))
        #expect(try allows(nil, caller(admin, scope: ["status"])))
        #expect(try allows(nil, caller(admin, scope: ["[tag:server]"])))
        #expect(try !allows(nil, caller(admin, scope: ["[tag:accounts]"])))
        #expect(try !allows(nil, caller(admin, scope: ["*", "!status"])))
        #expect(try !allows(nil, caller("romeo@localhost", scope: ["*"])))
    }

    @Test("`oauth` is for holders of a token with one of its scopes")
    func oauth() throws {
        let rule = "{r: {who: {oauth: {scope: status, access: {allow: admin}}}, what: '*'}}"
        #expect(try allows(rule, caller("admin@localhost", scope: ["status"])))
        #expect(try allows(rule, caller("admin@localhost", scope: ["*"])))
        #expect(try !allows(rule, caller("admin@localhost")))
        #expect(try !allows(rule, caller("romeo@localhost", scope: ["status"])))
        let all = "{r: {who: [{oauth: [{scope: 'ejabberd:admin'}, {acl: admin}]}], what: '*'}}"
        #expect(try allows(all, caller("admin@localhost", scope: ["*"])))
        #expect(try !allows(all, caller("admin@localhost", scope: ["status"])))
    }

    @Test(
        "What ejabberd's own sample writes is read",
        arguments: [
            """
            api_permissions:
              "console commands":
                from: ejabberd_ctl
                who: all
                what: "*"
              "webadmin commands":
                from: ejabberd_web_admin
                who: admin
                what: "*"
              "admin access":
                who:
                  access:
                    allow:
                      - acl: admin
                  oauth:
                    scope: "ejabberd:admin"
                    access:
                      allow:
                        - acl: admin
                what:
                  - "*"
                  - "!stop"
                  - "!start"
              "public commands":
                who:
                  ip: 127.0.0.1/8
                what:
                  - status
                  - connected_users_number
            """
        ])
    func sample(text: String) throws {
        let configuration = try Play.load(Self.head + text)
        let permissions = configuration.options[ServerOption.apiPermissions]
        #expect(permissions.rules.count == 4)
        let access = configuration.access
        func allows(_ command: String, _ caller: APIPermissions.Caller) -> Bool {
            permissions.allow(command, tag: "server", to: caller, from: .http, by: access)
        }
        #expect(allows("reload_config", caller("admin@localhost")))
        #expect(!allows("stop", caller("admin@localhost")))
        #expect(allows("status", caller(nil, ip: "127.0.0.1")))
        #expect(!allows("reload_config", caller(nil, ip: "127.0.0.1")))
    }

    @Test(
        "Wrong permissions are problems",
        arguments: [
            ("[]x", 1), ("status", 1), ("{r: status}", 1), ("{r: {who: all}}", 1),
            ("{r: {what: '*'}}", 1), ("{r: {who: all, what: '*', whom: x}}", 1),
            ("{r: {who: all, what: 'Status!'}}", 1), ("{r: {who: all, what: []}}", 1),
            ("{r: {who: all, what: '[tag:]'}}", 1), ("{r: {who: all, what: '[status]'}}", 1),
            ("{r: {who: all, what: {a: b}}}", 1), ("{r: {who: [], what: '*'}}", 1),
            ("{r: {who: {}, what: '*'}}", 1), ("{r: {who: {acl: ghost}, what: '*'}}", 1),
            ("{r: {who: ghost, what: '*'}}", 1), ("{r: {who: {access: ghost}, what: '*'}}", 1),
            ("{r: {who: {ip: 10.0.0}, what: '*'}}", 1), ("{r: {who: {usr: a}, what: '*'}}", 1),
            ("{r: {from: mod_muc, who: all, what: '*'}}", 1),
            ("{r: {who: {oauth: {scope: a}}, what: '*'}}", 1),
            ("{r: {who: {oauth: {access: configure}}, what: '*'}}", 1),
            ("{a: {who: all}, b: {what: '*'}}", 2),
        ])
    func wrong(text: String, count: Int) {
        let problems = Play.problems(Self.head + "api_permissions: \(text)")
        #expect(problems.count == count, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix("test.yml:4: ") }, "\(problems)")
    }

    @Test("A misspelt key is told with file, line, path and the nearest spelling")
    func spelling() {
        let problems = Play.problems(
            Self.head + "api_permissions:\n  r:\n    who: all\n    waht: '*'\n    what: '*'")
        #expect(
            problems == [
                "test.yml:7: api_permissions.r: there is no `waht` in a permission; "
                    + "did you mean `what`?"
            ])
    }
}

@Suite("Commands and tags that permissions name")
struct PermittedCommandTests {
    private func problems(_ what: String) -> [String] {
        Play.problems("hosts: [localhost]\napi_permissions:\n  r: {who: all, what: \(what)}")
    }

    @Test(
        "One that is nowhere is told with file, line, path and the nearest spelling",
        arguments: [
            ("[registr]", "[1]: there is no command `registr`; did you mean `register`?"),
            (
                "['*', '!kick_usr']",
                "[2]: there is no command `kick_usr`; did you mean `kick_user`?"
            ),
            ("nosuchcmd", ": there is no command `nosuchcmd`"),
            (
                "'[tag:acounts]'",
                ": there is no tag of commands `acounts`; did you mean `accounts`?"
            ),
            ("['![tag:nosuch]']", "[1]: there is no tag of commands `nosuch`"),
        ])
    func unknown(what: String, told: String) {
        #expect(problems(what) == ["test.yml:3: api_permissions.r.what\(told)"])
    }

    @Test("All that are wrong are told")
    func all() {
        #expect(problems("[nosuchcmd, status, '[tag:nosuch]', registr]").count == 3)
    }

    @Test("Names and tags that there are, singular or plural, are taken without a word")
    func known() throws {
        let warnings = try Play.warnings(
            "hosts: [localhost]\napi_permissions:\n"
                + "  r: {who: all, what: [status, '!stop', '[tag:accounts]', '[tag:session]']}")
        #expect(warnings.isEmpty)
    }

    @Test("What only ejabberd has is a warning that names it")
    func ejabberd() throws {
        let warnings = try Play.warnings(
            "hosts: [localhost]\napi_permissions:\n"
                + "  r: {who: all, what: [create_room, '[tag:muc]']}")
        #expect(
            warnings == [
                "test.yml:3: api_permissions.r.what[1]: ejabberd has the command `create_room`, "
                    + "Martlet does not serve it yet; it has no effect",
                "test.yml:3: api_permissions.r.what[2]: ejabberd has the tag of commands `muc`, "
                    + "Martlet does not serve it yet; it has no effect",
            ])
    }
}

@Suite("Selections of commands")
struct CommandSelectionTests {
    static let pairs: [([String], [String], Bool)] = [
        (["*"], ["*"], true), (["*"], ["status"], true), (["*"], ["[tag:accounts]"], true),
        (["status"], ["status"], true), (["status"], ["stop"], false),
        (["status", "stop"], ["stop"], true), (["[tag:server]"], ["stop"], false),
        (["*", "!stop"], ["*"], false), (["*", "!stop"], ["*", "!stop", "!status"], true),
        (["*", "!stop"], ["stop"], false), (["status"], ["*"], false),
    ]

    @Test("What one selection certainly has of another", arguments: pairs)
    func includes(wide: [String], narrow: [String], expected: Bool) throws {
        let wide = try #require(CommandSelection(wide))
        let narrow = try #require(CommandSelection(narrow))
        #expect(wide.includes(narrow) == expected)
    }

    @Test(
        "Words that select nothing are refused",
        arguments: [
            [], [""], ["!"], ["a b"], ["[status]"], ["[tag:x"], ["!!a"], ["A"], ["ä"],
            [String(repeating: "a", count: 65)], ["*", "a;b"], ["**"],
        ])
    func malformed(words: [String]) {
        #expect(CommandSelection(words) == nil)
    }
}
