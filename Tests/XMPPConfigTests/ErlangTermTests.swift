import Testing

@testable import XMPPConfig

@Suite("Configuration in classic Erlang terms")
struct ErlangTermTests {
    @Test("The listeners of the classic sample, word for word")
    func classicListeners() throws {
        let loaded = try ConfigurationLoader.load(
            path: Play.root + "/config/classic.cfg", schema: Play.schema)
        let configuration = loaded.configuration
        #expect(configuration.hosts == ["localhost"])
        let listeners = configuration.listeners
        #expect(
            listeners.map(\.identity.description) == [
                "0.0.0.0:4222", "0.0.0.0:5269", "0.0.0.0:5280", "0.0.0.0:5347",
            ])
        #expect(
            listeners.map(\.module) == [
                "ejabberd_c2s", "ejabberd_s2s_in", "ejabberd_http", "ejabberd_service",
            ])
        #expect(listeners[0].options[ListenerOption.access] == .named("c2s"))
        #expect(listeners[0].options[ListenerOption.shaper] == .named("c2s_shaper"))
        #expect(listeners[0].options[ListenerOption.maxStanzaSize] == .at(65536))
        #expect(listeners[1].options[ListenerOption.maxStanzaSize] == .at(131_072))
        #expect(
            listeners[2].options[ListenerOption.requestHandlers] == [
                RequestHandler(path: "/http-poll", module: "ejabberd_http_poll"),
                RequestHandler(path: "/admin", module: "ejabberd_web_admin"),
                RequestHandler(path: "/httpbind", module: "mod_http_bind"),
                RequestHandler(path: "/pub/archive", module: "mod_http_fileserver"),
            ])
        let components = listeners[3].options[ListenerOption.componentHosts]
        #expect(components == ["msn-transport.bucc.cn": ComponentHost(password: "1j5llz!o")])
        #expect(
            configuration.access.decision(rule: "c2s", for: AccessSubject(), host: "localhost"))
        #expect(configuration.access.shaper("c2s_shaper", for: AccessSubject()) == nil)
        #expect(
            loaded.warnings.map(\.path).sorted() == [
                "listen[1].access", "listen[1].shaper", "listen[2].module", "listen[2].shaper",
                "listen[3].request_handlers./admin",
            ])
    }

    @Test("A whole classic file")
    func classicFile() throws {
        let configuration = try Play.loadTerms(
            """
            % Rules and modules as they were written once.
            override_global.
            {hosts, ["localhost", "b.example"]}.
            {loglevel, 4}.
            {listen, [
              {{5222, {127,0,0,1}}, ejabberd_c2s, [starttls, {certfile, "/a.pem"}, {access, c2s},
                {shaper, c2s_shaper}]},
              {{5223, "::1", tcp}, ejabberd_c2s, [tls]},
              {5280, ejabberd_http, [inet6, {request_handlers, [{"files", mod_http_fileserver}]}]},
              {8888, ejabberd_service, [{hosts, ["a.x", "b.x"], [{password, <<"s">>}]}]}
            ]}.
            {auth_method, internal}.
            {acl, admin, {user, "romeo", "localhost"}}.
            {acl, admin, {user, "juliet"}}.
            {acl, local, {user_regexp, ""}}.
            {access, c2s, [{deny, blocked}, {allow, all}]}.
            {access, configure, [{allow, admin}]}.
            {access, max_user_sessions, [{10, all}]}.
            {access, c2s_shaper, [{none, admin}, {normal, all}]}.
            {shaper, normal, {maxrate, 1000}}.
            {shaper, none, none}.
            {host_config, "b.example", [{language, "de"}, {auth_method, anonymous}]}.
            {s2s_certfile, "/b.pem"}.
            {modules, [{mod_ping, [{quiet_time, 20}]}, {mod_roster, []}, {mod_echo, []}]}.
            """
        ).configuration
        #expect(configuration.hosts == ["localhost", "b.example"])
        #expect(
            configuration.listeners.map(\.identity.description) == [
                "127.0.0.1:5222", "[::1]:5223", "[::]:5280", "0.0.0.0:8888",
            ])
        let first = configuration.listeners[0].options
        #expect(first[ListenerOption.startTLS])
        #expect(first[ListenerOption.certificateFile] == "/a.pem")
        let third = configuration.listeners[2].options
        #expect(third[ListenerOption.requestHandlers].map(\.path) == ["/files"])
        let components = configuration.listeners[3].options[ListenerOption.componentHosts]
        #expect(components.keys.sorted() == ["a.x", "b.x"])
        let access = configuration.access
        let juliet = try #require(Subjects.user("juliet@b.example"))
        let nurse = try #require(Subjects.user("nurse@b.example"))
        #expect(access.decision(rule: "configure", for: juliet))
        #expect(!access.decision(rule: "configure", for: nurse))
        #expect(access.number(shaperRule: "max_user_sessions", for: nurse) == 10)
        #expect(access.shaper("c2s_shaper", for: juliet) == nil)
        #expect(access.shaper("c2s_shaper", for: nurse)?.bytesPerSecond == 1000)
        let host = try #require(configuration.host("b.example"))
        #expect(host.options[ServerOption.authMethod] == [.anonymous])
        #expect(host.options[ServerOption.language] == "de")
        #expect(host.modules["mod_ping"]?[Play.quietTime] == .seconds(20))
        #expect(configuration.options[ServerOption.certificateFiles] == ["/b.pem"])
    }

    @Test(
        "Terms that are not terms are told with their line",
        arguments: [
            (
                "{hosts, [\"a\"]}",
                "test.cfg:1: expected `.` after a term, found the end of the file"
            ),
            ("{hosts, [\"a\"]}.\n{loglevel, 4", "test.cfg:2: `}` is missing: this is never closed"),
            ("{hosts, [\"a\"}.", "test.cfg:1: expected `,` or `]`, found `}`"),
            ("{hosts,\n Hosts}.", "test.cfg:2: `Hosts` is a variable, which has no value here"),
            ("{hosts, \"a}.", "test.cfg:1: the closing quote is missing"),
            ("{hosts, 'a}.", "test.cfg:1: the closing quote is missing"),
            ("{loglevel, 16#ff}.", "test.cfg:1: this is not a number in base 10"),
            ("{loglevel, -}.", "test.cfg:1: this is not a number in base 10"),
            ("{hosts, [a,]}.", "test.cfg:1: expected a term after `,`, found `]`"),
            ("{a, <<\"x\">}.", "test.cfg:1: expected `>` after the text of a binary, found `}`"),
            ("{a, <x>}.", "test.cfg:1: expected `<<`"),
            ("{a, #{}}.", "test.cfg:1: expected a term, found `#`"),
            (".", "test.cfg:1: expected a term, found `.`"),
            ("hosts: [localhost]", "test.cfg:1: expected `.` after a term, found `:`"),
        ])
    func syntax(text: String, problem: String) {
        #expect(Play.problems(text, language: .terms) == [problem])
    }

    @Test(
        "Terms that mean nothing are told",
        arguments: [
            "{listen, 5}.", "{listen, [5222]}.", "{listen, [{5222, ejabberd_c2s}]}.",
            "{listen, [{5222, ejabberd_c2x, []}]}.", "{listen, [{5222, ejabberd_c2s, [5]}]}.",
            "{listen, [{5280, ejabberd_http, [{request_handlers, [{5, mod_bosh}]}]}]}.",
            "{acl, 5, {user, \"a\"}}.", "{acl, x, {usr, \"a\"}}.", "{acl, x, 5}.",
            "{access, x, [{maybe, all}]}.", "{shaper, x, {maxrate, fast}}.", "{a, b, c, d}.",
            "[a].", "hello.", "{loglevel, 4}. {loglevel, 5}.", "{host_config, \"x\", 5}.",
            "{listen, [{5222, ejabberd_c2s, [starttls, starttls]}]}.", "{nonsense_option, 5}.",
            "{access, x, [{allow, all}]}. {access, x, [{allow, all}]}.",
        ])
    func meaning(text: String) {
        let problems = Play.problems("{hosts, [\"a\"]}.\n" + text, language: .terms)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("test.cfg:2: ") == true)
    }

    @Test("Nesting and length have limits")
    func limits() {
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "."
        #expect(
            Play.problems(deep, language: .terms)
                == ["test.cfg:1: nested deeper than 64 levels"])
        let long = "{a, [" + String(repeating: "1,", count: 300_000) + "1]}."
        #expect(
            Play.problems(long, language: .terms) == ["test.cfg:1: has more terms than are read"])
    }

    @Test("Strings join, escapes and comments count as in Erlang")
    func text() throws {
        let terms = try ErlangTermReader.terms(
            in: "{a, \"x\" \"y\\\"\\n\", 'it is', <<\"b\"/utf8>>, -1.5}. % {no}.\n%% end",
            file: "f")
        let parts = try #require(terms.first?.tuple)
        #expect(terms.count == 1)
        #expect(parts[1].name == "xy\"\n")
        #expect(parts[2].atom == "it is")
        #expect(parts[3].name == "b")
        #expect(ErlangTerms.value(parts[4]).text == "-1.5")
    }

    @Test("Undefined access rules get their classic meaning, others deny")
    func undefined() throws {
        let loaded = try Play.loadTerms(
            """
            {listen, [{1, ejabberd_c2s, [{access, local}]}, {2, ejabberd_c2s, [{access, odd}]}]}.
            """)
        let access = loaded.configuration.access
        let local = try #require(Subjects.user("romeo@localhost"))
        let remote = try #require(Subjects.user("romeo@elsewhere.example"))
        #expect(access.decision(rule: "local", for: local))
        #expect(!access.decision(rule: "local", for: remote))
        #expect(!access.decision(rule: "odd", for: local))
        #expect(loaded.warnings.count == 2)
    }
}
