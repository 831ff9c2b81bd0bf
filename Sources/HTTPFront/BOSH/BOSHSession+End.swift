import Logging
import XMPPCore
import XMPPEngine

/// How a session ends, and what becomes of what its client has not got.
extension BOSHSession {
    /// Ends the session for what a request did; the request itself hears why.
    func refuse(_ condition: BOSHCondition, _ exchange: Exchange) {
        end(.refused(condition))
        answer(exchange, refusal: condition)
        giveBackOutput()
        for other in window.takeAll() { answer(other, BOSHOutput.terminal(.otherRequest)) }
        drop()
    }

    /// Ends the session without asking the stream.
    func lose(_ ending: Ending) {
        guard self.ending == nil else { return }
        end(ending)
        flush()
    }

    func end(_ ending: Ending) {
        guard self.ending == nil else { return }
        self.ending = ending
        Self.log.debug(
            "session ended",
            metadata: ["jid": "\(owner?.jid?.description ?? "-")", "why": "\(ending)"])
        let session = session
        self.session = nil
        session?.transportLost()
        for stream in streams?.others ?? [] { stream.session?.transportLost() }
    }

    /// Tells the client how the session ended, as soon as there is a request to answer.
    func finish(extra: Exchange?) {
        guard let ending else {
            if let extra { answer(extra, refusal: .itemNotFound) }
            return
        }
        var exchanges = window.takeAll()
        if let extra { exchanges.append(extra) }
        giveBackOutput()
        guard let oldest = exchanges.first else { return arm() }
        // The end is told on the oldest request (XEP-0124 §13).
        tell(oldest, ending)
        let isFinished = if case .finished = ending { true } else { false }
        for other in exchanges.dropFirst() {
            answer(other, isFinished ? BOSHOutput.empty : BOSHOutput.terminal(.otherRequest))
        }
        drop()
    }

    private func tell(_ exchange: Exchange, _ ending: Ending) {
        switch ending {
        case .finished:
            answer(exchange, output.take(attributes: " type='terminate'"))
        case .failed(let error):
            let condition = BOSHCondition(error)
            guard condition.carriesError else { return answer(exchange, refusal: condition) }
            output.append(error)
            answer(
                exchange,
                output.take(attributes: " type='terminate' condition='\(condition.rawValue)'"))
        case .refused(let condition):
            answer(exchange, refusal: condition)
        }
    }

    // MARK: what the client has not got

    /// Hands back what waits for a client that was logged in: it does not read on at the end.
    private func giveBackOutput() {
        if owner?.isOver == true, owner?.isEstablished == true, !output.isEmpty {
            owner?.giveBack(Undelivered.stanzas(inBodies: output.takeAll(), with: loop.parsers))
        }
        for stream in streams?.others ?? [] where !stream.output.isEmpty {
            let bodies = stream.output.takeAll()
            stream.owner?.giveBack(Undelivered.stanzas(inBodies: bodies, with: loop.parsers))
        }
    }

    /// The client is gone (XEP-0124 §10): nobody is told, and nothing is lost.
    func vanish() {
        end(.finished)
        for answer in window.doubtfulAnswers {
            let stream = streams?.stream(of: answer, with: loop.parsers)
            (stream?.owner ?? owner)?.giveBack(
                Undelivered.stanzas(inBodies: [answer], with: loop.parsers))
        }
        giveBackOutput()
        drop()
    }

    /// Forgets the session: its `sid` means nothing any more.
    func drop() {
        service.sessions.remove(id)
        disarm()
        output = BOSHOutput()
        owner = nil
        streams = nil
    }

    /// The server stops.
    func shutDown() {
        guard ending == nil else { return }
        end(.failed(StreamError(.systemShutdown)))
        finish(extra: nil)
        drop()
    }
}
