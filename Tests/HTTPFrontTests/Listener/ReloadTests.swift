import Testing
import XMPPCore

@testable import HTTPFront
@testable import XMPPConfig
@testable import XMPPEngine

@Suite("Web listeners: a reload counts at once, and connections stay")
struct ReloadTests {
    private static func modules(_ lines: String...) -> String {
        "hosts: [localhost, b.localhost]\nmodules:\n"
            + lines.map { "  \($0)\n" }.joined()
    }

    /// Asks on a connection that is open already.
    private func ask(_ client: RawClient, _ path: String, _ fields: String...) throws
        -> RawResponse
    {
        let more = fields.map { "\($0)\r\n" }.joined()
        client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(more)\r\n")
        return try client.readResponse(to: "GET")
    }

    @Test("allow_ips of the metrics, either way")
    func metrics() async throws {
        let open = Self.modules("mod_prometheus: {}")
        let closed = Self.modules("mod_prometheus: {allow_ips: 192.0.2.0/24}")
        try await WebScene.play(open) { scene in
            let client = try scene.client()
            #expect(try ask(client, "/metrics").status == 200)
            try await scene.reload(closed)
            #expect(try ask(client, "/metrics").status == 403)
            try await scene.reload(open)
            #expect(try ask(client, "/metrics").status == 200)
        }
    }

    @Test("Files: folder, header fields, passwords, and that there are none any more")
    func files() async throws {
        let folder = try TestFolder()
        folder.makeFolder("one")
        folder.makeFolder("two")
        try folder.write("one/index.html", "one")
        try folder.write("two/index.html", "two")
        func text(_ name: String, _ more: String) -> String {
            Self.modules("mod_http_fileserver: {docroot: \(folder.path)/\(name)\(more)}")
        }
        try await WebScene.play(text("one", "")) { scene in
            let client = try scene.client()
            #expect(try ask(client, "/").text == "one")
            try await scene.reload(text("two", ", custom_headers: {X-Two: \"2\"}"))
            let answer = try ask(client, "/")
            #expect(answer.text == "two")
            #expect(answer["x-two"] == "2")
            try await scene.reload(text("two", ", must_authenticate_with: [\"a:b\"]"))
            #expect(try ask(client, "/").status == 401)
            try await scene.reload(Self.modules("mod_roster: {}"))
            #expect(try ask(client, "/").status == 404)
        }
    }

    @Test("Header fields and sites of uploads, each host its own")
    func uploads() async throws {
        try await WebScene.play(Self.modules("mod_http_upload: {}")) { scene in
            let client = try scene.client()
            let origin = "Origin: https://a.example"
            #expect(try ask(client, "/upload/x", origin)["access-control-allow-origin"] == "*")
            try await scene.reload(
                """
                hosts: [localhost, b.localhost]
                modules:
                  mod_http_upload: {}
                host_config:
                  b.localhost:
                    modules:
                      mod_http_upload:
                        custom_headers: {X-Host: b}
                        cors_origins: ["https://b.example"]
                """)
            let usual = try ask(client, "/upload/x", origin)
            #expect(usual["access-control-allow-origin"] == "*")
            #expect(usual["x-host"] == nil)
            client.send("GET /upload/x HTTP/1.1\r\nHost: b.localhost\r\n\(origin)\r\n\r\n")
            let other = try client.readResponse(to: "GET")
            #expect(other["access-control-allow-origin"] == nil)
            #expect(other["x-host"] == "b")
            #expect(other["x-content-type-options"] == "nosniff")
        }
    }

