import XMPPCore

/// Answers to IQ requests on their way back.
extension Router {
    /// Runs a handler that may need time, and sends what it says.
    func run(_ handler: IQHandler, for iq: IQ) async {
        await count { await answer(iq, with: handler) }
    }

    private func answer(_ iq: IQ, with handler: IQHandler) async {
        let answer: Result<IQReply, StanzaError>
        do throws(StanzaError) {
            switch handler {
            case .now(let handle): answer = .success(try handle(iq))
            case .later(let handle): answer = .success(try await handle(iq))
            }
        } catch {
            answer = .failure(error)
        }
        reply(to: iq) { () throws(StanzaError) in try answer.get() }
    }

    /// Sends what a handler says, or the error it throws.
    func reply(to iq: IQ, _ answer: () throws(StanzaError) -> IQReply) {
        do throws(StanzaError) {
            switch try answer() {
            case .result(let elements): route(iq.stanza.result(elements))
            case .stanza(let stanza): route(stanza)
            case .answered: break
            }
        } catch {
            bounce(iq.stanza, error)
        }
    }
}
