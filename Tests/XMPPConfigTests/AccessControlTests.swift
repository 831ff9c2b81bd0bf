import Testing
import XMPPCore

@testable import XMPPConfig

enum Subjects {
    static func user(_ jid: String, ip: String? = nil) -> AccessSubject? {
        JID(jid).map { AccessSubject(jid: $0, ip: ip.flatMap { IPAddress($0) }) }
    }
}

@Suite("Access rules and shapers")
struct AccessControlTests {
    /// Whether a rule `x`, with the given ACLs, allows a subject.
    private func allows(
        _ rule: String, acl: String = "{}", _ jid: String, ip: String? = nil
    ) throws -> Bool {
        let configuration = try Play.load(
            "hosts: [localhost]\nacl: \(acl)\naccess_rules: {x: \(rule)}")
        let subject = try #require(Subjects.user(jid, ip: ip))
        return configuration.access.decision(rule: "x", for: subject)
    }

    @Test("The built-in rules need no definition; an unknown rule denies")
    func builtIn() throws {
        let access = AccessControl()
        let subject = AccessSubject()
        #expect(access.decision(rule: "all", for: subject))
        #expect(!access.decision(rule: "none", for: subject))
        #expect(!access.decision(rule: "unknown", for: subject))
        #expect(!access.decision(rule: .inline(AccessRule([])), for: subject))
    }

    @Test("The first line that fits decides; none denies")
    func firstMatch() throws {
        let acl = "{bad: {user: tybalt}, admin: {user: romeo@localhost}}"
        #expect(try !allows("{deny: bad, allow: all}", acl: acl, "tybalt@localhost"))
        #expect(try allows("{deny: bad, allow: all}", acl: acl, "romeo@localhost"))
        #expect(try !allows("{allow: admin}", acl: acl, "tybalt@localhost"))
        #expect(try allows("[{allow: admin}, deny]", acl: acl, "romeo@localhost"))
        #expect(try allows("[{deny: bad}, allow]", acl: acl, "nurse@localhost"))
        #expect(try !allows("[{deny: none}]", "nurse@localhost"))
    }

    @Test("Everything in one line must hold")
    func conjunction() throws {
        let acl = "{admin: {user: romeo@localhost}, loopback: {ip: 127.0.0.0/8}}"
        let rule = "{allow: [admin, loopback]}"
        #expect(try allows(rule, acl: acl, "romeo@localhost", ip: "127.0.0.9"))
        #expect(try !allows(rule, acl: acl, "romeo@localhost", ip: "192.0.2.1"))
        #expect(try !allows(rule, acl: acl, "romeo@localhost"))
        #expect(try !allows(rule, acl: acl, "paris@localhost", ip: "127.0.0.9"))
        let inline = "{allow: {acl: admin, ip: [192.0.2.1, 127.0.0.1]}}"
        #expect(try allows(inline, acl: acl, "romeo@localhost", ip: "127.0.0.1"))
        #expect(try !allows(inline, acl: acl, "romeo@localhost", ip: "127.0.0.2"))
    }

    @Test(
        "Each criterion matches what it names and nothing else",
        arguments: [
            ("{user: romeo}", "romeo@localhost/garden", "romeo@elsewhere.example"),
            ("{user: romeo@elsewhere.example}", "romeo@elsewhere.example", "romeo@localhost"),
            ("{user: {romeo: elsewhere.example}}", "romeo@elsewhere.example", "romeo@localhost"),
            ("{user: [romeo, paris@x.example]}", "paris@x.example", "paris@localhost"),
            ("[{user: romeo}, {server: x.example}]", "anybody@x.example", "paris@localhost"),
            ("{user_regexp: ''}", "anybody@localhost", "anybody@elsewhere.example"),
            ("{user_regexp: '^r.*o$'}", "romeo@localhost", "romeos@localhost"),
            ("{user_regexp: 'meo@x.example'}", "romeo@x.example", "romeo@localhost"),
            ("{user_glob: 'r*[m-o]'}", "romeo@localhost", "romea@localhost"),
            ("{user_glob: 'test?@x.example'}", "test1@x.example", "test12@x.example"),
            ("{server: x.example}", "romeo@x.example", "romeo@y.x.example"),
            ("{server_regexp: '[.]example$'}", "romeo@x.example", "romeo@example.net"),
            ("{server_glob: '*.example'}", "romeo@x.example", "romeo@localhost"),
            ("{resource: garden}", "a@localhost/garden", "a@localhost"),
            ("{resource_regexp: '^g'}", "a@localhost/garden", "a@localhost/og"),
            ("{resource_glob: 'g*'}", "a@localhost/garden", "a@localhost/og"),
            ("{node_regexp: {'^r': '^x'}}", "romeo@x.example", "romeo@localhost"),
            ("{node_glob: {'r*': 'x.*'}}", "romeo@x.example", "juliet@x.example"),
        ])
    func criteria(acl: String, matching: String, other: String) throws {
        #expect(try allows("{allow: some}", acl: "{some: \(acl)}", matching))
        #expect(try !allows("{allow: some}", acl: "{some: \(acl)}", other))
    }

