import Testing

@testable import XMPPConfig

@Suite("Configuration in YAML")
struct LoaderTests {
    @Test("The smallest configuration names its hosts; everything else has a default")
    func smallest() throws {
        let configuration = try Play.load("hosts: [Example.COM, b.example]")
        #expect(configuration.hosts == ["example.com", "b.example"])
        #expect(configuration.listeners.isEmpty)
        #expect(configuration.options[ServerOption.logLevel] == .info)
        #expect(configuration.options[ServerOption.negotiationTimeout] == .seconds(120))
        #expect(configuration.host("b.example")?.modules == [:])
        #expect(configuration.host("c.example") == nil)
    }

    @Test("Options of every type are read")
    func options() throws {
        let configuration = try Play.load(
            """
            hosts: [localhost]
            loglevel: 4
            auth_method: [sql, anonymous]
            disable_sasl_mechanisms: PLAIN
            registration_timeout: infinity
            negotiation_timeout: 30 seconds
            resource_conflict: closenew
            trusted_proxies: ["10.0.0.0/8", "::1"]
            certfiles: ["/etc/*.pem"]
            """)
        let options = configuration.options
        #expect(options[ServerOption.logLevel] == .info)
        #expect(options[ServerOption.authMethod] == [.sql, .anonymous])
        #expect(options[ServerOption.disableSASLMechanisms] == ["PLAIN"])
        #expect(options[ServerOption.registrationTimeout] == .infinity)
        #expect(options[ServerOption.negotiationTimeout] == .seconds(30))
        #expect(options[ServerOption.resourceConflict] == .closeNew)
        let proxy = try #require(IPAddress("10.9.8.7"))
        #expect(options[ServerOption.trustedProxies].trusts(proxy))
    }

    @Test("A key without a value is a problem, not an empty text")
    func missingValue() {
        let problems = Play.problems("hosts: [localhost]\nlanguage:")
        #expect(problems == ["test.yml:2: language: expected text, found nothing"])
    }

    @Test("All problems are told at once, with line, path and nearest spelling")
    func allAtOnce() {
        let problems = Play.problems(
            """
            hosts: [localhost]
            lisen: []
            loglevel: waring
            negotiation_timeout: soon
            listen:
              - port: 70000
                module: ejabberd_c2s
                max_stanza_sise: 1000
            modules:
              mod_rooster: {}
              mod_ping: {quiet_time: 5, quiettime: 9}
            """)
        let expected = """
            test.yml:2: lisen: there is no such option; did you mean `listen`?
            test.yml:3: loglevel: expected one of \(LogLevel.typeName), found `waring`; \
            did you mean `warning`?
            test.yml:4: negotiation_timeout: expected a duration (`30 seconds`, `5 min`, `2 h`), \
            found `soon`
            test.yml:6: listen[1].port: expected a port, 0 to 65535, or `unix:` and a path, \
            found `70000`
            test.yml:8: listen[1].max_stanza_sise: there is no such option; \
            did you mean `max_stanza_size`?
            test.yml:10: modules.mod_rooster: there is no such module; \
            did you mean `mod_roster`?
            test.yml:11: modules.mod_ping.quiet_time: expected \(Duration.typeName), \
            10 seconds to 1 hour, found `5`
            test.yml:11: modules.mod_ping.quiettime: there is no such option; \
            did you mean `quiet_time`?
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("Of an option that is given twice both are checked, and nothing follows from it")
    func givenTwice() {
        let problems = Play.problems(
            """
            hosts: [a.example]
            modules: {mod_rosterr: {}, mod_ping: {}}
            hosts: [localhost, a.example]
            host_config: {localhost: {language: de}}
            modules:
              mod_pingg: {}
              mod_ping: {quiettime: 9}
            loglevel: debug
            loglevel: info
            """)
        let expected = """
            test.yml:2: modules.mod_rosterr: there is no such module; did you mean `mod_roster`?
            test.yml:3: hosts: is given twice, first on line 1
            test.yml:5: modules: is given twice, first on line 2
            test.yml:6: modules.mod_pingg: there is no such module; did you mean `mod_ping`?
            test.yml:7: modules.mod_ping.quiettime: there is no such option; \
            did you mean `quiet_time`?
            test.yml:9: loglevel: is given twice, first on line 8
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("So it is in Erlang terms")
    func termsGivenTwice() {
        let problems = Play.problems(
            """
            {hosts, ["a.example"]}.
            {modules, [{mod_rosterr, []}]}.
            {hosts, ["localhost"]}.
            {modules, [{mod_pingg, []}]}.
            """, language: .terms)
        let lines = problems.compactMap { Int($0.split(separator: ":")[1]) }
        #expect(lines == [2, 3, 4, 4], "\(problems)")
    }

    @Test("Warnings come in the order of lines")
    func warningOrder() throws {
        let warnings = try Play.warnings(
            """
            hosts: [localhost]
            ldap_servers: [x]
            listen:
              - {port: 1, module: ejabberd_s2s_in}
              - {port: 2, module: mod_mqtt}
              - {port: 3, module: ejabberd_http, request_handlers: {/o: ejabberd_oauth}, dhfile: x}
            api_permissions:
              r: {who: all, what: create_room}
            modules: {mod_muc: {}}
            """)
        let lines = warnings.compactMap { Int($0.split(separator: ":")[1]) }
        #expect(lines == [2, 4, 5, 6, 6, 8, 9], "\(warnings)")
    }

    @Test(
        "Wrong values are problems",
        arguments: [
            "hosts: localhost", "hosts: []", "hosts: [localhost, LOCALHOST]", "hosts: ['a b']",
            "hosts: {localhost: 1}", "loglevel: info",
        ])
    func wrongHosts(yaml: String) {
        #expect(!Play.problems(yaml).isEmpty)
    }

    @Test(
        "Wrong values of options are problems",
        arguments: [
            "auth_method: ldap", "auth_method: {sql: 1}", "auth_password_format: rot13",
            "resource_conflict: acceptold", "registration_timeout: -1", "sql_type: pgsql",
            "auth_scram_hash: md5", "trusted_proxies: [10.0.0.0/33]",
            "trusted_proxies: everybody", "language: 'not a tag'", "certfiles: key.pem",
            "disable_sasl_mechanisms: ['two words']", "negotiation_timeout: 0",
            "negotiation_timeout: infinity", "modules: [mod_ping]",
            "modules: {mod_ping: 5}", "listen: {port: 1}", "listen: [5222]", "acl: 5",
            "access_rules: [x]", "host_config: [x]", "define_macro: 5", "5: 6",
        ])
    func wrongOptions(line: String) {
        let problems = Play.problems("hosts: [localhost]\n" + line)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("test.yml:2: ") == true)
    }

