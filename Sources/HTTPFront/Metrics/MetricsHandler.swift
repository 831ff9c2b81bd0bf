import NIOPosix
import XMPPConfig
import XMPPEngine

/// Answers with every metric of the server.
package struct MetricsHandler: HTTPHandler {
    private let observatory: Observatory
    private let workers: NIOThreadPool
    private let admission: MetricsAdmission

    init(_ environment: ServerEnvironment, admission: MetricsAdmission) {
        observatory = environment.observatory
        workers = environment.workers
        self.admission = admission
    }

    package func handle(_ exchange: Exchange) {
        switch admit(exchange) {
        case .admit: answer(exchange)
        case .demandToken:
            exchange.respond(
                .unauthorized, fields: [HTTPField("WWW-Authenticate", "Bearer")],
                body: .page(.unauthorized))
        case .forbid:
            exchange.respond(.forbidden, body: .page(.forbidden))
        }
    }

    private func admit(_ exchange: Exchange) -> MetricsAdmission.Answer {
        let peer = exchange.peer
        // Behind a proxy that is not trusted, its address is not the client's.
        let isHidden = exchange.forwarded == nil && exchange.isForwarded
        return admission.decide(
            IPAddress(peer.isLocal ? "127.0.0.1" : peer.description),
            isHidden: isHidden,
            authorization: exchange.field("Authorization"))
    }

    /// An exchange that waits while a worker reads; only its own loop touches it.
    private struct Waiting: @unchecked Sendable {
        // Sendable because it is unpacked on the exchange's loop.
        let exchange: Exchange
    }

    /// What the kernel is asked for may take milliseconds: a worker reads it.
    private func answer(_ exchange: Exchange) {
        let format = MetricsText.Format(accept: exchange.field("Accept"))
        let waiting = Waiting(exchange: exchange)
        let loop = exchange.loop
        exchange.hold()
        workers.submit { [observatory] _ in
            let text = MetricsText(observatory.metrics.readings(), format: format).text
            loop.execute {
                waiting.exchange.respond(
                    .ok,
                    fields: [
                        HTTPField("Content-Type", format.contentType),
                        HTTPField("Cache-Control", "no-store"), HTTPField("Vary", "Accept"),
                    ], body: .text(text))
            }
        }
    }
}