    @Test("Sites that may call the API: none, then one, by its module")
    func api() async throws {
        let preflight =
            "OPTIONS /api/status HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\n"
            + "Access-Control-Request-Method: POST"
        try await WebScene.play(Self.modules("mod_http_api: {}")) { scene in
            let none = try scene.ask(preflight)
            #expect(none["access-control-allow-origin"] == nil)
            #expect(none["access-control-allow-methods"] == nil)
            try await scene.reload(
                Self.modules("mod_http_api: {cors_origins: [\"https://a.example\"]}"))
            let one = try scene.ask(preflight)
            #expect(one.status == 204)
            #expect(one["access-control-allow-origin"] == "https://a.example")
            #expect(one["access-control-allow-headers"]?.contains("Authorization") == true)
            let other = try scene.ask(preflight.replacing("a.example", with: "b.example"))
            #expect(other["access-control-allow-origin"] == nil)
            #expect(other["vary"] == "Origin")
        }
    }

    @Test("The longest request of the API")
    func apiBody() async throws {
        let body = "{\"x\": \"" + String(repeating: "a", count: 2000) + "\"}"
        let head =
            "POST /api/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await WebScene.play(Self.modules("mod_http_api: {}")) { scene in
            func status() throws -> Int {
                let client = try scene.client()
                client.send(head)
                return try client.readResponse(to: "POST").status
            }
            #expect(try status() != 413)
            try await scene.reload(Self.modules("mod_http_api: {max_body_size: 1024}"))
            #expect(try status() == 413)
        }
    }

    @Test("The sites that may connect over WebSocket, and where clients are sent instead")
    func webSocket() async throws {
        let handshake =
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n"
            + "Sec-WebSocket-Protocol: xmpp\r\nOrigin: https://a.example"
        try await WebScene.play("hosts: [localhost]") { scene in
            #expect(try scene.ask(handshake).status == 101)
            try await scene.reload(
                "hosts: [localhost]\nwebsocket_origin: [\"https://b.example\"]")
            #expect(try scene.ask(handshake).status == 403)
        }
    }

    @Test("A change that cannot be made leaves the listener as it was")
    func refused() async throws {
        let folder = try TestFolder()
        try folder.write("index.html", "here")
        func text(_ log: String) -> String {
            Self.modules(
                "mod_http_fileserver: {docroot: \(folder.path), accesslog: \(log)}")
        }
        try await WebScene.play(text("\(folder.path)/log")) { scene in
            try await scene.reload(text("/nowhere/log"))
            let client = try scene.client()
            #expect(try ask(client, "/").text == "here")
            #expect(scene.http.accessLogs["localhost"] != nil)
        }
        #expect(folder.read("log").contains("\"GET / HTTP/1.1\" 200"))
    }

    @Test("Each host has its access log; a reload opens and closes them")
    func accessLogs() async throws {
        let folder = try TestFolder()
        try folder.write("index.html", "here")
        let logged = Self.modules(
            "mod_http_fileserver: {docroot: \(folder.path), accesslog: \(folder.path)/@HOST@.log}")
        try await WebScene.play(logged) { scene in
            for host in ["localhost", "b.localhost", "unknown"] {
                _ = try scene.ask("GET /?\(host) HTTP/1.1\r\nHost: \(host)")
            }
            await scene.settle()
            // Only the end of a log's writer makes sure that all is in the file.
            try await scene.reload(
                Self.modules("mod_http_fileserver: {docroot: \(folder.path)}"))
            #expect(scene.http.accessLogs["localhost"] == nil)
            _ = try scene.ask("GET /?later HTTP/1.1\r\nHost: localhost")
        }
        let first = folder.read("localhost.log")
        let second = folder.read("b.localhost.log")
        #expect(first.contains("/?localhost") && first.contains("/?unknown"))
        #expect(!first.contains("/?b.localhost") && !first.contains("/?later"))
        #expect(second.contains("/?b.localhost") && !second.contains("/?unknown"))
    }

    @Test("No browser is to guess types: every handler says so, once")
    func noSniffing() async throws {
        let folder = try TestFolder()
        try folder.write("index.html", "here")
        let text = Self.modules(
            "mod_http_fileserver: {docroot: \(folder.path)}", "mod_http_upload: {}",
            "mod_bosh: {}", "mod_http_poll: {}", "mod_host_meta: {}")
        try await WebScene.play(text) { scene in
            let paths = [
                "/bosh", "/ws", "/poll", "/api/status", "/api/nothing", "/upload/x", "/metrics",
                "/.well-known/host-meta", "/", "/nothing",
            ]
            for path in paths {
                let answer = try scene.ask("GET \(path) HTTP/1.1\r\nHost: localhost")
                let said = answer.fields.filter { $0.name == "x-content-type-options" }
                #expect(said.map(\.value) == ["nosniff"], "\(path)")
            }
        }
    }

    @Test("What ended loops have counted stays counted; what they had open does not")
    func counters() async throws {
        try await WebScene.play("hosts: [localhost]") { scene in
            let client = try scene.client()
            for _ in 0..<3 { _ = try ask(client, "/bosh") }
            await scene.settle()
            let statistics = scene.server.environment.observatory.statistics
            let before = statistics.totals()
            #expect(before.httpResponses == 3)
            #expect(before[.httpConnections] == 1)
            await scene.http.stopLoops()
            let after = statistics.totals()
            #expect(after.httpResponses == 3)
            #expect(after[.httpConnections] == 0)
            let queues = scene.server.environment.observatory.queues
            #expect(!queues.readings().contains { $0.name == "http-0" })
            try scene.http.startLoops()
            #expect(statistics.totals().httpResponses == 3)
            #expect(queues.readings().contains { $0.name == "http-0" })
        }
    }

    @Test("The connections of a listener are counted")
    func connections() async throws {
        try await WebScene.play("hosts: [localhost]") { scene in
            let listener = try #require(scene.server.configuration.listeners.first)
            let client = try scene.client()
            _ = try ask(client, "/bosh")
            #expect(scene.server.running[listener]?.connectionCount?() == 1)
        }
    }
}

