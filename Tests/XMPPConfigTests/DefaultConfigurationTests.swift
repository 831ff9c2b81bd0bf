import Glibc
import Testing

@testable import XMPPConfig

@Suite("The configuration of a first start, and the reference")
struct DefaultConfigurationTests {
    /// What the default configuration names, with the options it sets.
    private static let schema = ConfigurationSchema(
        modules: [
            "mod_bosh", "mod_disco", "mod_fail2ban", "mod_host_meta", "mod_last", "mod_ping",
            "mod_private", "mod_time", "mod_vcard", "mod_version",
        ].map { ConfigurationSchema.Module($0) } + [
            .init(
                "mod_http_fileserver",
                options: [Option<[String: String]>("docroot", default: [:], as: .folders, "")]),
            .init(
                "mod_http_upload",
                options: [Option<Limit<ByteCount>>("max_size", default: .infinity, "")]),
            .init(
                "mod_offline",
                options: [
                    Option<ShaperReference>("access_max_user_messages", default: .none, "")
                ]),
            .init(
                "mod_register", options: [Option<RuleReference>("ip_access", default: .all, "")]),
            .init("mod_roster", options: [Option<Bool>("versioning", default: false, "")]),
        ],
        requestHandlers: [
            "ejabberd_http_ws", "ejabberd_web_admin", "mod_bosh", "mod_host_meta",
            "mod_http_api", "mod_http_fileserver", "mod_http_upload", "mod_prometheus",
        ])

    @Test("It loads without a warning and says what it should")
    func loads() throws {
        let loaded = try ConfigurationLoader.load(
            text: DefaultConfiguration.yaml(host: "chat.example", administrator: "romeo"),
            named: "martlet.yml", schema: Self.schema)
        #expect(loaded.warnings == [])
        let configuration = loaded.configuration
        #expect(configuration.hosts == ["chat.example"])
        #expect(
            configuration.listeners.map(\.identity.description)
                == ["[::]:5222", "[::]:5223", "[::]:5280"])
        #expect(configuration.listeners[0].options[ListenerOption.startTLSRequired])
        #expect(configuration.listeners[1].options[ListenerOption.tls])
        let access = configuration.access
        let near = AccessSubject(ip: IPAddress("127.0.0.1"))
        let far = AccessSubject(ip: IPAddress("192.0.2.1"))
        #expect(access.decision(rule: "register_from", for: near))
        #expect(!access.decision(rule: "register_from", for: far))
        let romeo = try #require(Subjects.user("romeo@chat.example"))
        #expect(access.decision(rule: "configure", for: romeo))
        #expect(access.shaper("c2s_shaper", for: romeo) == nil)
    }

    @Test("Names with quotes and backslashes stay what they are")
    func quoting() throws {
        let text = DefaultConfiguration.yaml(
            host: "a.example", publicDirectory: "a\"b\\c: #d", certificateFiles: ["x\ny"])
        let configuration = try ConfigurationLoader.load(
            text: text, named: "martlet.yml", schema: Self.schema
        ).configuration
        #expect(configuration.options[ServerOption.certificateFiles] == ["x\ny"])
    }

    @Test("The shipped sample is the configuration of a first start")
    func sample() throws {
        try update("config/martlet.yml", with: DefaultConfiguration.yaml(host: "localhost"))
        #expect(
            try Play.file("config/martlet.yml") == DefaultConfiguration.yaml(host: "localhost"))
    }

    @Test("The reference in docs/configuration.md lists every option as it is declared")
    func reference() throws {
        let mark = "<!-- The rest is written from the declarations of the options. -->\n\n"
        let text = try Play.file("docs/configuration.md")
        let head = text.firstRange(of: mark).map { text[..<$0.lowerBound] } ?? text[...]
        let wanted = String(head) + mark + ConfigurationReference.markdown()
        try update("docs/configuration.md", with: wanted)
        #expect(try Play.file("docs/configuration.md") == wanted)
    }

    /// Rewrites a shipped file when `MARTLET_WRITE_DOCS` is set.
    private func update(_ path: String, with text: String) throws {
        guard getenv("MARTLET_WRITE_DOCS") != nil else { return }
        let file = try #require(fopen(Play.root + "/" + path, "w"))
        defer { fclose(file) }
        fputs(text, file)
    }
}
