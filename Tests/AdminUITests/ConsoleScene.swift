import ControlProtocol
import Foundation
import HTTPFront
import NIOCore
import Stages
import Synchronization
import Testing
import XMPPConfig
import XMPPCore
import XMPPEngine
import XMPPStorage

@testable import AdminUI

/// A server with a console in front of it, without sockets for either.
///
/// `admin@localhost` administrates all, `warden@other.localhost` its own host; `juliet` nothing.
final class ConsoleScene: ServerStage {
    static let password = "correct horse"

    let server: Server
    let clock = ConsoleClock()
    let console: Console
    let root: Supervisor
    private let folder: String

    private static let configuration = """
        hosts: [localhost, other.localhost]
        acl:
          admin:
            user: [admin@localhost]
          warden:
            user: [warden@other.localhost]
        access_rules:
          configure:
            allow: admin
        host_config:
          other.localhost:
            acl:
              admin:
                user: [admin@localhost]
              warden:
                user: [warden@other.localhost]
            access_rules:
              configure:
                - allow: warden
                - allow: admin
        modules:
          mod_roster: {}
          mod_last: {}
        """

    init(
        pages: [ConsolePage] = BuiltInPages.all, modules: [ModuleType] = [], more: String = ""
    ) async throws {
        folder = "/tmp/console-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let configuration = try Self.load(Self.configuration + more, modules)
        server = Server(
            configuration: configuration,
            environment: ServerEnvironment(dataDirectory: folder, version: "1.0", loops: 1),
            catalogue: Catalogue.modules + modules, factories: [:])
        root = server.makeTree()
        server.registerCommands(
            reload: { "Applied." },
            check: {
                _ = try Self.load("hosts: [localhost]\nno_such_option: <b>1</b>\n")
                return ""
            }, drain: {})
        await root.start()
        let clock = clock
        let service = ConsoleService(now: { clock.now })
        service.follow(server)
        console = Console(
            server: server, service: service, base: "/admin",
            pages: pages)
        for account in ["admin@localhost", "juliet@localhost", "warden@other.localhost"] {
            try await register(account)
        }
    }

    static func load(
        _ text: String, _ modules: [ModuleType] = []
    ) throws -> Configuration {
        let schema = ConfigurationSchema(
            modules: (Catalogue.modules + modules).map {
                ConfigurationSchema.Module($0.name, options: $0.options)
            })
        return try ConfigurationLoader.load(text: text, named: "test.yml", schema: schema)
            .configuration
    }

    func register(_ address: String, password: String = password) async throws {
        let jid = try #require(BareJID(address))
        let host = try #require(server.hosts[jid.domainpart])
        let outcome = try await AccountService(host).create(
            jid.localpart ?? "", password: password)
        #expect(outcome == .done)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Runs a play and stops the server after it.
    static func play(
        pages: [ConsolePage] = BuiltInPages.all, modules: [ModuleType] = [], more: String = "",
        _ play: (ConsoleScene) async throws -> Void
    ) async throws {
        try await ConsoleScene(pages: pages, modules: modules, more: more).play(play)
    }

    /// The same for a play that the administrator of all begins, signed in.
    static func visit(
        pages: [ConsolePage] = BuiltInPages.all, modules: [ModuleType] = [], more: String = "",
        _ visit: (ConsoleScene, Visitor) async throws -> Void
    ) async throws {
        try await play(pages: pages, modules: modules, more: more) { scene in
            let visitor = Visitor(scene)
            await visitor.signIn()
            try await visit(scene, visitor)
        }
    }
}

/// A monotonic clock that a test moves.
final class ConsoleClock: Sendable {
    private let moment = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { moment.withLock { $0 } }

    func advance(by duration: Duration) { moment.withLock { $0 += duration } }
}

/// A browser: keeps cookies, and sends forms with what stands in them.
final class Visitor {
    let scene: ConsoleScene
    var cookies: [String: String] = [:]
    var address = "127.0.0.1"
    var isSecure = false
    /// What a browser would say of where its requests come from.
    var fetchSite: String?
    var origin: String?
    private(set) var html = ""

    init(_ scene: ConsoleScene) { self.scene = scene }

    func get(_ path: String, isRefresh: Bool = false) async -> WebAnswer {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        var request = WebRequest(
            method: .get, path: parts.first ?? "",
            query: FormText.decode(parts.count > 1 ? parts[1] : ""))
        request.isRefresh = isRefresh
        return await send(&request)
    }

    func post(_ path: String, _ form: [String: String]) async -> WebAnswer {
        var request = WebRequest(method: .post, path: path, query: [:])
        request.form = form
        request.isForm = true
        return await send(&request)
    }

    private func send(_ request: inout WebRequest) async -> WebAnswer {
        request.cookies = cookies
        request.address = address
        request.isLoopback = address == "127.0.0.1"
        request.isSecure = isSecure
        request.host = "localhost"
        request.fetchSite = fetchSite
        request.origin = origin
        let answer = await scene.console.answer(request)
        for field in answer.fields where field.name == "Set-Cookie" { take(field.value) }
        if answer["Content-Type"]?.hasPrefix("text/html") == true {
            html = String(decoding: answer.body, as: UTF8.self)
        }
        return answer
    }

    private func take(_ cookie: String) {
        let pair = cookie.split(separator: ";")[0].split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let isOver = cookie.contains("Max-Age=0")
        cookies[String(pair[0])] = isOver ? nil : String(pair[1])
    }

    /// The token in the forms of the last page.
    var token: String {
        guard let start = html.range(of: "name=\"csrf\" value=\""),
            let end = html[start.upperBound...].firstIndex(of: "\"")
        else { return "" }
        return String(html[start.upperBound..<end])
    }

    /// Where links with such a text lead, as they stand in the page.
    func links(named text: String) -> [String] {
        html.components(separatedBy: "<a ").dropFirst().compactMap { part in
            guard let close = part.range(of: "</a>"),
                part[..<close.lowerBound].hasSuffix(">" + text),
                let href = part.range(of: "href=\""),
                let end = part[href.upperBound...].firstIndex(of: "\"")
            else { return nil }
            return part[href.upperBound..<end].replacingOccurrences(of: "&amp;", with: "&")
                .replacingOccurrences(of: "/admin/", with: "")
        }
    }

    @discardableResult
    func signIn(
        _ account: String = "admin@localhost", password: String = ConsoleScene.password,
        next: String = ""
    ) async -> WebAnswer {
        _ = await get("sign-in")
        return await post(
            "sign-in",
            ["csrf": token, "account": account, "password": password, "next": next])
    }

    var isSignedIn: Bool {
        get async { await get("overview").status == .ok }
    }
}
