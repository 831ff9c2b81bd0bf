import Testing

@testable import XMPPConfig

@Suite("Listeners")
struct ListenerTests {
    private func problems(_ listener: String) -> [String] {
        Play.problems("hosts: [localhost]\nlisten:\n  - \(listener)")
    }

    @Test("Addresses of every kind")
    func addresses() throws {
        let listeners = try Play.load(
            """
            hosts: [localhost]
            listen:
              - {port: 5222, module: ejabberd_c2s}
              - {port: 5222, ip: "::", module: ejabberd_c2s}
              - {port: 5223, ip: "127.0.0.1", module: ejabberd_c2s, tls: true}
              - {port: 5223, ip: "127.0.0.2", module: ejabberd_c2s, tls: true}
              - {port: "unix:run/c2s.sock", module: ejabberd_c2s, unix_socket: {mode: "0600"}}
              - {port: 0, module: ejabberd_http}
              - {port: 0, module: ejabberd_http}
            """
        ).listeners
        #expect(
            listeners.map(\.identity.description) == [
                "0.0.0.0:5222", "[::]:5222", "127.0.0.1:5223", "127.0.0.2:5223",
                "unix:run/c2s.sock", "0.0.0.0:0", "0.0.0.0:0",
            ])
        let socket = listeners[4].options[ListenerOption.unixSocket]
        #expect(socket[ListenerOption.unixMode] == "0600")
        #expect(listeners[0].position.line == 3)
        #expect(listeners.allSatisfy { $0.isServed })
    }

    @Test("Options of streams, components and the web")
    func options() throws {
        let listeners = try Play.load(
            """
            hosts: [localhost]
            listen:
              - port: 5222
                module: ejabberd_c2s
                starttls_required: true
                max_stanza_size: infinity
                pre_auth_max_stanza_size: 32 KiB
                max_stanza_depth: 50
                use_proxy_protocol: true
                send_timeout: 1 min
                ciphers: HIGH
                protocol_options: [no_tlsv1_2]
              - port: 5347
                module: ejabberd_service
                password: common
                check_from: false
                hosts: {Irc.Example: {password: secret}}
              - port: 5280
                module: ejabberd_http
                tag: api
                custom_headers: {X-Frame-Options: DENY}
                request_handlers: {bosh: mod_bosh, "/files//x/": mod_http_fileserver}
            """
        ).listeners
        let stream = listeners[0].options
        #expect(stream[ListenerOption.startTLSRequired])
        #expect(stream[ListenerOption.maxStanzaSize] == .infinity)
        #expect(stream[ListenerOption.preAuthMaxStanzaSize] == .at(32768))
        #expect(stream[ListenerOption.maxStanzaDepth] == 50)
        #expect(stream[ListenerOption.usesProxyProtocol])
        #expect(stream[ListenerOption.sendTimeout] == .at(.seconds(60)))
        #expect(stream[ListenerOption.ciphers] == ["HIGH"])
        #expect(!stream[ListenerOption.tls])
        let component = listeners[1].options
        #expect(component[ListenerOption.password] == "common")
        #expect(!component[ListenerOption.checksFrom])
        #expect(component[ListenerOption.componentHosts]["irc.example"]?.password == "secret")
        let web = listeners[2].options
        #expect(web[ListenerOption.requestHandlers].map(\.path) == ["/bosh", "/files/x"])
        #expect(web[ListenerOption.customHeaders] == ["X-Frame-Options": "DENY"])
    }

    @Test(
        "Wrong listeners are problems",
        arguments: [
            "{module: ejabberd_c2s}", "{port: 1}", "{port: -1, module: ejabberd_c2s}",
            "{port: x, module: ejabberd_c2s}", "{port: 'unix:', module: ejabberd_c2s}",
            "{port: 1, module: ejabberd_c2}", "{port: 1, module: [ejabberd_c2s]}",
            "{port: 1, ip: localhost, module: ejabberd_c2s}",
            "{port: 1, transport: udp, module: ejabberd_c2s}",
            "{port: 1, transport: sctp, module: ejabberd_c2s}",
            "{port: 1, module: ejabberd_c2s, request_handlers: {}}",
            "{port: 1, module: ejabberd_c2s, backlog: 0}",
            "{port: 1, module: ejabberd_c2s, max_stanza_size: 10}",
            "{port: 1, module: ejabberd_c2s, max_stanza_depth: infinity}",
            "{port: 1, module: ejabberd_c2s, tls: 2}",
            "{port: 1, module: ejabberd_c2s, unix_socket: {mode: '0999'}}",
            "{port: 1, module: ejabberd_c2s, unix_socket: {mod: '0600'}}",
            "{port: 1, module: ejabberd_service, hosts: [a.example]}",
            "{port: 1, module: ejabberd_service, hosts: {'a b': {password: x}}}",
            "{port: 1, module: ejabberd_service, hosts: {a: {pasword: x}}}",
            "{port: 1, module: ejabberd_http, request_handlers: {/a: mod_boush}}",
            "{port: 1, module: ejabberd_http, request_handlers: {/a: mod_bosh, a/: mod_bosh}}",
            "{port: 1, module: ejabberd_http, custom_headers: {'a b': c}}",
            "{port: 1, module: ejabberd_http, custom_headers: {a: \"b\\nc\"}}",
        ])
    func wrong(listener: String) {
        let problems = problems(listener)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix("test.yml:3: listen[1]") == true)
    }

    @Test("Two listeners cannot share an address")
    func overlap() {
        let problems = Play.problems(
            """
            hosts: [localhost]
            listen:
              - {port: 5222, module: ejabberd_c2s}
              - {port: 5222, ip: 127.0.0.1, module: ejabberd_http}
              - {port: "unix:a", module: ejabberd_c2s}
              - {port: "unix:a", module: ejabberd_c2s}
            """)
        #expect(
            problems == [
                "test.yml:4: listen[2]: 127.0.0.1:5222 is taken by the listener on line 3",
                "test.yml:6: listen[4]: unix:a is taken by the listener on line 5",
            ])
    }

    @Test("Every declared option of a listener is one ejabberd has, or one of ours")
    func names() {
        let ours: Set<String> = [
            "allow_unencrypted_sasl", "certfile", "idle_timeout", "max_stanza_attributes",
            "max_stanza_depth", "whitespace_interval", "max_header_fields", "keepalive_timeout",
            "header_timeout", "cors_origins", "max_body_size", "max_connections_per_address",
            "max_uri_size", "max_connections", "min_transfer_rate", "body_timeout", "default_host",
            "strict_transport_security", "access", "pre_auth_max_stanza_depth",
            "pre_auth_max_stanza_attributes",
        ]
        let streams: Set<String> = [
            "max_stanza_size", "max_stanza_elements", "pre_auth_max_stanza_size",
            "pre_auth_max_stanza_elements", "max_fsm_queue", "shaper",
        ]
        for module in ListenerModule.all {
            let known = EjabberdListeners.options(of: module.name).names.union(ours).union(streams)
            #expect(Set(module.options.map(\.name)).subtracting(known) == [])
            #expect(Set(module.options.map(\.name)).count == module.options.count)
        }
        let server = Set(ServerOption.all.map(\.name))
        #expect(
            server.subtracting(EjabberdServerOptions.names.names) == ["websocket_see_other_uri"])
        #expect(server.count == ServerOption.all.count)
    }
}