    @Test("A user of ejabberd's shared groups warns and matches nobody")
    func sharedGroup() throws {
        let yaml = "hosts: [localhost]\nacl: {some: {shared_group: staff}}"
        #expect(try Play.warnings(yaml).count == 1)
    }

    @Test(
        "Wrong rules are problems",
        arguments: [
            "acl: {x: {usr: romeo}}", "acl: {x: {user: 'a b'}}", "acl: {x: romeo}",
            "acl: {x: {}}", "acl: {all: {user: a}}", "acl: {x: {ip: 10.0.0}}",
            "acl: {x: {user_regexp: '('}}", "acl: {x: {user_regexp: '\\d'}}",
            "acl: {x: {user_regexp: '(?i)a'}}", "acl: {x: {user_glob: '[a'}}",
            "acl: {x: {node_regexp: a}}", "acl: {x: {user: []}}", "acl: {x: {server: 'a b'}}",
            "acl: {x: {user_regexp: 'a@b c'}}", "acl: {x: {user: {romeo: [x]}}}",
            "access_rules: {x: allow}", "access_rules: {x: {alow: all}}",
            "access_rules: {x: {allow: adminn}}", "access_rules: {x: []}",
            "access_rules: {x: {allow: }}", "access_rules: {none: {allow: all}}",
            "access_rules: {x: {allow: {acl: nobody_such}}}", "shaper: {none: 5}",
            "shaper: {x: 0}", "shaper: {x: fast}", "shaper: {x: {burst_size: 5}}",
            "shaper: {x: {rate: 5, brust: 6}}", "shaper: {x: {rate: -5}}",
            "shaper_rules: {x: unknown}", "shaper_rules: {x: 0}", "shaper_rules: {x: {5: ghost}}",
            "shaper_rules: {x: }", "shaper_rules: {infinity: 5}",
        ])
    func wrongRules(line: String) {
        let problems = Play.problems("hosts: [localhost]\n" + line)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("test.yml:2: ") == true)
    }

    @Test("A misspelt rule name gets the nearest spelling")
    func nearestRule() {
        let problems = Play.problems(
            """
            hosts: [localhost]
            access_rules: {trusted: {allow: all}}
            listen:
              - {port: 1, module: ejabberd_c2s, access: trustd, shaper: nomal}
            shaper: {normal: 5}
            """)
        let expected = """
            test.yml:4: listen[1].access: there is no access rule `trustd`; did you mean `trusted`?
            test.yml:4: listen[1].shaper: there is no shaper or shaper rule `nomal`; \
            did you mean `normal`?
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("ACLs that sample configurations name without defining them warn")
    func customaryACL() throws {
        let warnings = try Play.warnings(
            "hosts: [localhost]\naccess_rules: {c2s: {deny: blocked, allow: all}}")
        #expect(
            warnings == [
                "test.yml:2: access_rules.c2s.deny: no ACL `blocked` is defined; it matches nobody"
            ])
    }

    @Test("Shaper rules give numbers and shapers by who asks")
    func shaperRules() throws {
        let access = try Play.load(
            """
            hosts: [localhost]
            acl: {admin: {user: romeo}}
            shaper: {slow: 100, fast: {rate: 1000, burst_size: 5000}, free: infinity}
            shaper_rules:
              sessions: 10
              messages: {5000: admin, 100: all}
              c2s: [{none: admin}, fast]
              odd: [{infinity: admin}]
            """
        ).access
        let romeo = try #require(Subjects.user("romeo@localhost"))
        let paris = try #require(Subjects.user("paris@localhost"))
        #expect(access.number(shaperRule: "sessions", for: paris) == 10)
        #expect(access.number(shaperRule: "messages", for: romeo) == 5000)
        #expect(access.number(shaperRule: "messages", for: paris) == 100)
        #expect(access.number(shaperRule: "odd", for: romeo) == .infinity)
        #expect(access.number(shaperRule: "odd", for: paris) == nil)
        #expect(access.value(shaperRule: "c2s", for: paris) == .shaper("fast"))
        #expect(access.shaper("c2s", for: romeo) == nil)
        #expect(access.shaper("c2s", for: paris) == Shaper(bytesPerSecond: 1000, burstBytes: 5000))
        #expect(access.shaper("slow", for: paris) == Shaper(bytesPerSecond: 100, burstBytes: 100))
        #expect(access.shaper("free", for: paris) == nil)
        #expect(access.shaper("none", for: paris) == nil)
        #expect(access.shaper(.rate(7), for: paris) == Shaper(bytesPerSecond: 7))
    }

    @Test("A rule may be written where its name would stand")
    func inlineRules() throws {
        let configuration = try Play.load(
            """
            hosts: [localhost]
            listen:
              - port: 5222
                module: ejabberd_c2s
                access: [{allow: {ip: 127.0.0.1}}]
                shaper: 4096
            """)
        let options = configuration.listeners[0].options
        let near = AccessSubject(ip: IPAddress("127.0.0.1"))
        let far = AccessSubject(ip: IPAddress("192.0.2.1"))
        let access = configuration.access
        #expect(access.decision(rule: options[ListenerOption.access], for: near))
        #expect(!access.decision(rule: options[ListenerOption.access], for: far))
        #expect(options[ListenerOption.shaper] == .rate(4096))
    }
}
