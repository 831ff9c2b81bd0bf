import HTTPFront
import XMPPCore
import XMPPEngine

/// Whole pages: the frame with its menu, and what stands in it.
extension Console {
    /// Draws what a page shows; without a page, the outcome of a command.
    func draw(
        _ content: ConsoleContent, of page: ConsolePage?, _ ask: ConsoleRequest?, _ visit: Visit
    ) -> String {
        let drawing = drawing(for: visit, at: page?.path ?? content.parent?.page ?? "")
        let above = content.parent.flatMap { self.page($0.page) }
        let place = page?.isInMenu == true ? page : above ?? page
        var view = frame(visit, title: content.title ?? page?.title ?? "", at: place)
        view["summary"] = content.title == nil ? page?.summary : nil
        if let title = content.title, BareJID(title)?.localpart != nil { view["copies"] = title }
        view["sections"] = content.sections.compactMap { drawing.view($0) }
        let actions = content.actions.compactMap { drawing.view($0) }
        if !actions.isEmpty { view["actions"] = actions }
        view["parent"] = content.parent.map { link in
            ["href": drawing.href(link), "label": above?.title ?? "Back"] as View
        }
        view["refresh"] = page?.refreshSeconds.map { String($0) }
        if page?.scope == .host, visit.hosts.count > 1, let chosen = ask?.host?.domain {
            view["hasHosts"] = true
            view["hosts"] = visit.hosts.map { host in
                [
                    "label": host, "isCurrent": host == chosen,
                    "href": drawing.href(
                        ConsoleLink(page?.path ?? "", [ConsoleParameter("host", host)])),
                ] as View
            }
        }
        return Templates.draw(view, with: "layout")
    }

    func draw(_ form: CommandForm, _ visit: Visit) -> String {
        let above = localLink(form.back)
        var view = frame(visit, title: form.title, at: above.flatMap { page($0.page) })
        view["parent"] = above.map { link in
            ["href": "\(base)/\(form.back)", "label": page(link.page)?.title ?? "Back"] as View
        }
        var drawn = form.view(base: base, hosts: visit.hosts)
        drawn["isAlone"] = true
        view["sections"] = [["form": drawn] as View]
        return Templates.draw(view, with: "layout")
    }

    func problemPage(
        _ problem: ConsoleProblem, _ request: WebRequest, _ visit: Visit?
    ) -> WebAnswer {
        let (status, title): (HTTPStatus, String) =
            switch problem.kind {
            case .notFound: (.notFound, "Not found")
            case .notAllowed: (.forbidden, "Not allowed")
            case .badRequest: (.badRequest, "Not understood")
            case .unavailable: (.serviceUnavailable, "Not available")
            }
        var view: View
        if let visit {
            view = frame(visit, title: title, at: nil)
        } else {
            view = [
                "title": title, "base": base, "assets": Assets.view(base),
                "theme": themeView(request), "isBare": true,
            ]
        }
        var notice: View = ["tone": "bad", "text": problem.text]
        if let next = wayOn(from: request, visit) { notice["next"] = next }
        view["sections"] = [["notice": notice] as View]
        return .page(Templates.draw(view, with: "layout"), status: status)
    }

    /// Where to go from a page that cannot be shown: up, or to the first page.
    private func wayOn(from request: WebRequest, _ visit: Visit?) -> View? {
        guard let visit else { return ["href": "\(base)/sign-in", "label": "Sign in"] }
        let isOfAccount = request.path == BuiltInPages.account.path
        let path = isOfAccount ? BuiltInPages.accounts.path : firstPage(of: visit)
        guard let page = page(path), page.path != request.path else { return nil }
        return ["href": "\(base)/\(path)", "label": page.title]
    }

    private func drawing(for visit: Visit, at path: String) -> Drawing {
        let query = visit.request.method == .get ? visit.request.query : [:]
        let kept = query.sorted { $0.key < $1.key }.map { ConsoleParameter($0.key, $0.value) }
        return Drawing(
            base: base, administrator: visit.administrator, commands: server.commands,
            here: ConsoleLink(path, kept), hosts: visit.hosts, seal: service.seal)
    }

    /// The page that was asked for, with its query.
    private static func here(_ request: WebRequest) -> String {
        guard request.method == .get else { return "" }
        let query = request.query.sorted { $0.key < $1.key }
        return Drawing.text(
            of: ConsoleLink(request.path, query.map { ConsoleParameter($0.key, $0.value) }))
    }

    /// What stands around every page.
    private func frame(_ visit: Visit, title: String, at page: ConsolePage?) -> View {
        let seen = pages.filter { $0.isInMenu && visit.administrator.reaches($0.scope) }
        let groups = Set(seen.map(\.group)).sorted { $0.place < $1.place }
        var view: View = [
            "title": title, "base": base, "csrf": visit.session.csrf,
            "host": server.hosts.defaultDomain,
            "account": visit.session.account.text, "assets": Assets.view(base),
            "version": server.environment.version, "theme": themeView(visit.request),
            "here": Self.here(visit.request), "isSignedIn": true,
            "menu": groups.map { group in
                [
                    "title": group.title,
                    "isNamed": !seen.contains { $0.group == group && $0.title == group.title },
                    "pages": seen.filter { $0.group == group }.map { item in
                        [
                            "title": item.title, "href": "\(base)/\(item.path)",
                            "icon": item.icon.rawValue,
                            "isCurrent": item.path == page?.path
                                || page?.path.hasPrefix(item.path + "-") == true,
                        ] as View
                    },
                ] as View
            },
        ]
        if !visit.request.isRefresh, let notice = service.sessions.takeNotice(of: visit.id) {
            view["flash"] = ["tone": notice.tone.rawValue, "text": notice.text] as View
        }
        return view
    }
}
