/// Which requests of a session are in, held and answered (XEP-0124 §9–§14).
///
/// A value without I/O or clock: times are milliseconds that the caller passes in. `Post` is what
/// an answer can be given to, `Load` what a request that came too early carries.
struct BOSHWindow<Post, Load> {
    /// What a request says about itself.
    struct Request {
        var rid: Int
        /// Whether it carries nothing: it only asks for what there is.
        var isPoll = false
        /// Whether it pauses or ends the session: one more than `requests` may be open for that.
        var isUrgent = false
        var isPause = false
        var key: String?
        var newKey: String?
        var ack: Int?
    }

    /// A request whose turn has come and that is not answered.
    private struct Held {
        var rid: Int
        /// `nil` when its connection was lost.
        var post: Post?
        var arrived: Int
        var repeats = 0
        var isPause = false
        var key: String?
    }

    private struct Early {
        var request: Request
        var post: Post?
        var load: Load
        var arrived: Int
        var repeats = 0
    }

    /// What was answered, for a client that did not get it.
    private struct Answer {
        var rid: Int
        var body: [UInt8]
        var sentAt: Int
        var key: String?
        /// `lastRid` when it went out.
        var seenRid: Int
        var repeats = 0
    }

    let terms: BOSHTerms
    private var keys: BOSHKeys
    /// The highest request that came after all before it.
    private(set) var lastRid: Int
    private var held: [Held]
    private var early: [Early] = []
    private var answers: [Answer] = []
    private var isOpening = true
    /// When the client was last busy: a request came, an answer went, a connection was lost.
    private var lastActivity: Int
    private var lastArrival: Int
    private var wasLastPoll = false
    private var wasLastAnswerEmpty = false
    /// Seconds the client asked to be left alone; `nil` unless it pauses.
    private var pause: Int32?
    private var report: (rid: Int, milliseconds: Int)?

    /// How often one request may be repeated (XEP-0124 §14.3).
    private static var repeatsMax: Int { 8 }
    /// Age of an answer from which a client that has not got it is told.
    private static var reportMilliseconds: Int { 1000 }
    /// The most that `time` can say: its type is `xs:unsignedShort`.
    private static var reportMillisecondsMax: Int { 65_535 }
    /// Answers kept for a client that says which it has; one that leaves more unsaid is let go.
    private static var unacknowledgedMax: Int { 32 }

    /// A session whose first request is held.
    init(_ terms: BOSHTerms, first: Request, post: Post, now: Int) {
        self.terms = terms
        keys = BOSHKeys(newKey: first.newKey)
        lastRid = first.rid
        held = [Held(rid: first.rid, post: post, arrived: now)]
        lastActivity = now
        lastArrival = now
    }

    // MARK: requests

    enum OnArrival {
        /// Its turn: the request is held, its content is to be processed. Then ask `takeNext`.
        case process
        /// It came before an older one and is kept.
        case keep
        /// It was answered before, with this.
        case answerAgain([UInt8])
        /// It takes the place of the same request on another connection, which is to be answered
        /// with a recoverable error (XEP-0124 §14.3).
        case swap(Post?)
        /// The session ends; the request itself is to be told why.
        case refuse(BOSHCondition)
    }

    /// Takes a request in.
    mutating func arrived(
        _ request: Request, by post: Post, load: @autoclosure () -> Load, now: Int
    ) -> OnArrival {
        if request.rid <= lastRid { return repeated(request, by: post, now: now) }
        if let index = early.firstIndex(where: { $0.request.rid == request.rid }) {
            return repeated(early: index, request, by: post)
        }
        let places = Int(terms.requests) + (request.isUrgent ? 1 : 0)
        guard request.rid - lastRid <= places else { return .refuse(.itemNotFound) }
        guard held.count + early.count < places else { return .refuse(.policyViolation) }
        guard request.rid == lastRid + 1 else {
            early.append(Early(request: request, post: post, load: load(), arrived: now))
            return .keep
        }
        if let condition = take(request, by: post, now: now) { return .refuse(condition) }
        return .process
    }