    @Test("A database that is not built in is an error that says what is")
    func otherDatabase() {
        let problems = Play.problems("hosts: [localhost]\nsql_type: pgsql\nsql_server: db")
        #expect(
            problems == ["test.yml:2: sql_type: only `sqlite` is built in, found `pgsql`"])
    }

    @Test(
        "Options that would have no effect warn",
        arguments: [
            "sql_server: db", "sql_port: 5432",
            "allow_multiple_connections: true", "replaced_connection_timeout: 5",
            "domain_balancing: {irc.example: {type: random}}",
            "listen: [{port: 1, module: ejabberd_c2s, allow_unencrypted_sasl2: true}]",
            "listen: [{port: 1, module: ejabberd_http, tag: x}]",
        ])
    func noEffect(line: String) throws {
        let warnings = try Play.warnings("hosts: [localhost]\n" + line)
        #expect(warnings.contains { $0.contains("it has no effect") }, "\(warnings)")
    }

    @Test("What ejabberd has and Martlet does not yet have only warns, by name")
    func notServed() throws {
        let warnings = try Play.warnings(
            """
            hosts: [localhost]
            captcha_cmd: x
            listen:
              - {port: 3478, transport: udp, module: ejabberd_stun}
              - {port: 5269, module: ejabberd_s2s_in}
              - {port: 5222, module: ejabberd_c2s, zlib: true}
              - {port: 5280, module: ejabberd_http, request_handlers: {/ws: ejabberd_http_ws}}
            modules:
              mod_mam: {default: always}
              mod_ping: {ping_ack_timeout: 5}
            """)
        let places = warnings.map { String($0.prefix { $0 != " " }) }
        #expect(warnings.allSatisfy { $0.contains("not serve") })
        #expect(places == [2, 4, 5, 6, 7, 9, 10].map { "test.yml:\($0):" })
        #expect(warnings.first?.contains("captcha_cmd: ejabberd has this option") == true)
        #expect(warnings[4].contains("`ejabberd_http_ws`"))
    }

    @Test("A configuration of ejabberd 26.07 loads with warnings only")
    func fromEjabberd() throws {
        let loaded = try ConfigurationLoader.load(
            path: Play.root + "/config/from-ejabberd.yml", schema: Play.schema)
        #expect(loaded.configuration.hosts == ["localhost", "b.localhost"])
        #expect(loaded.configuration.listeners.count == 5)
        #expect(loaded.warnings.contains { $0.path == "modules.mod_mam" })
        #expect(loaded.warnings.contains { $0.path == "s2s_use_starttls" })
    }

    @Test("Options of a module are typed and have defaults")
    func moduleOptions() throws {
        let configuration = try Play.load(
            """
            hosts: [a.example, b.example]
            modules:
              mod_ping: {quiet_time: 2 min}
              mod_vcard:
            host_config:
              b.example:
                modules: {mod_vcard: {host: "people.@HOST@"}}
            """)
        let first = try #require(configuration.host("a.example")?.modules)
        #expect(first["mod_ping"]?[Play.quietTime] == .seconds(120))
        #expect(first["mod_vcard"]?[Play.host] == "vjud.a.example")
        let second = try #require(configuration.host("b.example")?.modules)
        #expect(second["mod_ping"] == nil)
        #expect(second["mod_vcard"]?[Play.host] == "people.b.example")
    }
}
