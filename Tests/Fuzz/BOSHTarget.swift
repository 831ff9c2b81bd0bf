import XMPPCore
import XMPPEngine

@testable import HTTPFront

/// BOSH: bodies as they come, the window and keys of a session, and bodies as they go.
///
/// A record begins with a byte of circumstances: how much later it comes, whether a connection was
/// lost before, whether there is output and whether input is paused.
struct BOSHTarget {
    private typealias Window = BOSHWindow<Int, BOSHBody>

    private let parsers = ParserPool()
    private var window: Window?
    private var now = 1000
    private var posts = 0
    private var openPosts: Set<Int> = []
    private var lastAnswered = 0
    private var isOver = false

    static func run(_ input: Input) {
        var target = BOSHTarget()
        for record in input.records where !target.isOver {
            guard let circumstances = record.first else { continue }
            target.take(Array(record.dropFirst()), circumstances)
        }
    }

    private mutating func take(_ bytes: [UInt8], _ circumstances: UInt8) {
        now += Int(circumstances & 15) * 250
        if circumstances & 16 != 0, let post = openPosts.min() {
            window?.lost(now: now) { $0 == post }
            openPosts.remove(post)
        }
        let parsed = bytes.withUnsafeBytes { bytes in
            _ = BOSHSessionID.hint(in: bytes)
            return BOSHBodyReader.read(bytes, with: parsers, limits: .beforeLogin)
        }
        guard case .success(let body) = parsed else { return }
        writeBack(body)
        arrive(body)
        answer(hasOutput: circumstances & 32 != 0, isPaused: circumstances & 64 != 0)
        if case .end? = window?.due(now: now + 200_000) { isOver = openPosts.isEmpty && isOver }
    }

    /// What goes out again must read as what came in.
    private func writeBack(_ body: BOSHBody) {
        var output = BOSHOutput()
        for payload in body.payloads {
            switch payload {
            case .nonza(let nonza): output.append(nonza, concatMax: .max)
            case .stanza(let stanza):
                var to: JID?
                if case .valid(let address) = stanza.to { to = address }
                output.append(
                    Stanza(
                        stanza.kind, type: stanza.type ?? .error, id: stanza.id,
                        from: stanza.from.flatMap { JID($0) }, to: to,
                        language: stanza.language, payload: stanza.payload),
                    concatMax: .max)
            }
        }
        let limits = StreamLimits(
            stanzaBytesMax: .max, elementsMax: .max, depthMax: .max, attributesMax: .max)
        let again = output.take().withUnsafeBytes {
            BOSHBodyReader.read($0, with: parsers, limits: limits)
        }
        guard case .success(let written) = again else { fail("\(again)") }
        require(written.payloads.count == body.payloads.count, "\(written) \(body)")
    }

    private mutating func arrive(_ body: BOSHBody) {
        guard let rid = body.rid else { return }
        let request = Window.Request(
            rid: rid, isPoll: body.isPoll, isUrgent: body.isTerminate || body.pause != nil,
            isPause: body.pause != nil, key: body.header["key"], newKey: body.header["newkey"],
            ack: body.ack)
        posts += 1
        let post = posts
        guard window != nil else {
            let terms = BOSHTerms(asked: { body.header[$0] }, settings: BOSHSettings())
            window = Window(terms, first: request, post: post, now: now)
            openPosts.insert(post)
            return
        }
        switch window?.arrived(request, by: post, load: body, now: now) {
        case .process:
            openPosts.insert(post)
            if let pause = body.pause { _ = window?.pause(seconds: pause) }
            takeNext()
        case .keep: openPosts.insert(post)
        case .swap(let former):
            openPosts.insert(post)
            if let former { openPosts.remove(former) }
        case .answerAgain, nil: break
        case .refuse: isOver = true
        }
    }

    private mutating func takeNext() {
        while let next = window?.takeNext() {
            guard case .process(let request, let body) = next else {
                isOver = true
                return
            }
            require(request.rid == body.rid, "a body of another request")
        }
    }

    private mutating func answer(hasOutput: Bool, isPaused: Bool) {
        var hasOutput = hasOutput
        for _ in 0..<100 {
            let order = window?.order(hasOutput: hasOutput, isInputPaused: isPaused)
            guard let order, order != .wait, !isOver else { return }
            _ = window?.notes
            let post = window?.answerOldest([], isEmpty: order == .empty, now: now)
            hasOutput = false
            guard let post = post ?? nil else { continue }
            require(openPosts.remove(post) != nil, "an answer to nobody")
        }
        fail("answers without end")
    }
}
