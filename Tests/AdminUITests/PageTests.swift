import ControlProtocol
import Foundation
import HTTPFront
import Logging
import Mustache
import Testing
import XMPPCore
import XMPPEngine
import XMPPStorage

@testable import AdminUI

@Suite("The pages of the console")
struct PageTests {
    @Test("Each page is drawn, with the fields that keep browsers safe")
    func allPages() async throws {
        try await ConsoleScene.visit { _, visitor in
            for page in BuiltInPages.all {
                let path = page.path == "account" ? "account?jid=juliet%40localhost" : page.path
                let answer = await visitor.get(path)
                #expect(answer.status == .ok, "\(page.path)")
                #expect(visitor.html.hasPrefix("<!doctype html>"))
                #expect(visitor.html.hasSuffix("</html>\n"))
                #expect(!visitor.html.contains("{{"))
                #expect(!visitor.html.contains("style="))
                #expect(answer["Cache-Control"] == "no-store")
                #expect(answer["X-Frame-Options"] == "DENY")
                let policy = try #require(answer["Content-Security-Policy"])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; "))
                #expect(!policy.contains("unsafe"))
            }
        }
    }

    @Test("Every template draws and is escaped by bytes")
    func templates() {
        #expect(Templates.sources.count == 12)
        for source in Templates.sources {
            #expect(Templates.library.getTemplate(named: source.name) != nil)
        }
        let text = "<\u{301}b>\"\u{301}'\u{301}&\u{301}"
        #expect(
            EscapedHTML().escapeText(text).unicodeScalars.allSatisfy {
                !"<>\"'".unicodeScalars.contains($0)
            })
    }

    private static let hostile = "\"><script>alert(1)</script>'\u{301} onclick=x \"\u{301} {{csrf}}"

    private static let hostilePage = ConsolePage(
        "hostile", hostile, hostile, in: ConsoleGroup(hostile, place: 1)
    ) { request in
        let text = PageTests.hostile + request["q"]
        let link = ConsoleLink("hostile", [ConsoleParameter(text, text)])
        let cells: [ConsoleCell] = [
            .text(text), .code(text), .badge(text, .bad), .link(text, link),
            .branch(text, depth: 99), .noted(.text(text), text), .list([.code(text)]),
            .moment(Timestamp(milliseconds: .max)), .moment(Timestamp(milliseconds: .min)),
            .duration(.seconds(-1)), .bytes(.max), .number(.min), .nothing,
        ]
        let action = ConsoleAction(
            text, "register", [ConsoleParameter("host", text)], tone: .bad, asking: text)
        let direct = ConsoleAction(
            text, "unregister", [ConsoleParameter("user", text), ConsoleParameter("host", text)])
        return ConsoleContent(
            title: text, parent: link, actions: [action, direct],
            [
                .figures(cells.map { ConsoleFigure(text, $0, note: text, link: link) }),
                .table(
                    ConsoleTable(
                        text, text, columns: cells.map { _ in ConsoleColumn(text) },
                        rows: [ConsoleRow(cells, actions: [action, direct])],
                        filters: [
                            .text("q", text, example: text),
                            .choice("c", text, [ConsoleParameter(text, text)]),
                        ], note: text, empty: text, first: link.query, next: link.query)),
                .table(ConsoleTable("none", columns: [], rows: [], empty: text)),
                .facts(text, cells.map { ConsoleFact(text, $0) }),
                .form(ConsoleForm(text, action)), .notice(.bad, text),
                .chart(
                    ConsoleChart(
                        text, text, unit: .bytes, stepSeconds: .max / 1000,
                        series: [
                            .init(text, [.nan, .infinity, -1, nil, 1e300]), .init(text, []),
                        ])),
                .lines(
                    ConsoleLines(
                        text, text, filters: [.text("q", text)], lines: [.init(text, .bad)],
                        isTail: true, fileName: "x")),
            ])
    }

    @Test("Hostile text stays text, wherever a page shows it")
    func hostileText() async throws {
        try await ConsoleScene.visit(pages: BuiltInPages.all + [Self.hostilePage]) { _, visitor in
            #expect(await visitor.get("hostile?q=%22%3E%3Cb%3E").status == .ok)
            // One script element, ours, and no quotation mark but those of the templates.
            #expect(visitor.html.components(separatedBy: "<script").count == 2)
            #expect(!visitor.html.contains("<b>alert") && !visitor.html.contains("\"><b>"))
            let bytes = Array(visitor.html.utf8)
            let broken = zip(bytes, bytes.dropFirst()).contains { $0 == 0x22 && $1 == 0xCC }
            #expect(!broken)
        }
    }

    @Test("What is asked for comes back escaped", arguments: ["accounts", "sessions", "log"])
    func hostileQuery(_ page: String) async throws {
        try await ConsoleScene.visit { _, visitor in
            let text = FormText.escape(Self.hostile)
            _ = await visitor.get("\(page)?q=\(text)&after=\(text)&in=\(text)&host=localhost")
            #expect(visitor.html.components(separatedBy: "<script").count == 2)
            let answer = await visitor.get("\(page)?host=\(text)")
            #expect(page == "log" || answer.status == .notFound)
            #expect(visitor.html.components(separatedBy: "<script").count == 2)
        }
    }

    @Test("Pages of accounts hold each account once, in order, and lead back to the first")
    func paging() async throws {
        try await ConsoleScene.play { scene in
            let host = try #require(scene.server.hosts["localhost"])
            for number in 0..<117 {
                let jid = try #require(
                    BareJID(localpart: "u\(1000 + number)", domainpart: "localhost"))
                _ = try await host.stores.accounts.create(jid, credentials: "-")
            }
            let visitor = Visitor(scene)
            await visitor.signIn()
            var seen: [String] = []
            var path: String? = "accounts?host=localhost&q=u1"
            var pages = 0
            while let next = path, pages < 10 {
                _ = await visitor.get(next)
                pages += 1
                seen += visitor.html.components(separatedBy: "account?jid=").dropFirst().map {
                    String($0.prefix { $0 != "%" })
                }
                #expect(visitor.links(named: "«« First page").isEmpty == (pages == 1))
                #expect(visitor.links(named: "« Previous page").isEmpty == (pages == 1))
                path = visitor.links(named: "Next page »").first
            }
            #expect(pages == 3)
            func firstRow() -> String? {
                visitor.html.components(separatedBy: "account?jid=").dropFirst().first.map {
                    String($0.prefix { $0 != "%" })
                }
            }
            for first in ["u1050", "u1000"] {
                _ = await visitor.get(
                    try #require(visitor.links(named: "« Previous page").first))
                #expect(firstRow() == first)
            }
            #expect(visitor.links(named: "« Previous page").isEmpty)
            _ = await visitor.get(try #require(visitor.links(named: "Next page »").first))
            #expect(firstRow() == "u1050")
            #expect(seen == (0..<117).map { "u\(1000 + $0)" })
        }
    }

    @Test("The configuration page has ACLs, access rules and shapers, found by name")
    func accessRules() async throws {
        let more = "\nshaper: {normal: 1000}\nshaper_rules: {c2s_shaper: normal}\n"
        try await ConsoleScene.play(more: more) { scene in
            let visitor = Visitor(scene)
            await visitor.signIn()
            _ = await visitor.get("configuration")
            for text in [
                "Access rules", "allow: admin", "allow: warden", "user warden@other.localhost",
                "1000 bytes a second", "normal: all", "c2s_shaper",
            ] {
                #expect(visitor.html.contains(text), "\(text)")
            }
            _ = await visitor.get("configuration?q=warden")
            #expect(visitor.html.contains("user warden@other.localhost"))
            #expect(!visitor.html.contains("allow: admin"))
        }
    }

    @Test("Nobody sees a page without a session")
    func signedOut() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            for path in BuiltInPages.all.map(\.path) + ["", "run/stop", "log/download", "nonsense"]
            {
                let answer = await visitor.get(path)
                #expect(answer.status == .seeOther)
                #expect(answer["Location"]?.hasPrefix("/admin/sign-in") == true)
            }
            let answer = await visitor.post("run/stop", ["csrf": ""])
            #expect(answer["Location"] == "/admin/sign-in")
        }
    }

    @Test("The log can be kept as a file")
    func download() async throws {
        try await ConsoleScene.play { scene in
            scene.server.environment.observatory.logs.append(.error, label: "test", "it <broke>")
            let visitor = Visitor(scene)
            await visitor.signIn()
            _ = await visitor.get("log?level=error")
            #expect(visitor.html.contains("it &lt;broke&gt;"))
            let answer = await visitor.get("log/download?level=error")
            #expect(
                String(decoding: answer.body, as: UTF8.self).hasSuffix(
                    "error    test: it <broke>\n"))
            #expect(answer["Content-Disposition"] == "attachment; filename=\"martlet.log\"")
            #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        }
    }

    @Test("An account has its contacts on its page; those of this server lead to theirs")
    func contacts() async throws {
        try await ConsoleScene.visit { scene, visitor in
            let host = try #require(scene.server.hosts["localhost"])
            let juliet = try #require(BareJID("juliet@localhost"))
            for contact in ["admin@localhost", "romeo@example.org"] {
                let item = RosterItem(
                    contact: try #require(BareJID(contact)), groups: ["<Verona>"])
                _ = try await host.stores.rosters.upsert(item, of: juliet, itemsMax: 10)
            }
            _ = await visitor.get("account?jid=juliet@localhost")
            #expect(visitor.links(named: "admin@localhost") == ["account?jid=admin%40localhost"])
            #expect(visitor.html.contains("romeo@example.org"))
            #expect(visitor.links(named: "romeo@example.org").isEmpty)
            #expect(visitor.html.contains("&lt;Verona&gt;"))
            #expect(visitor.links(named: "Remove").count == 2)
            #expect(visitor.links(named: "Message").count == 1)
        }
    }

    @Test(
        "A page that is not there leads to one that is",
        arguments: [("nonsense", "overview"), ("account?jid=nobody@localhost", "accounts")])
    func dead(_ path: String, _ next: String) async throws {
        try await ConsoleScene.visit { _, visitor in
            #expect(await visitor.get(path).status == .notFound)
            #expect(visitor.html.contains("class=\"button\" href=\"/admin/\(next)\""))
        }
    }

    @Test("Light and dark are remembered, and nothing else can be")
    func theme() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            _ = await visitor.get("sign-in")
            #expect(visitor.html.contains("data-theme=\"system\""))
            for (wanted, shown) in [("dark", "dark"), ("light", "light"), ("\"><b>", "system")] {
                _ = await visitor.post("theme", ["csrf": visitor.token, "theme": wanted])
                _ = await visitor.get("sign-in")
                #expect(visitor.html.contains("data-theme=\"\(shown)\""))
                let media = ["dark": "all", "light": "not all"][shown]
                let isDarkWhen = "media=\"\(media ?? "(prefers-color-scheme: dark)")\""
                #expect(visitor.html.contains(isDarkWhen))
            }
            #expect(await visitor.post("theme", ["theme": "dark"]).status == .forbidden)
        }
    }
}
