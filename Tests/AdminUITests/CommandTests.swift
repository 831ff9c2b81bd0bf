import Foundation
import HTTPFront
import Testing
import XMPPCore
import XMPPEngine
import XMPPStorage

@testable import AdminUI

@Suite("Commands run from the console")
struct CommandTests {
    private func exists(_ address: String, _ scene: ConsoleScene) async throws -> Bool {
        let jid = try #require(BareJID(address))
        let host = try #require(scene.server.hosts[jid.domainpart])
        return try await host.stores.accounts.exists(jid)
    }

    @Test("A form makes an account and leads back with a message, shown once")
    func register() async throws {
        try await ConsoleScene.visit { scene, visitor in
            _ = await visitor.get("run/register?a-host=localhost&back=accounts%3Fhost%3Dlocalhost")
            #expect(visitor.html.contains("type=\"password\""))
            let answer = await visitor.post(
                "run/register",
                [
                    "csrf": visitor.token, "a-host": "localhost", "a-user": "tybalt",
                    "a-password": "prince of cats", "back": "accounts?host=localhost",
                ])
            #expect(answer.status == .seeOther)
            #expect(answer["Location"] == "/admin/accounts?host=localhost")
            let isThere1 = try await exists("tybalt@localhost", scene)
            #expect(isThere1)
            _ = await visitor.get("accounts?host=localhost", isRefresh: true)
            #expect(!visitor.html.contains("The account is there."))
            _ = await visitor.get("accounts?host=localhost")
            #expect(visitor.html.contains("The account is there."))
            _ = await visitor.get("accounts?host=localhost")
            #expect(!visitor.html.contains("The account is there."))
        }
    }

    @Test("What fails comes back as the same form with the reason, but without the password")
    func failure() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("accounts")
            let answer = await visitor.post(
                "run/register",
                [
                    "csrf": visitor.token, "a-host": "localhost", "a-user": "juliet",
                    "a-password": "not to be shown", "fixed": "host",
                ])
            #expect(answer.status == .unprocessableContent)
            #expect(visitor.html.contains("the account exists already"))
            #expect(visitor.html.contains("value=\"juliet\""))
            #expect(!visitor.html.contains("not to be shown"))
        }
    }

    @Test("Without the session's token, or from elsewhere, nothing is done")
    func tokens() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            let other = Visitor(scene)
            await visitor.signIn()
            await other.signIn()
            _ = await visitor.get("accounts")
            let right = visitor.token
            _ = await other.get("accounts")
            let form = ["a-user": "juliet", "a-host": "localhost"]
            for token in ["", other.token, right.lowercased() + "x"] {
                let answer = await visitor.post(
                    "run/unregister", form.merging(["csrf": token]) { $1 })
                #expect(answer.status == .forbidden)
            }
            visitor.fetchSite = "cross-site"
            let answer = await visitor.post("run/unregister", form.merging(["csrf": right]) { $1 })
            #expect(answer.status == .forbidden)
            #expect(await visitor.get("run/unregister?a-user=juliet").status == .forbidden)
            let isThere2 = try await exists("juliet@localhost", scene)
            #expect(isThere2)
            visitor.fetchSite = "same-origin"
            _ = await visitor.post("run/unregister", form.merging(["csrf": right]) { $1 })
            let isThere3 = try await exists("juliet@localhost", scene)
            #expect(!isThere3)
        }
    }

    @Test("Disabled and enabled again, from the buttons of the list")
    func disabling() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("accounts?q=juliet")
            let link = try #require(visitor.links(named: "Disable").first)
            _ = await visitor.get(link)
            #expect(visitor.html.contains("Disable juliet@localhost?"))
            _ = await visitor.post(
                "run/ban_account",
                ["csrf": visitor.token, "a-user": "juliet", "a-host": "localhost"])
            _ = await visitor.get("accounts?q=juliet")
            #expect(visitor.html.contains(">Disabled<"))
            #expect(visitor.html.contains("/admin/run/unban_account"))
        }
    }

    @Test("Errors in the configuration are shown with their line")
    func check() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("configuration")
            let answer = await visitor.post("run/check_config", ["csrf": visitor.token])
            #expect(answer.status == .unprocessableContent)
            #expect(visitor.html.contains("test.yml:2"))
            #expect(!visitor.html.contains("<b>1"))
        }
    }

    @Test("A command that tells a number leads back, with the number")
    func number() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("commands")
            let answer = await visitor.post(
                "run/connected_users_number", ["csrf": visitor.token, "back": "commands"])
            #expect(answer.status == .seeOther)
            #expect(answer["Location"] == "/admin/commands")
            _ = await visitor.get("commands")
            #expect(visitor.html.contains("Connected users number: 0"))
        }
    }

    @Test("Unknown commands and arguments are named, not run")
    func unknown() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("accounts")
            #expect(await visitor.post("run/nonsense", ["csrf": visitor.token]).status == .notFound)
            #expect(await visitor.post("accounts", ["csrf": visitor.token]).status == .notFound)
            _ = await visitor.get("accounts")
            let answer = await visitor.post(
                "run/register", ["csrf": visitor.token, "a-host": "no host", "a-user": "@"])
            #expect(answer.status == .unprocessableContent)
        }
    }
}

@Suite("What an administrator of one host may")
struct ReachTests {
    @Test("Sees the pages of the own host only")
    func pages() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            await visitor.signIn("warden@other.localhost")
            for path in ["overview", "accounts", "sessions", "accounts?host=other.localhost"] {
                #expect(await visitor.get(path).status == .ok, "\(path)")
                #expect(!visitor.html.contains("jid=juliet"))
            }
            for path in [
                "accounts?host=localhost", "sessions?host=localhost", "listeners", "supervision",
                "configuration", "log", "commands", "log/download",
                "account?jid=juliet%40localhost",
            ] {
                #expect(await visitor.get(path).status == .notFound, "\(path)")
            }
        }
    }

    @Test("Runs what names the own host, and nothing else")
    func commands() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            await visitor.signIn("warden@other.localhost")
            func run(_ command: String, _ form: [String: String]) async -> HTTPStatus {
                _ = await visitor.get("overview")
                return await visitor.post(
                    "run/\(command)", form.merging(["csrf": visitor.token]) { $1 }
                ).status
            }
            for host in ["localhost", "", "LOCALHOST", "nowhere.example", "other.localhost/x"] {
                let form = ["a-user": "juliet", "a-host": host, "a-newpass": "x"]
                #expect(await run("change_password", form) == .forbidden, "\(host)")
            }
            #expect(await run("stop", [:]) == .forbidden)
            #expect(await run("reload_config", [:]) == .forbidden)
            #expect(await run("connected_users", [:]) == .forbidden)
            let own = ["a-user": "abram", "a-host": "other.localhost", "a-password": "x y z"]
            #expect(await run("register", own) == .seeOther)
        }
    }

    @Test("Sessions of accounts without any reach do not begin")
    func nothing() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            #expect(await visitor.signIn("juliet@localhost").status == .forbidden)
            #expect(scene.console.service.sessions.count == 0)
        }
    }
}