    /// A request that came before (XEP-0124 §14.3).
    private mutating func repeated(_ request: Request, by post: Post, now: Int) -> OnArrival {
        if let index = held.firstIndex(where: { $0.rid == request.rid }) {
            guard Self.isSame(held[index].key, request.key) else { return .refuse(.itemNotFound) }
            held[index].repeats += 1
            guard held[index].repeats <= Self.repeatsMax else { return .refuse(.policyViolation) }
            let former = held[index].post
            held[index].post = post
            return .swap(former)
        }
        guard let index = answers.firstIndex(where: { $0.rid == request.rid }),
            Self.isSame(answers[index].key, request.key)
        else { return .refuse(.itemNotFound) }
        answers[index].repeats += 1
        guard answers[index].repeats <= Self.repeatsMax else { return .refuse(.policyViolation) }
        answers[index].sentAt = now
        answers[index].seenRid = lastRid
        return .answerAgain(answers[index].body)
    }

    /// A request that came before and still waits for an older one.
    private mutating func repeated(early index: Int, _ request: Request, by post: Post) -> OnArrival
    {
        guard Self.isSame(early[index].request.key, request.key) else {
            return .refuse(.itemNotFound)
        }
        early[index].repeats += 1
        guard early[index].repeats <= Self.repeatsMax else { return .refuse(.policyViolation) }
        let former = early[index].post
        early[index].post = post
        return .swap(former)
    }

    private static func isSame(_ key: String?, _ other: String?) -> Bool {
        guard let key else { return true }
        return key.lowercased() == other?.lowercased()
    }

    enum OnTurn {
        case process(Request, Load)
        /// The session ends because of this request, which is held.
        case refuse(BOSHCondition, Post?)
    }

    /// The next request whose turn has come because an older one arrived.
    mutating func takeNext() -> OnTurn? {
        guard !early.isEmpty,
            let index = early.firstIndex(where: { $0.request.rid == lastRid + 1 })
        else { return nil }
        let next = early.remove(at: index)
        if let condition = take(next.request, by: next.post, now: next.arrived) {
            return .refuse(condition, next.post)
        }
        return .process(next.request, next.load)
    }

    /// Holds the request whose turn it is, unless it breaks a rule.
    private mutating func take(
        _ request: Request, by post: Post?, now: Int
    ) -> BOSHCondition? {
        guard keys.accept(key: request.key, newKey: request.newKey) else { return .itemNotFound }
        if request.isPoll, isTooFast(at: now) { return .policyViolation }
        if terms.usesAcks {
            acknowledge(request.ack, now: now)
            guard answers.count < Self.unacknowledgedMax else { return .policyViolation }
        }
        pause = nil
        wasLastPoll = request.isPoll
        lastArrival = now
        lastActivity = max(lastActivity, now)
        lastRid = request.rid
        held.append(
            Held(
                rid: request.rid, post: post, arrived: now, isPause: request.isPause,
                key: keys.isUsed ? request.key : nil))
        return nil
    }

    /// Polls must not follow each other too fast (XEP-0124 §11, §12).
    private func isTooFast(at now: Int) -> Bool {
        guard now - lastArrival < Int(terms.polling) * 1000 else { return false }
        if terms.isPolling { return wasLastPoll && wasLastAnswerEmpty }
        // Later requests that overtook this one do not count.
        return held.count + 1 >= Int(terms.requests)
    }

    /// The client has all answers up to `ack`, or all there are (XEP-0124 §9).
    private mutating func acknowledge(_ ack: Int?, now: Int) {
        guard let ack else {
            answers.removeAll()
            return
        }
        answers.removeAll { $0.rid <= ack }
        guard let missing = answers.first, missing.rid == ack + 1,
            now - missing.sentAt >= Self.reportMilliseconds
        else { return }
        report = (missing.rid, min(now - missing.sentAt, Self.reportMillisecondsMax))
    }

    /// The client wants to be left alone for so long; no longer than it was offered, whatever it
    /// asks for (XEP-0124 §10).
    ///
    /// - Parameter seconds: Below 0 when what the client said is no number.
    /// - Returns: Why it may not.
    mutating func pause(seconds: Int) -> BOSHCondition? {
        guard seconds >= 0 else { return .badRequest }
        guard terms.pauseMax > 0 else { return .policyViolation }
        pause = min(Int32(clamping: seconds), terms.pauseMax)
        return nil
    }

    // MARK: answers

    enum Order: Equatable {
        /// Nobody is to be answered now.
        case wait
        /// The oldest request is to be answered with what there is.
        case payload
        /// The oldest request is to be answered with an empty body.
        case empty
    }

