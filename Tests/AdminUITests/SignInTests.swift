import Foundation
import HTTPFront
import Testing
import XMPPCore
import XMPPEngine

@testable import AdminUI

@Suite("Signing in to the console")
struct SignInTests {
    @Test("An administrator comes in; the cookie is the server's, and no script can read it")
    func comesIn() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            let answer = await visitor.signIn()
            #expect(answer.status == .seeOther)
            #expect(answer["Location"] == "/admin/")
            let cookie = try #require(
                answer.fields.first { $0.value.hasPrefix("martlet-console=") }?.value)
            for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/admin"] {
                #expect(cookie.contains(part))
            }
            #expect(!cookie.contains("Secure"))
            #expect(await visitor.isSignedIn)
        }
    }

    @Test("Over TLS the cookie is Secure and begins with __Host-")
    func secureCookie() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            visitor.isSecure = true
            visitor.address = "192.0.2.7"
            let answer = await visitor.signIn()
            let cookie = try #require(
                answer.fields.first { $0.value.hasPrefix("__Host-martlet-console=") }?.value)
            #expect(cookie.contains("; Secure") && cookie.contains("; Path=/;"))
            #expect(await visitor.isSignedIn)
        }
    }

    @Test("A localpart alone means the first host")
    func shortName() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            await visitor.signIn("admin")
            #expect(await visitor.isSignedIn)
        }
    }

    @Test("What is wrong is not told: password, account, host, rule and lock look alike")
    func refusalsLookAlike() async throws {
        try await ConsoleScene.play { scene in
            try await scene.register("romeo@localhost")
            let host = try #require(scene.server.hosts["localhost"])
            let romeo = try #require(BareJID("romeo@localhost"))
            _ = try await AccountService(host).setDisabled(true, of: romeo)
            var pages: Set<String> = []
            for (account, password) in [
                ("admin@localhost", "wrong"), ("nobody@localhost", ConsoleScene.password),
                ("admin@elsewhere.example", ConsoleScene.password),
                ("juliet@localhost", ConsoleScene.password),
                ("romeo@localhost", ConsoleScene.password), ("@", "x"), ("localhost", "x"),
            ] {
                let visitor = Visitor(scene)
                visitor.isSecure = true
                visitor.address = "192.0.2.\(pages.count + account.count)"
                let answer = await visitor.signIn(account, password: password)
                #expect(answer.status == .forbidden, "\(account)")
                #expect(visitor.cookies["__Host-martlet-console"] == nil)
                pages.insert(
                    visitor.html.replacingOccurrences(of: visitor.token, with: "")
                        .replacingOccurrences(of: "value=\"\(account)\"", with: ""))
                #expect(await !visitor.isSignedIn)
            }
            #expect(pages.count == 1)
        }
    }

    @Test("A form without the page's token, or with another visitor's, is refused")
    func tokenOfTheForm() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            let other = Visitor(scene)
            _ = await visitor.get("sign-in")
            _ = await other.get("sign-in")
            for token in ["", other.token, visitor.token + "x"] {
                let answer = await visitor.post(
                    "sign-in",
                    [
                        "csrf": token, "account": "admin@localhost",
                        "password": ConsoleScene.password,
                    ])
                #expect(answer.status == .forbidden)
            }
            #expect(await !visitor.isSignedIn)
        }
    }

    @Test(
        "A form that a browser says comes from elsewhere is refused",
        arguments: [
            ("cross-site", nil), ("same-site", nil), (nil, "https://evil.example"),
            (nil, "null"), (nil, "http://localhost.evil.example"), (nil, "localhost"),
        ] as [(String?, String?)])
    func formsFromElsewhere(_ fetchSite: String?, _ origin: String?) async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            _ = await visitor.get("sign-in")
            visitor.fetchSite = fetchSite
            visitor.origin = origin
            let answer = await visitor.post(
                "sign-in",
                [
                    "csrf": visitor.token, "account": "admin@localhost",
                    "password": ConsoleScene.password,
                ])
            #expect(answer.status == .forbidden)
            #expect(visitor.cookies["martlet-console"] == nil)
        }
    }

    @Test("An id that the server did not make is never taken up")
    func fixation() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            visitor.cookies["martlet-console"] = "chosen-by-somebody"
            await visitor.signIn()
            let first = visitor.cookies["martlet-console"]
            #expect(first != "chosen-by-somebody")
            _ = await visitor.get("overview")
            _ = await visitor.post("sign-out", ["csrf": visitor.token])
            await visitor.signIn()
            #expect(visitor.cookies["martlet-console"] != first)
        }
    }

    @Test("Passwords are not taken unencrypted from other machines")
    func unencrypted() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            visitor.address = "192.0.2.7"
            #expect(await visitor.signIn().status == .forbidden)
            #expect(!visitor.html.contains("type=\"password\""))
            #expect(visitor.html.contains("not encrypted"))
        }
    }

    @Test("After sign-in the wanted page comes, and never one of another site or a command")
    func next() async throws {
        try await ConsoleScene.play { scene in
            let wanted = await Visitor(scene).get("accounts?host=localhost&q=ju")
            #expect(
                wanted["Location"] == "/admin/sign-in?next=accounts%3Fhost%3Dlocalhost%26q%3Dju")
            for (next, place) in [
                ("accounts?q=ju", "/admin/accounts?q=ju"), ("//evil.example/", "/admin/"),
                ("https://evil.example", "/admin/"), ("../../x", "/admin/"),
                ("run/stop", "/admin/"),
                ("accounts?q=\"<b>\r\nX: y", "/admin/accounts?q=%22%3Cb%3E%0D%0AX%3A%20y"),
            ] {
                let answer = await Visitor(scene).signIn(next: next)
                #expect(answer["Location"] == place)
            }
        }
    }
}

