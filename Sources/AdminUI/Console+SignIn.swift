import HTTPFront
import Logging
import XMPPConfig
import XMPPCore
import XMPPEngine
import XMPPStorage

/// Who is signed in, and how they come in and go out.
extension Console {
    private static let sessionCookie = "martlet-console"
    private static let visitCookie = "martlet-visit"
    private static let themeCookie = "martlet-theme"
    private static let refusal =
        "That did not work. Check address and password; the account must be an administrator's."

    private func jar(_ request: WebRequest) -> Cookies.Jar {
        Cookies.Jar(isSecure: request.isSecure, base: base)
    }

    // MARK: who asks

    /// The visit of a request; `nil` when nobody is signed in.
    ///
    /// A session ends with its account, with its password, and with the rule that allowed it.
    func visit(_ request: WebRequest) async throws -> Visit? {
        guard let id = request.cookies[jar(request).name(Self.sessionCookie)],
            let session = service.sessions.session(id, isUse: !request.isRefresh)
        else { return nil }
        let administrator = Administrator(
            session.account, from: IPAddress(request.address), in: server.configuration)
        guard administrator.reach != .nothing, try await isCurrent(session) else {
            service.sessions.end(id)
            return nil
        }
        return Visit(
            request: request, id: id, session: session, administrator: administrator,
            hosts: server.configuration.hosts.filter { administrator.reaches(host: $0) })
    }

    private func isCurrent(_ session: ConsoleSession) async throws -> Bool {
        guard let host = server.hosts[session.account.domainpart],
            let record = try await host.stores.accounts.record(of: session.account)
        else { return false }
        return !record.isDisabled
            && ConsoleSessions.digest(of: record.credentials) == session.fingerprint
    }

    // MARK: in

    func signInFirst(_ request: WebRequest) -> WebAnswer {
        var wanted = request.path
        let query = request.query.sorted { $0.key < $1.key }
            .map { ConsoleParameter($0.key, $0.value) }
        if !query.isEmpty { wanted += "?" + FormText.encode(query) }
        guard request.method == .get, let link = localLink(wanted) else {
            return .redirect(to: "\(base)/sign-in")
        }
        let next = FormText.encode([ConsoleParameter("next", Drawing.text(of: link))])
        return .redirect(to: "\(base)/sign-in?\(next)")
    }

    func signIn(_ request: WebRequest) async throws -> WebAnswer {
        guard request.method == .post else {
            if try await visit(request) != nil { return .redirect(to: "\(base)/") }
            return signInPage(request, nil)
        }
        guard hasVisitToken(request) else {
            return signInPage(request, "The page was too old. Please try again.", .forbidden)
        }
        guard mayTakePassword(request) else { return signInPage(request, nil, .forbidden) }
        let typed = request.form["account"] ?? ""
        let account = Self.account(typed, defaultDomain: server.hosts.defaultDomain)
        let key = account?.text ?? typed
        if let wait = service.throttle.begin(address: request.address, account: key) {
            return tooMany(request, wait)
        }
        guard let id = try await counted(account, key: key, request) else {
            Self.log.notice(
                "console sign-in refused",
                metadata: ["account": "\(key)", "address": "\(request.address)"])
            return signInPage(request, Self.refusal, .forbidden)
        }
        Self.log.notice(
            "console sign-in", metadata: ["account": "\(key)", "address": "\(request.address)"])
        let next = localLink(request.form["next"] ?? "").map(Drawing.text) ?? ""
        return WebAnswer.redirect(to: "\(base)/\(next)")
            .adding("Set-Cookie", jar(request).setting(Self.sessionCookie, to: id))
            .adding("Set-Cookie", jar(request).setting(Self.visitCookie, to: "", maxAge: 0))
    }

    private func tooMany(_ request: WebRequest, _ wait: Duration) -> WebAnswer {
        let seconds = wait.components.seconds + 1
        return signInPage(
            request, "Too many attempts. Wait \(Words.duration(.seconds(seconds))).",
            .tooManyRequests
        ).adding("Retry-After", "\(seconds)")
    }

    /// Checks an attempt that began, and says what became of it to all who count.
    private func counted(
        _ account: BareJID?, key: String, _ request: WebRequest
    ) async throws -> String? {
        let id: String?
        do {
            id = if let account { try await begin(account, request) } else { nil }
        } catch {
            service.throttle.end(address: request.address, account: key, .undecided)
            throw error
        }
        service.throttle.end(
            address: request.address, account: key, id == nil ? .refused : .accepted)
        server.loginChecked(
            isAccepted: id != nil, account: key, domain: account?.domainpart,
            address: IPAddress(request.address))
        return id
    }

