import Logging
import XMPPCore
import XMPPEngine

/// How a session ends, and what becomes of what its client has not got.
extension BOSHSession {
    /// Ends the session for what a request did: the request itself hears why, the others that it
    /// was not they (XEP-0124 §17.2).
    ///
    /// Without a connection the next request hears it.
    func refuse(_ condition: BOSHCondition, _ exchange: Exchange?) {
        end(.refused(condition))
        if let exchange { answer(exchange, refusal: condition) }
        giveBack()
        for other in window.takeAll() { answer(other, BOSHOutput.terminal(.otherRequest)) }
        guard exchange != nil else { return arm() }
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
    ///
    /// It is told on the oldest request (XEP-0124 §13), or on `extra` when that is to blame.
    func finish(extra: Exchange?, isToBlame: Bool = false) {
        guard let ending else {
            if let extra { answer(extra, refusal: .itemNotFound) }
            return
        }
        var exchanges = window.takeAll()
        if let extra { exchanges.insert(extra, at: isToBlame ? 0 : exchanges.count) }
        giveBack()
        guard let first = exchanges.first else { return arm() }
        tell(first, ending)
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

    /// Hands back what the client may not have got, in order.
    ///
    /// What waits goes back too when it was logged in: it does not read on at the end.
    private func giveBack() {
        for answer in window.takeDoubtfulAnswers() {
            let stream = streams?.stream(of: answer, with: loop.parsers)
            (stream?.owner ?? owner)?.giveBack(
                Undelivered.stanzas(inBodies: [answer], with: loop.parsers))
        }
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
        giveBack()
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
        end(.failed(StreamError(.systemShutdown)))
        finish(extra: nil)
        drop()
    }

    func abandon() { drop() }
}
