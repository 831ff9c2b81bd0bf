import XMPPCore
import XMPPEngine

/// Several streams in one session (XEP-0124 §16).
extension BOSHSession {
    /// Whom the payload of a request is for.
    enum Target {
        case first
        case all
        case other(BOSHStream)
        /// One that is no more: nothing is to be done.
        case closed
        /// None that there ever was.
        case unknown
    }

    /// What a body may hold when it may be for any of several streams.
    var streamLimits: StreamLimits {
        let open = (streams?.others ?? []).map(\.session) + [session]
        let sessions = open.compactMap(\.self)
        return (sessions.first(where: \.isEstablished) ?? sessions.first)?.limits ?? .beforeLogin
    }

    // MARK: requests

    /// Whom a request is for.
    func target(of body: BOSHBody) -> Target {
        // Nothing is transmitted by an empty body, whatever stream it names.
        let isEmpty = body.payloads.isEmpty && !body.isTerminate && !body.isRestart
        guard !isEmpty, let name = body.header["stream"] else {
            return streams == nil ? .first : .all
        }
        if let stream = streams?.others.first(where: { $0.name == name }) { return .other(stream) }
        if name == BOSHStream.firstName(of: id) { return session == nil ? .closed : .first }
        return streams?.closedNames.contains(name) == true ? .closed : .unknown
    }

    func handToAll(_ body: BOSHBody) {
        if let session { hand(body, to: session, origin) }
        for stream in streams?.others ?? [] { hand(body, to: stream) }
        if body.isTerminate { streams?.isTerminating = true }
    }

    func hand(_ body: BOSHBody, to stream: BOSHStream) {
        if let session = stream.session { hand(body, to: session, stream.origin) }
    }

    /// Opens one more stream (XEP-0124 §16.3).
    func addStream(_ body: BOSHBody) {
        guard let model = owner else { return }
        let streams = streams ?? BOSHStreams()
        self.streams = streams
        let stream = BOSHStream(BOSHOrigin(body.header), in: self)
        streams.others.append(stream)
        let session = C2SSession(
            transport: stream, peer: model.peer, directory: model.directory,
            options: model.options)
        stream.begin(session, body.header)
        if streams.others.count > BOSHStreams.countMax {
            session.fail(StreamError(.policyViolation, "too many streams"))
        }
    }

    // MARK: answers

    /// Takes what one of the streams has to say; they take turns.
    func takeStreamOutput(attributes: String) -> [UInt8] {
        guard let streams else { return output.take(attributes: attributes) }
        let count = streams.others.count + 1
        for offset in 0..<count {
            let index = (streams.turn + offset) % count
            if index == 0 {
                guard !output.isEmpty || (streams.firstEnding != nil && !streams.isFirstTold)
                else { continue }
                streams.turn = 1
                return takeFirstOutput(streams, attributes)
            }
            let stream = streams.others[index - 1]
            guard stream.hasOutput else { continue }
            streams.turn = index + 1
            return take(from: stream, streams, attributes)
        }
        return BOSHOutput.empty(attributes)
    }

    private func takeFirstOutput(_ streams: BOSHStreams, _ attributes: String) -> [UInt8] {
        let name = BOSHStream.firstName(of: id)
        // The first answer of the session has named the stream already.
        let isNamed = attributes.contains(" stream='")
        let attributes = isNamed ? attributes : attributes + " stream='\(name)'"
        guard let ending = streams.firstEnding, output.isLast else {
            return output.take(attributes: attributes)
        }
        streams.isFirstTold = true
        streams.closed(name)
        return Self.farewell(&output, ending, attributes)
    }

    private func take(
        from stream: BOSHStream, _ streams: BOSHStreams, _ attributes: String
    ) -> [UInt8] {
        let attributes = attributes + (stream.opening ?? " stream='\(stream.name)'")
        stream.opening = nil
        guard let ending = stream.ending, stream.output.isLast else {
            return stream.output.take(attributes: attributes)
        }
        streams.remove(stream)
        return Self.farewell(&stream.output, ending, attributes)
    }

    /// The end of one stream of several (XEP-0124 §16.5, §16.6).
    private static func farewell(
        _ output: inout BOSHOutput, _ ending: Ending, _ attributes: String
    ) -> [UInt8] {
        var attributes = attributes + " type='terminate'"
        switch ending {
        case .finished: break
        case .refused(let condition): attributes += " condition='\(condition.rawValue)'"
        case .failed(let error):
            let condition = BOSHCondition(error)
            attributes += " condition='\(condition.rawValue)'"
            if condition.carriesError { output.append(error) }
        }
        return output.take(attributes: attributes)
    }

    // MARK: the end

    /// Ends the session when its last stream has ended (XEP-0124 §16.5).
    func settle() {
        guard let streams, ending == nil, let firstEnding = streams.firstEnding,
            streams.others.allSatisfy({ $0.ending != nil })
        else { return }
        if streams.isTerminating {
            ending = .finished
            return
        }
        let untold = streams.others.count + (streams.isFirstTold ? 0 : 1)
        guard untold <= 1 else { return }
        if let last = streams.others.first {
            ending = last.ending
            output = last.output
            owner = last.owner
        } else {
            ending = firstEnding
        }
        self.streams = nil
    }
}

extension BOSHStreams {
    /// The stream that an answer was for, unless it was the first one.
    func stream(of answer: [UInt8], with parsers: ParserPool) -> BOSHStream? {
        let read = answer.withUnsafeBytes {
            BOSHBodyReader.read($0, with: parsers, limits: Undelivered.limits)
        }
        guard case .success(let body) = read, let name = body.header["stream"] else { return nil }
        return others.first { $0.name == name }
    }
}
