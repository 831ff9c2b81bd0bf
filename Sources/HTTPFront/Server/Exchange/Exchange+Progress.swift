import Logging
import XMPPEngine

/// How a request moves on each time libmicrohttpd calls: head, body chunks, end, and again when
/// the exchange is woken.
extension Exchange {
    func proceed(with chunk: UnsafeRawBufferPointer, _ line: RequestLine) -> Order {
        switch state {
        case .receivingHead:
            return takeHead(line)
        case .receivingBody:
            return chunk.isEmpty ? endBody() : take(chunk, line)
        case .held:
            // Called although nobody answered: the client sends on. Not a byte more is read, lest
            // libmicrohttpd's buffer fills up and it calls again and again.
            return .suspend(leaving: chunk.count)
        case .bodyAccepted:
            state = .receivingBody
            return .takeAll
        case .answered(let response):
            guard chunk.isEmpty else { return .takeAll }
            if body.isHeldBack { isRefusedEarly = true }
            return send(response)
        case .aborted, .handling, .sending, .ended:
            return .close
        }
    }

    private func takeHead(_ line: RequestLine) -> Order {
        if let refusal = checkHead(line) {
            // libmicrohttpd may have no room left for an answer.
            return refusal == .fieldsTooLarge ? refusePast(refusal) : refuse(refusal)
        }
        if let refusal = readForwarding() { return refuse(refusal) }
        if let seconds = connection.server.ban(of: peer) {
            return refuse(.forbidden, [HTTPField("Retry-After", String(seconds))])
        }
        connection.server.route(self)
        if case .answered(let response) = state {
            // Sent before the request is complete, it would cost the connection.
            if method == .options, !body.isExpected { return .takeAll }
            isRefusedEarly = body.isExpected
            return send(response)
        }
        switch mount?.handler.intake(self) ?? .collect(bytesMax: 0) {
        case .collect(let bytesMax): body.limit = UInt64(max(0, bytesMax))
        case .stream(let bytesMax):
            body.limit = bytesMax
            body.isStreamed = true
        }
        body.limit = min(body.limit, connection.server.limits.bodyBytesMax)
        if let expected = body.expected, expected > body.limit {
            return refuse(.contentTooLarge)
        }
        state = .receivingBody
        body.startedAt = loop.now
        connection.restart(for: connection.server.timeouts.body, bytes: body.expected ?? 0)
        guard body.isStreamed else { return .takeAll }
        runHandler()
        switch state {
        case .answered(let response):
            isRefusedEarly = body.isExpected
            return send(response)
        case .aborted: return .close
        case .held:
            body.isHeldBack = body.isExpected
            return .suspend(leaving: 0)
        default:
            state = .receivingBody
            return .takeAll
        }
    }

    /// Answers before the body is read, which closes the connection.
    private func refuse(_ status: HTTPStatus, _ fields: [HTTPField] = []) -> Order {
        isRefusedEarly = true
        respond(
            status, fields: HTTPField.plainPage + [HTTPField("Connection", "close")] + fields,
            body: .page(status))
        return orderAfterHandler(leaving: 0)
    }

    private func take(_ chunk: UnsafeRawBufferPointer, _ line: RequestLine) -> Order {
        body.received += UInt64(chunk.count)
        mayHaveLeft = true
        guard body.received <= body.limit else {
            return refusePast(.contentTooLarge)
        }
        if body.expected == nil {
            guard endsChunkLineProperly(before: chunk, line) else {
                return refusePast(.badRequest)
            }
            connection.restart(
                for: connection.server.timeouts.body, bytes: body.received, since: body.startedAt)
        }
        if body.isStreamed { return pass(chunk) }
        let isWhole = body.received == body.expected
        guard isWhole else {
            body.collect(chunk)
            return .takeAll
        }
        body.complete(with: chunk)
        runHandler()
        return orderAfterHandler(leaving: 1)
    }

