import XMPPCore

/// Stream headers, features and resource binding (RFC 6120 §4.7, §4.3.2, §7).
extension C2SSession {
    func process(_ header: StreamHeader, asGuest: Bool = false) {
        var opening = C2SStateMachine.Opening()
        opening.isStreamsNamespace = header.namespace == .streams && header.name == "stream"
        opening.isClientNamespace = header.contentNamespace == .client
        let found = host(for: header)
        opening.host = found?.domain
        opening.from = header["from"].flatMap { JID($0) }
        opening.version = StreamVersion(header["version"])
        opening.isLegacyAuthAllowed = found?.isLegacyAuthAllowed ?? false
        language = header["lang", .xml].flatMap { $0.utf8.count <= 64 ? $0 : nil }
        let answer = machine.streamOpened(opening)
        switch answer {
        case .accept(_, let offer):
            // Those after STARTTLS and SASL belong to the first.
            if host == nil { loop.counters.add(.streamsOpened(transportClass)) }
            let departure = found.flatMap { enter($0) }
            open(header, version: opening.version)
            if let departure { return fail(departure) }
            if let rejection = found?.rejection(of: self) { return fail(rejection) }
            asGuest ? enterAsGuest(hasFeatures: offer != .none) : sendFeatures(offer)
        case .refuse(let error):
            open(header, version: .current)
            fail(error)
        case .ignore:
            break
        }
    }

    /// Counts among the unbound streams of a host.
    ///
    /// - Returns: Why it may not stay there.
    private func enter(_ found: any C2SHost) -> StreamError? {
        guard found !== host else { return nil }
        host?.left(self)
        host = found
        return found.opened(self)
    }

    /// The host that a header names, or the only one there is when it names none.
    private func host(for header: StreamHeader) -> (any C2SHost)? {
        guard let to = header["to"] else { return directory.onlyHost }
        guard let domain = BareJID(to), domain.isDomain else { return nil }
        return directory.host(domain.domainpart)
    }

    private func open(_ header: StreamHeader, version: StreamVersion) {
        transport?.open(
            StreamOpening(
                id: SecureRandom.token(), from: host?.domain ?? directory.defaultDomain,
                to: header["from"].flatMap { JID($0) },
                language: language ?? host?.language ?? "en",
                hasVersion: version == .current))
    }

    private func sendFeatures(_ offer: C2SStateMachine.Offer) {
        guard let host else { return }
        var features = Element("features", .streams)
        switch offer {
        case .none:
            return
        case .bind:
            features.append(Element("bind", .bind))
            features.append(
                Element("session", .session, children: [Element("optional", .session)]))
            host.features(isAuthenticated: true, for: self).forEach { features.append($0) }
        case .login(let isTLSOffered, let isTLSRequired, _):
            if isTLSOffered, kind == .tcp {
                features.append(
                    Element(
                        "starttls", .tls,
                        children: [Element(isTLSRequired ? "required" : "optional", .tls)]))
            }
            if !isTLSRequired {
                mechanismFeatures().forEach { features.append($0) }
                host.features(isAuthenticated: false, for: self).forEach { features.append($0) }
            }
        }
        send(features)
    }

    // MARK: bind

    func bind(_ stanza: Stanza, account: BareJID) {
        guard let host else { return }
        if let refusal = host.refusal(of: account, on: self) {
            refuse(stanza, refusal)
            return
        }
        let wanted = stanza.payload.first("bind", .bind)?.child("resource")?.text
        switch host.bind(self, account: account, resource: wanted) {
        case .success(let full):
            guard adopt(full) else { return host.ended(self) }
            let child = Element("jid", .bind, text: full.description)
            deliver(
                Stanza(
                    .iq, type: .result, id: stanza.id,
                    elements: [Element("bind", .bind, children: [child])]))
        case .failure(let error):
            refuse(stanza, error)
        }
    }

    /// Takes the bound address on.
    func adopt(_ full: FullJID) -> Bool {
        guard machine.bound(full) else { return false }
        host?.left(self)
        fullJID = full
        jid = JID(full)
        shaper = options.shaper(jid, peer)
        cancelNegotiationTimer()
        watchForSilence()
        return true
    }
}
