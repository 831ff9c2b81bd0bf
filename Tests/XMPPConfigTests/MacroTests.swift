import Testing

@testable import XMPPConfig

@Suite("Macros and keywords")
struct MacroTests {
    @Test("A macro stands for a value of any shape; in double quotes it is text")
    func macros() throws {
        let configuration = try Play.load(
            """
            define_macro:
              LEVEL: debug
              PORT_C2S: 5222
              ADMINS: {user: [ROMEO, juliet]}
              ROMEO: romeo@localhost
              HOSTS: [localhost]
            hosts: HOSTS
            loglevel: LEVEL
            listen: [{port: PORT_C2S, module: ejabberd_c2s}]
            acl: {admin: ADMINS}
            access_rules: {configure: {allow: admin}}
            sql_database: "LEVEL"
            """)
        #expect(configuration.hosts == ["localhost"])
        #expect(configuration.options[ServerOption.logLevel] == .debug)
        #expect(configuration.options[ServerOption.sqlDatabase] == "LEVEL")
        #expect(configuration.listeners[0].identity.description == "0.0.0.0:5222")
        let romeo = try #require(Subjects.user("romeo@localhost"))
        #expect(configuration.access.decision(rule: "configure", for: romeo))
    }

    @Test("In single quotes it is a macro, too, as in the configurations that Debian ships")
    func singleQuotes() throws {
        let configuration = try Play.load(
            """
            define_macro: {'LEVEL': debug, 'NAME': other}
            hosts: [localhost]
            loglevel: 'LEVEL'
            sql_database: 'NAME.db'
            """)
        #expect(configuration.options[ServerOption.logLevel] == .debug)
        #expect(configuration.options[ServerOption.sqlDatabase] == "NAME.db")
    }

    @Test("A keyword is replaced within text, except @HOST@, which each module replaces")
    func keywords() throws {
        let environment = ConfigurationEnvironment(
            keywords: ["VERSION": "1.0", "HOST": "never"], macros: ["LEVEL": "error"])
        let configuration = try ConfigurationLoader.load(
            text: """
                define_keyword: {PLACE: lib}
                hosts: [a.example]
                loglevel: LEVEL
                sql_database: "/var/@PLACE@/x-@VERSION@.db"
                certfiles: ["@UNKNOWN@.@PLACE@"]
                modules: {mod_vcard: {host: "@PLACE@.@HOST@"}}
                """, named: "test.yml", schema: Play.schema, environment: environment
        ).configuration
        let options = configuration.options
        #expect(options[ServerOption.sqlDatabase] == "/var/lib/x-1.0.db")
        #expect(options[ServerOption.certificateFiles] == ["@UNKNOWN@.lib"])
        #expect(options[ServerOption.logLevel] == .error)
        let module = configuration.host("a.example")?.modules["mod_vcard"]
        #expect(module?[Play.host] == "lib.a.example")
    }

    @Test("Macros in a circle, and names that are not upper case, are problems")
    func circles() {
        let problems = Play.problems(
            """
            define_macro:
              A: [B]
              B: A
              lower: 1
            hosts: [localhost]
            certfiles: A
            """)
        let expected = """
            test.yml:3: certfiles: macros use each other in a circle: A → B → A
            test.yml:4: define_macro: `lower` is not upper case, as names here must be
            """
        #expect(problems.joined(separator: "\n") == expected)
    }

    @Test("Macros that multiply come to an end")
    func bomb() {
        var text = "hosts: [localhost]\ncertfiles: A0\ndefine_macro:\n"
        for level in 0..<9 {
            text += "  A\(level): [" + String(repeating: "A\(level + 1),", count: 10) + "]\n"
        }
        text += "  A9: x\n"
        #expect(Play.problems(text).contains { $0.contains("too large") })
    }
}