@Suite("How a console session ends")
struct SessionEndTests {
    @Test("Half an hour without use ends it; use keeps it, but not for ever")
    func time() async throws {
        try await ConsoleScene.visit { scene, visitor in
            for _ in 0..<24 {
                scene.clock.advance(by: .seconds(1790))
                #expect(await visitor.isSignedIn)
            }
            scene.clock.advance(by: .seconds(300))
            #expect(await !visitor.isSignedIn)
            await visitor.signIn()
            scene.clock.advance(by: .seconds(1800))
            #expect(await !visitor.isSignedIn)
        }
    }

    @Test("A page that refreshes itself does not keep it")
    func refresh() async throws {
        try await ConsoleScene.visit { scene, visitor in
            scene.clock.advance(by: .seconds(1700))
            #expect(await visitor.get("overview", isRefresh: true).status == .ok)
            scene.clock.advance(by: .seconds(101))
            #expect(await !visitor.isSignedIn)
        }
    }

    @Test("Sign-out ends it, with the right token only")
    func signOut() async throws {
        try await ConsoleScene.visit { _, visitor in
            _ = await visitor.get("overview")
            let cookies = visitor.cookies
            #expect(await visitor.post("sign-out", ["csrf": "x"]).status == .forbidden)
            #expect(await visitor.isSignedIn)
            #expect(await visitor.post("sign-out", ["csrf": visitor.token]).status == .seeOther)
            visitor.cookies = cookies
            #expect(await !visitor.isSignedIn)
        }
    }

    @Test("Another password, a lock, removal, and a rule that says no each end it")
    func changes() async throws {
        try await ConsoleScene.play { scene in
            let host = try #require(scene.server.hosts["localhost"])
            let admin = try #require(BareJID("admin@localhost"))
            let service = AccountService(host)
            let visitor = Visitor(scene)
            await visitor.signIn()
            _ = try await service.changePassword(of: admin, to: "another one")
            #expect(await !visitor.isSignedIn)
            await visitor.signIn(password: "another one")
            #expect(await visitor.isSignedIn)
            _ = try await service.setDisabled(true, of: admin)
            #expect(await !visitor.isSignedIn)
            _ = try await service.setDisabled(false, of: admin)
            await visitor.signIn(password: "another one")
            let sessions = scene.console.service.sessions
            #expect(sessions.count == 1)
            // Nobody asks between the two: the session has ended all the same.
            _ = try await service.setDisabled(true, of: admin)
            #expect(sessions.count == 0)
            _ = try await service.setDisabled(false, of: admin)
            #expect(await !visitor.isSignedIn)
            await visitor.signIn(password: "another one")
            let juliet = try #require(BareJID("juliet@localhost"))
            _ = try await service.remove(juliet)
            #expect(sessions.count == 1)
            _ = try await scene.server.apply(
                ConsoleScene.load("hosts: [localhost]\naccess_rules: {configure: {allow: none}}"))
            #expect(await !visitor.isSignedIn)
        }
    }
}

@Suite("Guessing is slowed down")
struct SlowedSignInTests {
    @Test("The page says how long to wait, and the right password does not help meanwhile")
    func page() async throws {
        try await ConsoleScene.play { scene in
            let visitor = Visitor(scene)
            for _ in 0..<6 { await visitor.signIn(password: "wrong") }
            let answer = await visitor.signIn()
            #expect(answer.status == .tooManyRequests)
            #expect(answer["Retry-After"] == "2")
            scene.clock.advance(by: .seconds(2))
            #expect(await visitor.signIn().status == .seeOther)
        }
    }
}
