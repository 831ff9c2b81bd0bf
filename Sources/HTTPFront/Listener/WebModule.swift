import XMPPConfig
import XMPPEngine

/// A part of the web server that `request_handlers` of a listener can mount.
///
/// The parts are listed once, where the server is put together.
package protocol WebModule: Sendable {
    /// What `request_handlers` calls it; the first is its usual name.
    var names: [String] { get }

    /// Its options; each of its names may stand under `modules` with them. `nil` for a part that
    /// has no place there.
    var options: [any OptionDeclaration]? { get }

    /// What does not fit together in its options and those of their host; `nil` for nothing.
    func warning(_ options: ModuleOptions, on host: OptionValues) -> String?

    /// Makes the handler for one place of one listener.
    ///
    /// - Returns: `nil` when there is nothing to serve, which has been logged.
    func mount(at place: MountPlace) throws -> Mount?

    /// What is to be told of the server's start and end; `nil` for a part whose work ends with each
    /// request.
    func sessions(over web: HTTPService) -> ChildSpec?

    /// The files that get a line for each answer of a host, if it is this part that is asked for
    /// them.
    func accessLogs(in configuration: Configuration) -> [(host: String, path: String)]
}

extension WebModule {
    package func warning(_ options: ModuleOptions, on host: OptionValues) -> String? { nil }
    package func sessions(over web: HTTPService) -> ChildSpec? { nil }
    package func accessLogs(in configuration: Configuration) -> [(host: String, path: String)] {
        []
    }
}

extension WebModule {
    /// What the configuration may name in `modules`.
    package var declarations: [ConfigurationSchema.Module] {
        guard let options else { return [] }
        return names.map {
            ConfigurationSchema.Module($0, options: options, warning: warning(_:on:))
        }
    }

    /// The options of each host that has the module, in the order of the configuration.
    func hosts(in configuration: Configuration) -> [(host: String, options: ModuleOptions)] {
        configuration.hosts.compactMap { host in
            options(of: host, in: configuration).map { (host, $0) }
        }
    }

    /// The options of one host; `nil` when it does not have the module.
    func options(of host: String, in configuration: Configuration) -> ModuleOptions? {
        let modules = configuration.host(host)?.modules
        return names.lazy.compactMap { modules?[$0] }.first
    }
}

/// Whose pages may call a handler where its module does not say.
package enum UsualCallers: Sendable {
    /// Those of any site, unless the listener has a list.
    case anySite
    /// Those of sites that the listener lists.
    case listedSites
    /// Those of the handler's own site, whatever the listener lists: what it lets callers do may
    /// depend on where they are.
    case ownSite
}

/// Where a handler is mounted.
package struct MountPlace {
    /// The path prefix.
    package let path: String
    /// The name in `request_handlers`.
    package let name: String
    package let listener: ListenerConfiguration
    package let server: Server
    package let service: HTTPService
    /// Every part that can be mounted.
    package let modules: [any WebModule]

    package var configuration: Configuration { server.configuration }

    /// The listener's `custom_headers`.
    package var customHeaders: [String: String] {
        listener.options[ListenerOption.customHeaders]
    }

    /// The listener's header fields, and those of the handler that take precedence.
    package func fields(_ own: [String: String] = [:]) -> [HTTPField] {
        HTTPField.list([own, customHeaders])
    }

    /// The same for a handler of pages.
    ///
    /// No other site may frame them, or learn from a link where the reader was, unless configured.
    /// What their scripts may do is said by each page's owner.
    package func pageFields(_ own: [String: String] = [:]) -> [HTTPField] {
        HTTPField.list([
            own, customHeaders,
            ["Referrer-Policy": "same-origin", "X-Frame-Options": "SAMEORIGIN"],
        ])
    }

    /// Mounts a handler on the terms of its module, which each host may have set otherwise.
    ///
    /// - Parameters:
    ///   - handler: Serves all hosts.
    ///   - hosts: Those with the module, and its options; what the first one says holds for hosts
    ///     without it.
    ///   - cors: How pages of other sites may call it.
    ///   - usual: Which ones may where the module says nothing.
    ///   - isPaged: Whether it serves pages.
    ///   - headers: The module's own `custom_headers`.
    /// - Returns: What stands at this place.
    package func mount(
        _ handler: any HTTPHandler, for hosts: [(host: String, options: ModuleOptions)],
        cors: CORSPolicy, usual: UsualCallers, isPaged: Bool = false,
        headers: (_ host: String, ModuleOptions) -> [String: String] = { _, _ in [:] }
    ) -> Mount {
        func terms(_ own: [String: String], _ options: ModuleOptions?) -> AnswerTerms {
            AnswerTerms(
                fields: isPaged ? pageFields(own) : fields(own),
                cors: self.cors(
                    cors, usual: usual, origins: options?[WebModuleOption.corsOrigins],
                    headers: own))
        }
        let byHost = hosts.map { ($0.host, terms(headers($0.host, $0.options), $0.options)) }
        return Mount(
            prefix: path, handler: handler, terms: byHost.first?.1 ?? terms([:], nil),
            termsByHost: Dictionary(byHost) { first, _ in first })
    }

    /// Which sites may call: as the module says, else the listener, else as the handler does;
    /// nothing is added where header fields that were configured say it.
    private func cors(
        _ policy: CORSPolicy, usual: UsualCallers, origins: [String]?,
        headers: [String: String]
    ) -> CORSPolicy? {
        let names = Array(headers.keys) + Array(customHeaders.keys)
        guard !names.contains(where: { $0.lowercased() == "access-control-allow-origin" }) else {
            return nil
        }
        let common = usual == .ownSite ? nil : listener.options[ListenerOption.corsOrigins]
        guard let origins = origins ?? common else {
            return usual == .anySite ? policy : nil
        }
        var policy = policy
        policy.origins = origins == ["all"] ? .any : .listed(Set(origins))
        if policy.origins == .any { policy.allowsCredentials = false }
        return policy
    }
}

extension HTTPField {
    /// Fields by name, compared without case: of those with one name the first counts.
    fileprivate static func list(_ sources: [[String: String]]) -> [HTTPField] {
        var names: Set<String> = []
        return sources.flatMap { source in
            source.sorted { $0.key < $1.key }.filter { names.insert($0.key.lowercased()).inserted }
                .map { HTTPField($0.key, $0.value) }
        }
    }
}
