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

    /// Makes the handler for one place of one listener.
    ///
    /// - Returns: `nil` when there is nothing to serve, which has been logged.
    func mount(at place: MountPlace) throws -> Mount?

    /// What is to be told of the server's start and end; `nil` for a part whose work ends with each
    /// request.
    func sessions(over web: HTTPService) -> ChildSpec?

    /// The file that gets a line for each answer, if it is this part that is asked for one.
    func accessLog(in configuration: Configuration) -> String?
}

extension WebModule {
    package func sessions(over web: HTTPService) -> ChildSpec? { nil }
    package func accessLog(in configuration: Configuration) -> String? { nil }
}

extension WebModule {
    /// What the configuration may name in `modules`.
    package var declarations: [ConfigurationSchema.Module] {
        guard let options else { return [] }
        return names.map { ConfigurationSchema.Module($0, options: options) }
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

    /// Whether `custom_headers` says itself which sites may call.
    package var setsOrigin: Bool {
        customHeaders.keys.contains { $0.lowercased() == "access-control-allow-origin" }
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

    /// Which sites may call: as `cors_origins` says, else as the handler does; nothing is added
    /// where `custom_headers` has it.
    package func cors(_ own: CORSPolicy?) -> CORSPolicy? {
        guard !setsOrigin else { return nil }
        guard let origins = listener.options[ListenerOption.corsOrigins] else { return own }
        var policy = own ?? CORSPolicy(origins: .any, methods: [.get, .head])
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
