import HTTPFront
import XMPPConfig
import XMPPEngine

/// The administration console as `request_handlers` mounts it.
package struct ConsoleModule: WebModule {
    package let names = ["ejabberd_web_admin", "web_admin"]
    package let options: [any OptionDeclaration]? = nil
    /// Kept when listeners are restarted, so that nobody is signed out by a reload.
    private let service = ConsoleService()

    /// A console with its built-in pages.
    package init() {}

    package func mount(at place: MountPlace) -> Mount? {
        let console = Console(
            server: place.server, service: service, base: place.path == "/" ? "" : place.path,
            webModules: place.modules,
            takesUnencrypted: place.listener.options[ListenerOption.allowsUnencryptedSASL])
        service.follow(place.server)
        // The console sets the fields that its safety rests on itself.
        return Mount(prefix: place.path, handler: ConsoleHandler(console), fields: place.fields())
    }
}

/// What all mounts of the console share.
package final class ConsoleService: Sendable {
    let sessions: ConsoleSessions
    let throttle: LoginThrottle
    let active = ActiveRequests()
    /// Makes the tokens of forms before anybody is signed in.
    let key = SecureRandom.bytes(32)
    let seal = ActionSeal(key: SecureRandom.bytes(32))

    /// - Parameter now: The monotonic clock.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        sessions = ConsoleSessions(now: now)
        throttle = LoginThrottle(.people, now: now)
    }

    /// Ends the sessions of an account with its password, or with the account; once or again.
    func follow(_ server: Server) {
        server.accessEnded.detach("web_admin")
        server.accessEnded.attach("web_admin", .deliver) { [sessions] in sessions.endAll(of: $0) }
    }
}
