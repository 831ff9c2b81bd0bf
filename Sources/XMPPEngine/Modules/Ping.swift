import XMPPConfig
import XMPPCore

/// XEP-0199: XMPP Ping.
///
/// Answers pings to the host and its accounts; probes clients that went quiet.
struct Ping: ServerModule {
    static let sendPings = Option<Bool>(
        "send_pings", default: false, "Whether quiet clients are probed.")
    static let pingInterval = Option(
        "ping_interval", default: Duration.seconds(60), in: .seconds(10)...(.seconds(86_400)),
        "Silence on a client's stream before the server probes it.")
    static let pingTimeout = Option(
        "ping_ack_timeout", default: Duration.seconds(32), in: .seconds(1)...(.seconds(3600)),
        "How long a probed client may take to send anything.")
    static let timeoutAction = Option<TimeoutAction>(
        "timeout_action", default: .none, "What happens to a client that stays silent.")

    enum TimeoutAction: String, OptionKeyword { case none, kill }

    static let manifest = Manifest<Ping>(
        name: "mod_ping", "Answers pings, and probes clients that went quiet.",
        implements: [.xep(199, version: "2.0.1", .complete)],
        features: [.ping], accountFeatures: [.ping],
        options: [sendPings, pingInterval, pingTimeout, timeoutAction],
        hooks: [
            .iq(.ping, to: [.host, .account], run: answer), .sessionBound(run: watch),
            .sessionResumed(run: watch),
        ])

    private let host: VirtualHost
    private let interval: Int?
    private let timeout: Int
    private let action: TimeoutAction

    init(_ context: ModuleContext) {
        host = context.host
        let options = context.options
        interval =
            options[Self.sendPings]
            ? options[Self.pingInterval].wholeSeconds : nil
        timeout = options[Self.pingTimeout].wholeSeconds
        action = options[Self.timeoutAction]
    }

    private func answer(_ request: IQ) throws(StanzaError) -> IQReply {
        guard !request.isSet, request.request.name == "ping" else { throw .badRequest }
        return .empty
    }

    private func watch(_ resource: ClientResource) {
        guard let interval else { return }
        resource.onStream { schedule(resource, on: $0, interval: interval) }
    }

    private func schedule(_ resource: ClientResource, on session: C2SSession, interval: Int) {
        guard !session.isOver, !session.isHeld else { return }
        let before = session.activity
        _ = session.loop.schedule(afterSeconds: interval) {
            guard !session.isOver, !session.isHeld else { return }
            if session.activity == before { probe(resource, on: session) }
            schedule(resource, on: session, interval: interval)
        }
    }

    private func probe(_ resource: ClientResource, on session: C2SSession) {
        let ping = Stanza(
            .iq, type: .get, id: SecureRandom.token(), from: JID(host.jid),
            to: JID(resource.jid), elements: [Element("ping", .ping)])
        session.deliver(ping)
        guard action == .kill else { return }
        let before = session.activity
        _ = session.loop.schedule(afterSeconds: timeout) {
            guard !session.isOver, !session.isHeld, session.activity == before else { return }
            session.fail(StreamError(.connectionTimeout, "no answer to a ping"))
        }
    }
}