@Suite("What is added to answers")
struct AnswerTermsTests {
    @Test("A configured X-Content-Type-Options takes the place of ours")
    func configured() {
        let own = HTTPField("x-content-type-OPTIONS", "other")
        #expect(AnswerTerms(fields: [own]).fields == [own])
        #expect(AnswerTerms().fields == [.noSniffing])
    }
}

@Suite("Where files are sent to by default · XEP-0363")
struct UploadAddressTests {
    private func address(_ listeners: [String], proxies: String = "[]") throws -> String? {
        let text = listeners.map {
            "  - {module: ejabberd_http, request_handlers: {/up: mod_http_upload}, \($0)}\n"
        }
        .joined()
        let schema = ConfigurationSchema(
            modules: Catalogue.modules.map {
                ConfigurationSchema.Module($0.name, options: $0.options)
            }, requestHandlers: ["mod_http_upload"], listenerModules: ["ejabberd_http"])
        let configuration = try ConfigurationLoader.load(
            text: "hosts: [example.com]\ntrusted_proxies: \(proxies)\nlisten:\n\(text)"
                + "modules: {mod_http_upload: {}}\n",
            named: "test.yml", schema: schema
        ).configuration
        return UploadSettings(host: "example.com", in: configuration, dataDirectory: "/")?.getURL
    }

    @Test("A listener with TLS, whatever else there is")
    func tls() throws {
        let both = ["port: 5280", "port: 5443, tls: true"]
        #expect(try address(both) == "https://example.com:5443/up")
        #expect(try address(both, proxies: "[127.0.0.1]") == "https://example.com:5443/up")
    }

    @Test("Without TLS of ours, the trusted proxy's usual port")
    func proxy() throws {
        #expect(try address(["port: 5280"], proxies: "[127.0.0.1]") == "https://example.com/up")
        #expect(try address(["port: 5280"], proxies: "all") == "https://example.com/up")
        let unix = ["port: \"unix:/tmp/none.sock\""]
        #expect(try address(unix, proxies: "[127.0.0.1]") == "https://example.com/up")
        #expect(try address(unix) == nil)
    }

    @Test("Without TLS and without proxies, a listener as it is")
    func plain() throws {
        #expect(try address(["port: 5280"]) == "http://example.com:5280/up")
    }
}
