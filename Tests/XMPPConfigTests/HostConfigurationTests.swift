import Testing

@testable import XMPPConfig

@Suite("Options of one host")
struct HostConfigurationTests {
    @Test("host_config replaces, append_host_config adds")
    func replaceAndAppend() throws {
        let configuration = try Play.load(
            """
            hosts: [a.example, b.example]
            auth_method: [sql]
            modules: {mod_roster: {}}
            acl: {local: {user_regexp: ""}}
            host_config:
              b.example: {auth_method: anonymous, language: de}
            append_host_config:
              a.example:
                modules: {mod_ping: {}}
                auth_method: [anonymous]
            """)
        let first = try #require(configuration.host("a.example"))
        let second = try #require(configuration.host("b.example"))
        #expect(first.options[ServerOption.authMethod] == [.sql, .anonymous])
        #expect(second.options[ServerOption.authMethod] == [.anonymous])
        #expect(first.options[ServerOption.language] == "en")
        #expect(second.options[ServerOption.language] == "de")
        #expect(first.modules.keys.sorted() == ["mod_ping", "mod_roster"])
        #expect(second.modules.keys.sorted() == ["mod_roster"])
    }

    @Test("What does not fit together in a module and its host is warned of, with its line")
    func moduleWarning() throws {
        let schema = ConfigurationSchema(modules: [
            .init("mod_ping", options: [Play.quietTime]) { module, host in
                guard module.isWritten(Play.quietTime), host[ServerOption.language] == "de" else {
                    return nil
                }
                return "not in \(host[ServerOption.language]) at \(module.host ?? "-")"
            }
        ])
        let loaded = try ConfigurationLoader.load(
            text: """
                hosts: [a.example, b.example]
                modules:
                  mod_ping: {quiet_time: 20}
                host_config:
                  b.example: {language: de}
                """, named: "test.yml", schema: schema)
        #expect(
            loaded.warnings.map(\.description) == [
                "test.yml:3: modules.mod_ping: not in de at b.example"
            ])
    }

    @Test("anonymous_protocol, each host its own")
    func anonymousProtocol() throws {
        let configuration = try Play.load(
            """
            hosts: [a.example, b.example, c.example]
            host_config:
              b.example: {anonymous_protocol: login_anon}
              c.example: {anonymous_protocol: both}
            """)
        let values = configuration.hosts.map {
            configuration.host($0)?.options[ServerOption.anonymousProtocol]
        }
        #expect(values == [.sasl, .login, .both])
        #expect(
            Play.problems("hosts: [a.example]\nanonymous_protocol: login\n")
                .first?.contains("`sasl_anon`, `login_anon`, `both`") == true)
    }

    @Test("What cannot stand for one host is a problem")
    func serverScope() {
        let problems = Play.problems(
            """
            hosts: [a.example]
            host_config:
              a.exmple: {language: de}
              a.example: {loglevel: debug, listen: [], langage: de}
            """)
        let expected = """
            test.yml:3: host_config.a.exmple: is not one of `hosts`; did you mean `a.example`?
            test.yml:4: host_config.a.example.loglevel: holds for the whole server, not for one host
            test.yml:4: host_config.a.example.listen: holds for the whole server, not for one host
            test.yml:4: host_config.a.example.langage: there is no such option; \
            did you mean `language`?
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("Appending to a plain value or to a key that exists is a problem")
    func appendConflict() {
        let problems = Play.problems(
            """
            hosts: [a.example]
            language: en
            modules: {mod_ping: {}}
            append_host_config:
              a.example: {language: de, modules: {mod_ping: {}}}
            """)
        #expect(problems.count == 2, "\(problems)")
    }

    @Test("A problem has the path under which it was written, wherever it counts")
    func paths() {
        let problems = Play.problems(
            """
            hosts: [a.example]
            auth_method: [sql]
            modules: {mod_rosterr: {}}
            host_config:
              a.example:
                langage: de
                access_rules: {local: {allow: ghost}}
            append_host_config:
              a.example:
                auth_method: [ldap]
                modules: {mod_ping: {quiet_time: 5}}
            """)
        let expected = """
            test.yml:3: modules.mod_rosterr: there is no such module; did you mean `mod_roster`?
            test.yml:6: host_config.a.example.langage: there is no such option; \
            did you mean `language`?
            test.yml:7: host_config.a.example.access_rules.local.allow: there is no ACL `ghost`
            test.yml:10: append_host_config.a.example.auth_method[1]: expected one of \
            \(AuthMethod.typeName), found `ldap`
            test.yml:11: append_host_config.a.example.modules.mod_ping.quiet_time: expected \
            \(Duration.typeName), 10 seconds to 1 hour, found `5`
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("The server's modules are checked although every host has others")
    func unusedModules() {
        let problems = Play.problems(
            """
            hosts: [a.example, b.example]
            modules: {mod_rosterr: {}, mod_ping: {quiet_time: 5}}
            host_config:
              a.example: {modules: {mod_ping: {}}}
              b.example: {modules: {mod_roster: {}}}
            """)
        #expect(problems.count == 2, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix("test.yml:2: modules.mod_") }, "\(problems)")
    }

    @Test("The server's sound modules stay out of hosts that have their own")
    func ownModules() throws {
        let configuration = try Play.load(
            """
            hosts: [a.example]
            modules: {mod_roster: {}}
            host_config: {a.example: {modules: {mod_ping: {}}}}
            """)
        #expect(configuration.host("a.example")?.modules.keys.sorted() == ["mod_ping"])
    }

    @Test("A host's rules take the place of the server's")
    func rules() throws {
        let configuration = try Play.load(
            """
            hosts: [a.example, b.example]
            acl: {admin: {user: romeo@a.example}}
            access_rules: {configure: {allow: admin}}
            host_config:
              b.example: {acl: {admin: {user: juliet@b.example}}}
            """)
        let access = configuration.access
        let romeo = try #require(Subjects.user("romeo@a.example"))
        let juliet = try #require(Subjects.user("juliet@b.example"))
        #expect(access.decision(rule: "configure", for: romeo))
        #expect(access.decision(rule: "configure", for: romeo, host: "a.example"))
        #expect(!access.decision(rule: "configure", for: romeo, host: "b.example"))
        #expect(access.decision(rule: "configure", for: juliet, host: "b.example"))
    }
}
