import Synchronization
import XMPPCore
import XMPPStorage

/// Stanzas for the host and its accounts (RFC 6121 §8).
extension VirtualHost {
    package func route(_ stanza: Stanza, origin: any StanzaOrigin) {
        guard let to = stanza.to else { return }
        if to.bare.isDomain {
            routeToHost(stanza, to: to, origin: origin)
            return
        }
        var stanza = stanza
        for hook in hooks.arriving.handlers {
            switch hook(stanza) {
            case .pass: break
            case .change(let changed): stanza = changed
            case .drop: return
            case .bounce(let error): return router.bounce(stanza, error)
            }
        }
        if let resource = to.resourcepart {
            routeToResource(stanza, to: to, resource: resource, origin: origin)
        } else {
            routeToAccount(stanza, account: to.bare, origin: origin)
        }
    }

    // MARK: the host itself

    /// RFC 6121 §8.2–8.4: the host answers requests and takes nothing else.
    private func routeToHost(_ stanza: Stanza, to: JID, origin: any StanzaOrigin) {
        switch stanza.kind {
        case .iq:
            guard to.isBare else { return router.bounce(stanza, .itemNotFound) }
            answer(stanza, target: .host, origin: origin)
        case .message:
            guard stanza.type != .headline else { return }
            router.bounce(stanza, to.isBare ? .serviceUnavailable : .itemNotFound)
        case .presence:
            break
        }
    }

    // MARK: a full address

    /// RFC 6121 §8.5.3 and §8.5.4.
    private func routeToResource(
        _ stanza: Stanza, to: JID, resource: String, origin: any StanzaOrigin
    ) {
        if stanza.kind == .presence, stanza.type.isSubscription || stanza.type == .probe {
            return presence.arrived(stanza, for: to.bare, origin: origin)
        }
        if let session = sessions.session(to.bare, resource) {
            guard session.deliver(stanza) else {
                return router.bounce(stanza, .resourceConstraint)
            }
            if stanza.kind == .message {
                for hook in hooks.delivered.handlers { hook(stanza, [session]) }
            }
            return
        }
        switch stanza.kind {
        case .message:
            switch stanza.type {
            case .normal, .chat: routeToAccount(stanza, account: to.bare, origin: origin)
            case .groupchat: router.bounce(stanza, .serviceUnavailable)
            default: break
            }
        case .presence:
            break
        case .iq:
            router.bounce(stanza, .serviceUnavailable)
        }
    }

    // MARK: a bare address

    /// RFC 6121 §8.5.1 and §8.5.2.
    func routeToAccount(_ stanza: Stanza, account: BareJID, origin: any StanzaOrigin) {
        switch stanza.kind {
        case .presence: presence.arrived(stanza, for: account, origin: origin)
        case .iq: answer(stanza, target: .account, origin: origin)
        case .message: deliver(stanza, to: account, origin: origin)
        }
    }

    private func deliver(_ message: Stanza, to account: BareJID, origin: any StanzaOrigin) {
        switch message.type {
        case .groupchat:
            return router.bounce(message, .serviceUnavailable)
        case .error:
            return
        default:
            break
        }
        let takers = takers(of: message, account)
        if !takers.isEmpty {
            let took = takers.filter { $0.deliver(message) }
            guard !took.isEmpty else { return router.bounce(message, .resourceConstraint) }
            for hook in hooks.delivered.handlers { hook(message, took) }
            return
        }
        guard message.type != .headline else { return }
        unfinished.add(1, ordering: .relaxed)
        origin.hold {
            await self.keepOffline(message, account)
            self.unfinished.subtract(1, ordering: .relaxed)
        }
    }

    /// The sessions a message to a bare address goes to (RFC 6121 §8.5.2.1.1): of chat and normal
    /// the ones with the highest priority, of headlines all, never one with a negative priority.
    func takers(of message: Stanza, _ account: BareJID) -> [ClientResource] {
        var best: Int8 = 0
        var takers: [ClientResource] = []
        for session in sessions.sessions(of: account) {
            guard let priority = session.priority, priority >= 0 else { continue }
            if message.type != .headline {
                if priority < best { continue }
                if priority > best {
                    best = priority
                    takers.removeAll()
                }
            }
            takers.append(session)
        }
        return takers
    }

    private func keepOffline(_ message: Stanza, _ account: BareJID) async {
        guard (try? await stores.accounts.exists(account)) == true else {
            return router.bounce(message, .serviceUnavailable)
        }
        for hook in hooks.undelivered.handlers {
            switch await hook(message, account) {
            case .kept:
                observatory.statistics.elsewhere.addFromAnyThread(.offlineStored)
                return
            case .ignored: return
            case .refused(let error): return router.bounce(message, error)
            case .unhandled: break
            }
        }
        router.bounce(message, .serviceUnavailable)
    }

    // MARK: requests

    private func answer(_ stanza: Stanza, target: IQTarget, origin: any StanzaOrigin) {
        guard stanza.type == .get || stanza.type == .set, let from = stanza.from, let to = stanza.to
        else { return }
        guard let child = stanza.payload.children.first, stanza.payload.children.count == 1,
            let handler = iqs.handler(child.namespace, target),
            let request = stanza.elements.first
        else { return router.bounce(stanza, .serviceUnavailable) }
        // RFC 6121 §8.5.1: nobody answers for an account that does not exist.
        if target == .account, from.bare != to.bare, sessions.sessions(of: to.bare).isEmpty {
            return origin.hold {
                guard (try? await self.stores.accounts.exists(to.bare)) == true else {
                    return self.router.bounce(stanza, .serviceUnavailable)
                }
                await self.run(handler, for: stanza, request, from: from, to: to)
            }
        }
        let resource = from.resourcepart.flatMap { sessions.session(from.bare, $0) }
        let iq = IQ(stanza: stanza, request: request, from: from, to: to, session: resource)
        switch handler {
        case .now(let answer):
            router.reply(to: iq) { () throws(StanzaError) in try answer(iq) }
        case .later:
            origin.hold { await self.run(handler, for: stanza, request, from: from, to: to) }
        }
    }

    /// Answers a request when something had to be awaited before.
    private func run(
        _ handler: IQHandler, for stanza: Stanza, _ request: Element, from: JID, to: JID
    ) async {
        let resource = from.resourcepart.flatMap { sessions.session(from.bare, $0) }
        await router.run(
            handler,
            for: IQ(stanza: stanza, request: request, from: from, to: to, session: resource))
    }
}
