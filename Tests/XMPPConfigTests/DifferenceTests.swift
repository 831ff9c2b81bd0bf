import Testing

@testable import XMPPConfig

@Suite("Differences between configurations")
struct DifferenceTests {
    private static let base = """
        hosts: [a.example, b.example]
        listen:
          - {port: 5222, module: ejabberd_c2s}
          - {port: 5280, module: ejabberd_http}
        modules: {mod_ping: {quiet_time: 20}, mod_roster: {}}
        acl: {admin: {user_regexp: "^r"}}
        access_rules: {configure: {allow: admin}}
        shaper: {normal: 10}
        shaper_rules: {sessions: 10}
        """

    private func difference(_ changes: [(String, String)]) throws -> ConfigurationDifference {
        let new = changes.reduce(Self.base) { $0.replacing($1.0, with: $1.1) }
        return ConfigurationDifference(
            from: try Play.load(Self.base), to: try Play.load("# moved a line\n" + new))
    }

    @Test("A file with the same meaning changes nothing, wherever its lines stand")
    func same() throws {
        let difference = try difference([])
        #expect(difference.isEmpty)
        #expect(difference.listeners.unchanged.count == 2)
    }

    @Test("Listeners are told apart by address, port and transport")
    func listeners() throws {
        let change =
            "{port: 5280, module: ejabberd_http, backlog: 9}\n  - {port: 1, module: ejabberd_c2s}"
        let difference = try difference([("{port: 5280, module: ejabberd_http}", change)])
        let listeners = difference.listeners
        #expect(listeners.unchanged.map(\.identity.description) == ["0.0.0.0:5222"])
        #expect(listeners.changed.map(\.identity.description) == ["0.0.0.0:5280"])
        #expect(listeners.changed.first?.options[ListenerOption.backlog] == 9)
        #expect(listeners.added.map(\.identity.description) == ["0.0.0.0:1"])
        #expect(listeners.removed.isEmpty)
        #expect(!difference.isEmpty)
    }

    @Test("Another port or address is another listener")
    func moved() throws {
        let moved = try difference([("5222", "5229"), ("{port: 5280,", "{port: 5280, ip: '::',")])
        #expect(moved.listeners.removed.count == 2)
        #expect(moved.listeners.added.count == 2)
        #expect(moved.listeners.unchanged.isEmpty)
    }

    @Test("Hosts come and go")
    func hosts() throws {
        let difference = try difference([("b.example", "c.example")])
        #expect(difference.hostsAdded == ["c.example"])
        #expect(difference.hostsRemoved == ["b.example"])
        #expect(difference.hosts.isEmpty)
        #expect(difference.aclsChanged)
    }

    @Test("Modules of each host come, go and change")
    func modules() throws {
        let difference = try difference([
            ("quiet_time: 20", "quiet_time: 30"), ("mod_roster", "mod_vcard"),
        ])
        let host = try #require(difference.hosts["b.example"])
        #expect(host.modulesAdded == ["mod_vcard"])
        #expect(host.modulesRemoved == ["mod_roster"])
        #expect(host.modulesChanged == ["mod_ping"])
        #expect(difference.hosts.count == 2)
    }

    @Test("Rules and shapers are told apart")
    func rules() throws {
        #expect(try difference([("^r", "^j")]).aclsChanged)
        #expect(try difference([("{allow: admin}", "{deny: admin}")]).accessRulesChanged)
        let shaper = try difference([("normal: 10", "normal: 11")])
        #expect(shaper.shapersChanged)
        #expect(!shaper.shaperRulesChanged && !shaper.aclsChanged && !shaper.accessRulesChanged)
        #expect(try difference([("sessions: 10", "sessions: 11")]).shaperRulesChanged)
    }

    @Test("Options are named, those that need a restart too")
    func options() throws {
        let difference = try difference([
            ("hosts:", "loglevel: debug\nsql_database: x\ncertfiles: [x]\nhosts:")
        ])
        #expect(difference.optionsChanged == ["certfiles", "loglevel", "sql_database"])
        #expect(difference.needsRestart == ["sql_database"])
        #expect(difference.logLevelChanged)
        #expect(difference.certificatesChanged)
        let host = try self.difference([
            ("hosts:", "host_config: {b.example: {language: de}}\nhosts:")
        ])
        #expect(host.optionsChanged.isEmpty)
        #expect(host.hosts["b.example"]?.optionsChanged == ["language"])
        #expect(host.hosts["a.example"] == nil)
    }
}