    private static func account(_ typed: String, defaultDomain: String) -> BareJID? {
        let text = String(typed.drop { $0 == " " })
        return BareJID(text.contains("@") ? text : "\(text)@\(defaultDomain)")
    }

    /// Checks the password, then the rule; the id of the new session, or `nil`.
    private func begin(_ account: BareJID, _ request: WebRequest) async throws -> String? {
        // An unserved domain takes as long as any other wrong answer.
        guard let host = server.hosts[account.domainpart] ?? server.hosts.all.first,
            account.localpart != nil
        else { return nil }
        let (outcome, credentials) = try await PasswordLogin(host)
            .prove(account, password: request.form["password"] ?? "")
        let administrator = Administrator(
            account, from: IPAddress(request.address), in: server.configuration)
        guard outcome == .accepted, host.domain == account.domainpart,
            administrator.reach != .nothing,
            let credentials
        else { return nil }
        return service.sessions.begin(account, credentials: credentials.encoded)
    }

    private func mayTakePassword(_ request: WebRequest) -> Bool {
        request.isSecure || request.isLoopback || takesUnencrypted
    }

    // MARK: the form before anybody is signed in

    private func token(for visitor: String) -> String {
        Base64.encode(
            HashFunction.sha256.authenticationCode(of: Array(visitor.utf8), key: service.key))
    }

    private func hasVisitToken(_ request: WebRequest) -> Bool {
        guard let visitor = request.cookies[jar(request).name(Self.visitCookie)], !visitor.isEmpty
        else { return false }
        return ConstantTime.areEqual(
            Array((request.form["csrf"] ?? "").utf8), Array(token(for: visitor).utf8))
    }

    private func signInPage(
        _ request: WebRequest, _ error: String?, _ status: HTTPStatus = .ok
    ) -> WebAnswer {
        let jar = jar(request)
        let known = request.cookies[jar.name(Self.visitCookie)].flatMap { $0.isEmpty ? nil : $0 }
        let visitor = known ?? SecureRandom.urlToken()
        var view: View = [
            "title": "Sign in", "csrf": token(for: visitor),
            "account": request.form["account"] ?? "",
            "knowsAccount": request.form["account"]?.isEmpty == false,
            "next": request.form["next"] ?? request.query["next"] ?? "",
            "mayTakePassword": mayTakePassword(request), "base": base,
            "host": server.hosts.defaultDomain, "assets": Assets.view(base),
            "theme": themeView(request),
        ]
        if let error { view["error"] = error }
        let answer = WebAnswer.page(Templates.draw(view, with: "signin"), status: status)
        guard known == nil else { return answer }
        return answer.adding("Set-Cookie", jar.setting(Self.visitCookie, to: visitor))
    }

    // MARK: out

    func signOut(_ visit: Visit) throws -> WebAnswer {
        try visit.checkToken()
        service.sessions.end(visit.id)
        return WebAnswer.redirect(to: "\(base)/sign-in")
            .adding("Set-Cookie", jar(visit.request).setting(Self.sessionCookie, to: "", maxAge: 0))
    }

    // MARK: light and dark

    /// `system`, `light` or `dark`, as chosen in this browser.
    private static let themes = ["system", "light", "dark"]

    /// When browsers take the dark colours, as a media query.
    private static let darkWhen = [
        "system": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all",
    ]

    func themeView(_ request: WebRequest) -> View {
        let chosen = request.cookies[jar(request).name(Self.themeCookie)] ?? ""
        let theme = Self.themes.contains(chosen) ? chosen : "system"
        return [
            "chosen": theme, "darkWhen": Self.darkWhen[theme] ?? "not all",
            "choices": Self.themes.map {
                ["value": $0, "label": Words.title($0), "isChosen": $0 == theme] as View
            },
        ]
    }

    func changeTheme(_ request: WebRequest, _ visit: Visit?) throws -> WebAnswer {
        if let visit {
            try visit.checkToken()
        } else if !hasVisitToken(request) {
            throw ConsoleProblem(.notAllowed, "The form was too old.")
        }
        let wanted = request.form["theme"] ?? ""
        let theme = Self.themes.contains(wanted) ? wanted : "system"
        let back = localLink(request.form["back"] ?? "").map(Drawing.text) ?? ""
        return WebAnswer.redirect(to: "\(base)/\(back)").adding(
            "Set-Cookie",
            jar(request).setting(Self.themeCookie, to: theme, maxAge: 31_536_000))
    }
}
