import XMPPCore
import XMPPEngine

/// What a session's requests are answered with.
extension BOSHSession {
    func answerOldest(isEmpty: Bool) {
        let attributes = attributes()
        let body: [UInt8]
        if isEmpty {
            body = attributes.isEmpty ? BOSHOutput.empty : BOSHOutput.empty(attributes)
        } else if streams == nil {
            body = output.take(attributes: attributes)
        } else {
            body = takeStreamOutput(attributes: attributes)
        }
        guard let exchange = window.answerOldest(body, isEmpty: isEmpty, now: now) else { return }
        answer(exchange, body)
    }

    /// What the next answer says besides its payload; usually nothing.
    private func attributes() -> String {
        let notes = window.notes
        var text = ""
        if notes.isOpening, let opening { text = opening }
        opening = nil
        if let ack = notes.ack { text += " ack='\(ack)'" }
        if let report = notes.report { text += " report='\(report)' time='\(notes.milliseconds)'" }
        return text
    }

    func answer(_ exchange: Exchange, _ body: [UInt8], status: HTTPStatus = .ok) {
        home.streams.counters.add(.bytesOut(.bosh), body.count)
        if body.count >= compressionBytesMin {
            exchange.replyCompressed(body, fields: fields, from: home)
        } else {
            exchange.reply(body, status: status, fields: fields, from: home)
        }
    }

    func answer(_ exchange: Exchange, refusal condition: BOSHCondition) {
        if window.terms.minorVersion == nil, let status = condition.legacyStatus {
            answer(exchange, [], status: status)
        } else {
            answer(exchange, BOSHOutput.terminal(condition))
        }
    }
}