    /// What is to be done next; asked until it says `wait`.
    ///
    /// `hasOutput` says whether there is something for the client; `isInputPaused`, whether it is
    /// to be slowed down: nothing empty is answered then, so that it cannot send on.
    func order(hasOutput: Bool, isInputPaused: Bool) -> Order {
        guard let oldest = held.first, held.contains(where: { $0.post != nil }) else {
            return .wait
        }
        // What is for a connection that was lost goes by the next one.
        if oldest.isPause || oldest.post == nil { return .empty }
        if hasOutput { return .payload }
        if isOpening || report != nil || held.contains(where: \.isPause) { return .empty }
        return held.count > Int(terms.hold) && !isInputPaused ? .empty : .wait
    }

    /// What the next answer says besides its payload.
    struct Notes: Equatable {
        var isOpening = false
        /// `ack`: the highest request that came in order, when it is not the one answered.
        var ack: Int?
        /// The answer that the client seems to miss, and its age.
        var report: Int?
        var milliseconds = 0
    }

    var notes: Notes {
        var notes = Notes(isOpening: isOpening)
        guard terms.usesAcks, let oldest = held.first else { return notes }
        if isOpening || lastRid != oldest.rid { notes.ack = lastRid }
        if let report { (notes.report, notes.milliseconds) = report }
        return notes
    }

    /// Takes the oldest request off; the answer is kept for a repeat.
    ///
    /// - Returns: What to answer; `nil` when its connection was lost.
    mutating func answerOldest(_ body: [UInt8], isEmpty: Bool, now: Int) -> Post? {
        guard !held.isEmpty else { return nil }
        let oldest = held.removeFirst()
        isOpening = false
        report = nil
        wasLastAnswerEmpty = isEmpty
        lastActivity = now
        if !oldest.isPause {
            answers.append(
                Answer(
                    rid: oldest.rid, body: body, sentAt: now, key: oldest.key, seenRid: lastRid))
            if !terms.usesAcks, answers.count > Int(terms.requests) { answers.removeFirst() }
        }
        return oldest.post
    }

    /// Takes everything that waits for an answer, oldest first: the session is over.
    mutating func takeAll() -> [Post] {
        early.sort { $0.request.rid < $1.request.rid }
        let posts = held.compactMap(\.post) + early.compactMap(\.post)
        held = []
        early = []
        return posts
    }

    /// Takes the request off whose turn came last: it hears why it ends the session.
    ///
    /// - Returns: `nil` when its connection was lost.
    mutating func takeLatest() -> Post? { held.popLast()?.post }

    /// How many requests wait for an older one.
    var earlyCount: Int { early.count }

    /// Whether one of these has lost its connection.
    var hasLostEarly: Bool { early.contains { $0.post == nil } }

    var isHolding: Bool { held.contains { $0.post != nil } }

    /// Takes the answers that the client may not have: it has not said so, or has sent nothing
    /// since they went.
    mutating func takeDoubtfulAnswers() -> [[UInt8]] {
        defer { answers = [] }
        return answers.filter { terms.usesAcks || $0.seenRid >= lastRid }.map(\.body)
    }

    // MARK: connections and time

    /// A connection was lost before its request was answered.
    mutating func lost(now: Int, where isLost: (Post) -> Bool) {
        for index in held.indices {
            guard let post = held[index].post, isLost(post) else { continue }
            held[index].post = nil
            lastActivity = now
        }
        for index in early.indices {
            guard let post = early[index].post, isLost(post) else { continue }
            early[index].post = nil
        }
    }

    /// When something is due unless the client sends or gets something before.
    var deadline: Int {
        if let oldest = held.first(where: { $0.post != nil }) {
            return oldest.arrived + Int(terms.wait) * 1000
        }
        return lastActivity + Int(pause ?? terms.inactivity) * 1000
    }

    enum OnDeadline: Equatable {
        /// Not yet: come back then.
        case later(Int)
        /// The oldest request has waited long enough for an empty answer.
        case answer
        /// The client is gone (XEP-0124 §10).
        case end
    }

    func due(now: Int) -> OnDeadline {
        guard now >= deadline else { return .later(deadline) }
        return isHolding ? .answer : .end
    }
}