    /// libmicrohttpd takes no answer half way through a body, so it goes out beside it.
    private func refusePast(_ status: HTTPStatus) -> Order {
        isRefusedEarly = true
        connection.sendRefusal(status)
        return .close
    }

    /// Whether the line with a chunk's size ended in CR LF (RFC 9112 §7.1), as far as it can be
    /// seen: libmicrohttpd also takes a bare LF.
    private func endsChunkLineProperly(
        before chunk: UnsafeRawBufferPointer, _ line: RequestLine
    ) -> Bool {
        guard !MicroHTTPRelease.checksLineEnds, let request, let start = chunk.baseAddress else {
            return true
        }
        // What lies at the start of the buffer goes on with a chunk whose line is gone.
        let distance = start - UnsafeRawPointer(line.method) - request.headSize
        guard distance >= 2, distance < loop.limits.connectionMemory else { return true }
        let end = UnsafeRawBufferPointer(start: start - 2, count: 2)
        return end[0] == 13 && end[1] == 10
    }

    /// Gives a chunk to the handler that reads along.
    private func pass(_ chunk: UnsafeRawBufferPointer) -> Order {
        let taken = min(max(0, body.reader?(chunk) ?? chunk.count), chunk.count)
        body.received -= UInt64(chunk.count - taken)
        switch state {
        case .aborted: return .close
        case .receivingBody where taken < chunk.count: return .suspend(leaving: chunk.count - taken)
        default: return .takeAll
        }
    }

    private func endBody() -> Order {
        if body.isStreamed {
            state = .handling
            let action = body.whenComplete
            body.whenComplete = nil
            body.reader = nil
            action?()
        } else {
            body.complete(with: UnsafeRawBufferPointer(start: nil, count: 0))
            runHandler()
        }
        return orderAfterHandler(leaving: 0)
    }

    private func runHandler() {
        let wasStreaming = body.isStreamed
        state = .handling
        guard let handler = mount?.handler else { return }
        let start = Moment.now
        defer {
            if case .answered = state {
                let time = Moment.now - start
                loop.streams.counters.observe(.httpRequest, nanoseconds: time)
            }
        }
        do {
            try handler.handle(self)
        } catch let problem as HTTPProblem {
            respond(
                problem.status, fields: HTTPField.plainPage + problem.fields,
                body: .page(problem.status))
        } catch {
            loop.log.error(
                "a handler failed", metadata: ["path": "\(path)", "error": "\(error)"])
            respond(
                .internalServerError, fields: HTTPField.plainPage, body: .page(.internalServerError)
            )
        }
        if !wasStreaming { body.drop() }
    }

    /// What follows from what the handler did; `left` bytes may stay in libmicrohttpd's buffer
    /// while the exchange is held.
    private func orderAfterHandler(leaving left: Int) -> Order {
        if case .handling = state {
            loop.log.error("a handler did not answer", metadata: ["path": "\(path)"])
            respond(
                .internalServerError, fields: HTTPField.plainPage, body: .page(.internalServerError)
            )
        }
        switch state {
        case .held:
            return left > 0 ? .leave(left) : .suspend(leaving: 0)
        case .answered(let response):
            return left > 0 ? .takeAll : send(response)
        default:
            return .close
        }
    }

    private func send(_ response: MicroHTTPResponse) -> Order {
        state = .sending
        if response.isFile, method == .get { connection.cork() }
        if let size = response.size {
            connection.restart(for: connection.server.timeouts.body, bytes: size)
        } else {
            connection.deadline = .max
        }
        return .send(response)
    }
}

extension ResponseBody {
    /// A plain page that says no more than the status does.
    static func page(_ status: HTTPStatus) -> ResponseBody {
        .text("\(status.code) \(status.reason)\n")
    }
}

extension HTTPField {
    /// What describes `ResponseBody.page`.
    static let plainPage = [HTTPField("Content-Type", "text/plain; charset=utf-8")]
}
