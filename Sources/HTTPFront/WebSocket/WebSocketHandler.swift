import XMPPCore
import XMPPEngine

/// Takes the handshakes of XMPP clients at one address of one listener.
struct WebSocketHandler: HTTPHandler {
    private let service: WebSocketService
    private let settings: WebSocketSettings
    private let directory: any C2SDirectory
    private let options: SharedC2SOptions

    /// - Parameters:
    ///   - service: The connections.
    ///   - settings: What new connections are offered here.
    ///   - directory: Finds the host that `to` names.
    ///   - options: Limits and rules of the streams; the same as over TCP.
    ///   - output: When a client that does not read is cut off.
    init(
        service: WebSocketService, settings: WebSocketSettings, directory: any C2SDirectory,
        options: C2SOptions, output: OutputLimits
    ) {
        self.service = service
        self.directory = directory
        self.options = SharedC2SOptions(options)
        var settings = settings
        settings.outputBytesMax = output.bytesMax
        settings.outputMessagesMax = output.stanzasMax
        settings.sendTimeout = output.stallSeconds.map { $0 * 1000 } ?? 0
        self.settings = settings
    }

    var methods: [HTTPMethod] { [.get] }

    func handle(_ exchange: Exchange) throws {
        guard !exchange.isHTTP10 else { throw HTTPProblem(.badRequest) }
        let handshake: WebSocketHandshake
        do throws(WebSocketHandshake.Refusal) {
            handshake = try WebSocketHandshake(origins: settings.origins) { exchange.fields($0) }
        } catch {
            return refuse(error, exchange)
        }
        guard !service.isStopping,
            exchange.loop.kept(WebSocketTools.self).count < settings.connectionsMax
        else { throw HTTPProblem(.serviceUnavailable) }
        accept(handshake, exchange)
    }

    private func refuse(_ refusal: WebSocketHandshake.Refusal, _ exchange: Exchange) {
        let version = HTTPField("Sec-WebSocket-Version", WebSocketHandshake.version)
        switch refusal {
        case .upgradeRequired:
            exchange.respond(
                .upgradeRequired,
                fields: [version, HTTPField("Upgrade", "websocket")],
                body: .text("This is a WebSocket service for XMPP clients (RFC 7395).\n"))
        case .badRequest(let why):
            exchange.respond(.badRequest, fields: [version], body: .text("\(why)\n"))
        case .forbidden:
            exchange.respond(.forbidden, body: .text("This origin may not connect.\n"))
        }
    }

    private func accept(_ handshake: WebSocketHandshake, _ exchange: Exchange) {
        let peer = PeerFacts(exchange, isStreamBound: true)
        exchange.upgrade(fields: handshake.fields) { connection in
            let channel = WebSocketChannel(
                connection, deflate: handshake.deflate, settings: settings)
            WebSocketTransport(channel, service: service, seeOtherURI: settings.seeOtherURI)
                .start(peer: peer, directory: directory, options: options)
        }
    }
}
