/// Has what a configuration says of TLS judged, and tells what cannot be used.
struct TLSReading {
    /// One listener's part in it.
    struct Listener {
        let module: ListenerModule
        /// `listen[2]`.
        let path: String
        let entries: TopLevel
        /// Its options as far as they are sound.
        let values: OptionValues
    }

    /// A file or pattern that is to have certificates.
    private struct TLSPlace {
        let pattern: String
        let position: SourcePosition
        let path: String
    }

    let judge: TLSJudge?
    let reader: OptionReader
    /// The server's options as far as they are sound.
    let server: OptionValues
    let top: TopLevel

    /// Judges the server's options and those of all listeners.
    func check(_ listeners: [Listener]) {
        guard let judge else { return }
        check(
            server, top, protocols: ServerOption.c2sProtocolOptions,
            ciphers: ServerOption.c2sCiphers, judge)
        for listener in listeners {
            reader.within(listener.path) {
                check(
                    listener.values, listener.entries, protocols: ListenerOption.protocolOptions,
                    ciphers: ListenerOption.ciphers, judge)
            }
            if listener.values[ListenerOption.tlsVerify] { checkAuthorities(of: listener, judge) }
        }
        checkCertificates(listeners, judge)
    }

    private func check(
        _ values: OptionValues, _ entries: TopLevel, protocols: Option<[String]>,
        ciphers: Option<[String]>, _ judge: TLSJudge
    ) {
        if let entry = entries[protocols.name] {
            reader.within(entry.key) { checkProtocols(values[protocols], entry, judge) }
        }
        let list = values[ciphers]
        if let entry = entries[ciphers.name], !list.isEmpty, let wrong = judge.ciphers(list) {
            reader.within(entry.key) { reader.fail(entry.value, wrong) }
        }
    }

    private func checkProtocols(
        _ options: [String], _ entry: ConfigurationNode.Entry, _ judge: TLSJudge
    ) {
        var isEachGood = true
        for (index, option) in options.enumerated() {
            guard let wrong = judge.protocolOptions([option]) else { continue }
            isEachGood = false
            let item = entry.value.items?.dropFirst(index).first ?? entry.value
            reader.within(item: index) { reader.fail(item, wrong) }
        }
        if isEachGood, let wrong = judge.protocolOptions(options) {
            reader.fail(entry.value, wrong)
        }
    }

    /// Of the listener, or of the server when the listener has none.
    private func checkAuthorities(of listener: Listener, _ judge: TLSJudge) {
        if let file = listener.values[ListenerOption.caFile] {
            reader.within(listener.path) {
                check(file, listener.entries[ListenerOption.caFile.name], judge)
            }
        } else {
            let forClients = server[ServerOption.c2sCAFile]
            let isOwn = forClients != nil && listener.module.name == ListenerModule.c2s.name
            let option = isOwn ? ServerOption.c2sCAFile : ServerOption.caFile
            if let file = server[option] { check(file, top[option.name], judge) }
        }
    }

    private func check(_ file: String, _ entry: ConfigurationNode.Entry?, _ judge: TLSJudge) {
        guard let entry, let wrong = judge.authorities(file) else { return }
        reader.within(entry.key) { reader.fail(entry.value, wrong) }
    }

    // MARK: certificates

    private func checkCertificates(_ listeners: [Listener], _ judge: TLSJudge) {
        let places = places(listeners)
        let found = judge.certificates(places.map(\.pattern))
        for finding in found.findings {
            guard places.indices.contains(finding.place) else { continue }
            let place = places[finding.place]
            reader.within(path: [place.path]) {
                if finding.isFault {
                    reader.fail(at: place.position, finding.text)
                } else {
                    reader.report.warn(at: place.position, path: reader.path, finding.text)
                }
            }
        }
        guard !found.hasCertificate else { return }
        for listener in listeners {
            reader.within(listener.path) { tellMissing(listener, isNamed: !places.isEmpty) }
        }
    }

    private func places(_ listeners: [Listener]) -> [TLSPlace] {
        var places: [TLSPlace] = []
        let option = ServerOption.certificateFiles
        if let value = top[option.name]?.value {
            for (index, pattern) in server[option].enumerated() {
                let node = value.items?.dropFirst(index).first ?? value
                places.append(
                    TLSPlace(
                        pattern: pattern, position: node.position,
                        path: "\(option.name)[\(index + 1)]"))
            }
        }
        for listener in listeners {
            let option = ListenerOption.certificateFile
            guard let pattern = listener.values[option], let entry = listener.entries[option.name]
            else { continue }
            places.append(
                TLSPlace(
                    pattern: pattern, position: entry.value.position,
                    path: "\(listener.path).\(option.name)"))
        }
        return places
    }

    /// Without any certificate, TLS from the first byte cannot be spoken, and STARTTLS not offered.
    ///
    /// A listener that can never start is an error. Where files are named that are not there, they
    /// may come: the server starts, and the listener once they are.
    private func tellMissing(_ listener: Listener, isNamed: Bool) {
        func written(_ option: Option<Bool>) -> ConfigurationNode.Entry? {
            listener.values[option] ? listener.entries[option.name] : nil
        }
        if let entry = written(ListenerOption.tls) {
            reader.within(entry.key) {
                if isNamed {
                    reader.warn(
                        entry.value,
                        "there is no certificate yet: the listener waits until there is one")
                } else {
                    reader.fail(
                        entry.value,
                        "there is no certificate: neither `certfiles` nor `certfile` names one")
                }
            }
        } else if let entry = written(ListenerOption.startTLSRequired) {
            reader.within(entry.key) {
                reader.warn(
                    entry.value, "there is no certificate: nobody can log in until there is one")
            }
        } else if let entry = written(ListenerOption.startTLS) {
            reader.within(entry.key) {
                reader.warn(
                    entry.value, "there is no certificate: STARTTLS is not offered without one")
            }
        }
    }
}
