import ControlProtocol
import HTTPFront
import Logging
import XMPPConfig
import XMPPCore
import XMPPEngine
import XMPPStorage

/// The console of one server at one place: finds what a request is for, and who asks.
struct Console: Sendable {
    let server: Server
    let service: ConsoleService
    /// The path it is mounted at, without a slash at the end; empty for the root.
    let base: String
    /// Whether passwords may come unencrypted from other machines.
    let takesUnencrypted: Bool
    private let builtIn: [ConsolePage]
    private let webOptions: [String: [any OptionDeclaration]]
    static let log = Logger(label: "martlet.console")

    init(
        server: Server, service: ConsoleService, base: String,
        webModules: [any WebModule] = [], takesUnencrypted: Bool = false,
        pages: [ConsolePage] = BuiltInPages.all
    ) {
        self.server = server
        self.service = service
        self.base = base
        self.takesUnencrypted = takesUnencrypted
        builtIn = pages
        webOptions = Dictionary(
            webModules.flatMap { module in module.names.map { ($0, module.options ?? []) } }
        ) { first, _ in first }
    }

    /// The console's own pages, and those of the modules that are on.
    var pages: [ConsolePage] {
        builtIn + server.modulePages.filter { page in !builtIn.contains { $0.path == page.path } }
    }

    func page(_ path: String) -> ConsolePage? { pages.first { $0.path == path } }

    /// One of the console's files; `nil` when the request is for something else.
    func asset(_ request: WebRequest) -> WebAnswer? {
        guard request.path.hasPrefix("assets/") else { return nil }
        return Assets.answer(String(request.path.dropFirst("assets/".count)))
    }

    /// What to say when the listener stops before the answer is there.
    func restarting(_ request: WebRequest) -> WebAnswer {
        let back = localLink(request.form["back"] ?? "").map(Drawing.text) ?? ""
        return .redirect(to: "\(base)/\(back)")
    }

    func answer(_ request: WebRequest) async -> WebAnswer {
        var visit: Visit?
        do {
            if request.method == .post { try Self.checkOrigin(of: request) }
            if request.path == "sign-in" { return try await signIn(request) }
            visit = try await self.visit(request)
            if request.path == "theme" { return try changeTheme(request, visit) }
            guard let visit else { return signInFirst(request) }
            return try await answer(visit)
        } catch let problem as ConsoleProblem {
            return problemPage(problem, request, visit)
        } catch {
            Self.log.error(
                "a page failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
            let text =
                error is StorageError
                ? "The database cannot be reached at the moment."
                : "The page failed. The log says why."
            return problemPage(ConsoleProblem(.unavailable, text), request, visit)
        }
    }

    private func answer(_ visit: Visit) async throws -> WebAnswer {
        let request = visit.request
        if request.path == "sign-out", request.method == .post { return try signOut(visit) }
        if request.path.hasPrefix("run/") {
            return try await run(String(request.path.dropFirst("run/".count)), visit)
        }
        guard request.method == .get else {
            throw ConsoleProblem(.notFound, "There is nothing to send to here.")
        }
        if request.path.isEmpty { return .redirect(to: "\(base)/\(firstPage(of: visit))") }
        if request.path.hasSuffix("/download") {
            return try await download(String(request.path.dropLast("/download".count)), visit)
        }
        let (page, ask) = try find(request.path, visit)
        return .page(draw(try await page.content(for: ask), of: page, ask, visit))
    }

    /// The path of the page that comes first in the menu.
    func firstPage(of visit: Visit) -> String {
        pages.first { $0.isInMenu && visit.administrator.reaches($0.scope) }?.path ?? ""
    }

    /// A page that this administrator may see, and what it is asked.
    private func find(
        _ path: String, _ visit: Visit
    ) throws(ConsoleProblem) -> (ConsolePage, ConsoleRequest) {
        guard let page = page(path), visit.administrator.reaches(page.scope) else {
            throw ConsoleProblem(.notFound, "There is no such page.")
        }
        var host: VirtualHost?
        if page.scope == .host {
            let wanted = visit.request.query["host"] ?? ""
            let reachable = visit.hosts
            guard let name = wanted.isEmpty ? reachable.first : wanted, reachable.contains(name),
                let found = server.hosts[name]
            else { throw ConsoleProblem(.notFound, "There is no such host.") }
            host = found
        }
        let ask = ConsoleRequest(
            server: server, administrator: visit.administrator, host: host,
            optionsOfModules: server.optionsOfModules.merging(webOptions) { own, _ in own },
            query: visit.request.query)
        return (page, ask)
    }

    private func download(_ path: String, _ visit: Visit) async throws -> WebAnswer {
        let (page, ask) = try find(path, visit)
        for case .lines(let lines) in try await page.content(for: ask).sections {
            guard let name = lines.fileName else { continue }
            return .download(lines.lines.map { $0.text + "\n" }.joined(), named: name)
        }
        throw ConsoleProblem(.notFound, "There is nothing to keep on this page.")
    }

    /// Reads a path that leads back to a page of the console; `nil` for any other.
    func localLink(_ text: String) -> ConsoleLink? {
        let mark = text.firstIndex(of: "?")
        let path = String(text[..<(mark ?? text.endIndex)])
        guard page(path) != nil else { return nil }
        let query = mark.map { FormText.decode(String(text[text.index(after: $0)...])) } ?? [:]
        return ConsoleLink(
            path, query.sorted { $0.key < $1.key }.map { ConsoleParameter($0.key, $0.value) })
    }

    static func checkOrigin(of request: WebRequest) throws(ConsoleProblem) {
        guard request.isForm, !request.comesFromElsewhere else {
            throw ConsoleProblem(.notAllowed, "The form was not sent from the console.")
        }
    }
}

/// A request by somebody who is signed in.
struct Visit: Sendable {
    let request: WebRequest
    let id: String
    let session: ConsoleSession
    let administrator: Administrator
    /// The served hosts that the administrator reaches.
    let hosts: [String]

    /// Whether a form carries the session's token.
    func checkToken() throws(ConsoleProblem) {
        let sent = Array((request.form["csrf"] ?? "").utf8)
        guard ConstantTime.areEqual(sent, Array(session.csrf.utf8)) else {
            throw ConsoleProblem(.notAllowed, "The form was too old. Go back and send it again.")
        }
    }
}
