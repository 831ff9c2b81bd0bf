import Testing
import XMPPCore

@testable import HTTPFront
@testable import XMPPConfig

@Suite("host-meta · XEP-0156")
struct HostMetaTests {
    /// The links of a client's view, with what a configuration has.
    private func links(
        _ listeners: String, options: String = "{}", secure: Bool = true, local: Bool = false,
        authority: String = "chat.example.com"
    ) throws -> [String] {
        let schema = ConfigurationSchema(
            modules: HostMetaModule().declarations,
            requestHandlers: ["mod_bosh", "ejabberd_http_ws", "mod_host_meta"])
        let configuration = try ConfigurationLoader.load(
            text: """
                hosts:
                  - example.com
                  - other.example
                listen:
                \(listeners)
                modules:
                  mod_host_meta: \(options)
                """, named: "test.yml", schema: schema
        ).configuration
        let handler = HostMetaHandler(
            listener: try #require(configuration.listeners.first), module: HostMetaModule(),
            configuration: { configuration })
        let host = String(authority.prefix { $0 != ":" })
        let view = ClientView(isSecure: secure, isLocal: local, host: host, authority: authority)
        return handler.hostMeta(for: view, configuration).links.map(\.address)
    }

    private let both = """
          - port: 5443
            module: ejabberd_http
            tls: true
            request_handlers:
              /bosh: mod_bosh
              /ws: ejabberd_http_ws
        """
    private let plain = """
          - port: 5280
            module: ejabberd_http
            request_handlers:
              /bosh: mod_bosh
              /ws: ejabberd_http_ws
        """

    @Test("§2.1: the addresses are where the client found host-meta itself")
    func sameListener() throws {
        #expect(
            try links(both, authority: "example.com:5443") == [
                "https://example.com:5443/bosh", "wss://example.com:5443/ws",
            ])
    }

    @Test("Behind a proxy they are the proxy's")
    func behindProxy() throws {
        #expect(
            try links(plain) == ["https://chat.example.com/bosh", "wss://chat.example.com/ws"])
        #expect(
            try links(plain, authority: "chat.example.com:8443") == [
                "https://chat.example.com:8443/bosh", "wss://chat.example.com:8443/ws",
            ])
    }

    @Test("§2.2: without TLS nothing is named, but on this machine itself")
    func withoutTLS() throws {
        #expect(try links(plain, secure: false).isEmpty)
        #expect(
            try links(plain, secure: false, local: true, authority: "localhost:5280") == [
                "http://localhost:5280/bosh", "ws://localhost:5280/ws",
            ])
    }

    @Test("§2.2: a request without TLS hears of the listener with TLS")
    func otherListener() throws {
        #expect(
            try links(plain + "\n" + both, secure: false, authority: "example.com:5280") == [
                "https://example.com:5443/bosh", "wss://example.com:5443/ws",
            ])
    }

    @Test("A listener without the services hears where they are")
    func elsewhere() throws {
        let bare = """
              - port: 443
                module: ejabberd_http
                tls: true
                request_handlers:
                  /.well-known/host-meta: mod_host_meta
            """
        #expect(
            try links(bare + "\n" + both, authority: "other.example") == [
                "https://other.example:5443/bosh", "wss://other.example:5443/ws",
            ])
        #expect(try links(bare).isEmpty)
    }

    @Test("Options come first, for each host; undefined names nothing")
    func options() throws {
        #expect(
            try links(
                both,
                options: "{bosh_service_url: \"https://web.@HOST@/b\", websocket_url: undefined}",
                authority: "other.example") == ["https://web.other.example/b"])
    }

    @Test(
        "Options that cannot be",
        arguments: ["ftp://x", "https://", "wss://a b", "\"https://x/\\\"\"", "5", "[]"])
    func badOptions(text: String) {
        #expect(throws: (any Error).self) {
            try links(both, options: "{bosh_service_url: \(text)}")
        }
    }

    @Test("§2.3: both forms, readable by anybody")
    func forms() throws {
        let meta = HostMeta(links: [.bosh("https://a/b?c=\"d\"&e"), .webSocket("wss://a/<w>")])
        let xml = String(decoding: meta.xml, as: UTF8.self)
        #expect(
            xml == """
                <?xml version='1.0' encoding='utf-8'?>
                <XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\
                <Link rel='urn:xmpp:alt-connections:xbosh' href='https://a/b?c=&quot;d&quot;&amp;e'/>\
                <Link rel='urn:xmpp:alt-connections:websocket' href='wss://a/&lt;w&gt;'/></XRD>
                """)
        #expect(
            meta.json == #"{"links":[{"rel":"urn:xmpp:alt-connections:xbosh","#
                + #""href":"https://a/b?c=\"d\"&e"},"#
                + #"{"rel":"urn:xmpp:alt-connections:websocket","href":"wss://a/<w>"}]}"#)
        #expect(HostMeta(links: []).json == "{\"links\":[]}")
    }
}
