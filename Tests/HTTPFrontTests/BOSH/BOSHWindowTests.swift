import Testing

@testable import HTTPFront

@Suite("BOSH window · XEP-0124 §9–§15")
struct BOSHWindowTests {
    typealias Window = BOSHWindow<String, String>

    /// A window whose first request, 10, was answered at 0 unless told otherwise.
    private static func window(
        _ attributes: [String: String] = [:], newKey: String? = nil, isAnswered: Bool = true
    ) -> Window {
        var settings = BOSHSettings()
        settings.polling = 2
        let asked = ["wait": "60", "hold": "1", "ver": "1.11"].merging(attributes) { $1 }
        var window = Window(
            BOSHTerms(asked: { asked[$0] }, settings: settings),
            first: Window.Request(rid: 10, newKey: newKey), post: "p10", now: 0)
        if isAnswered { _ = window.answerOldest(bytes("first"), isEmpty: false, now: 0) }
        return window
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func message(_ rid: Int) -> Window.Request { Window.Request(rid: rid) }

    private static func poll(_ rid: Int) -> Window.Request {
        Window.Request(rid: rid, isPoll: true)
    }

    /// What a request leads to, in a word.
    private static func arrive(
        _ window: inout Window, _ request: Window.Request, by post: String? = nil, now: Int = 5000
    ) -> String {
        let arrival = window.arrived(
            request, by: post ?? "p\(request.rid)", load: "load \(request.rid)", now: now)
        switch arrival {
        case .process: return "process"
        case .keep: return "keep"
        case .answerAgain(let body): return "again \(String(decoding: body, as: UTF8.self))"
        case .swap(let post): return "swap \(post ?? "nobody")"
        case .refuse(let condition): return condition.rawValue
        }
    }

    @Test("§7.2: the first request is answered at once, also with nothing")
    func first() {
        var window = Self.window(isAnswered: false)
        #expect(window.notes.isOpening)
        #expect(window.order(hasOutput: false, isInputPaused: false) == .empty)
        #expect(window.answerOldest([], isEmpty: true, now: 0) == "p10")
        #expect(!window.notes.isOpening)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .wait)
    }

    @Test("§9: one request is held; the next one has the older answered")
    func hold() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.poll(11)) == "process")
        #expect(window.order(hasOutput: false, isInputPaused: false) == .wait)
        #expect(Self.arrive(&window, Self.message(12)) == "process")
        #expect(window.order(hasOutput: false, isInputPaused: false) == .empty)
        #expect(window.answerOldest([], isEmpty: true, now: 5000) == "p11")
        #expect(window.order(hasOutput: false, isInputPaused: false) == .wait)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .payload)
        #expect(window.answerOldest([], isEmpty: false, now: 5000) == "p12")
        #expect(window.order(hasOutput: true, isInputPaused: false) == .wait)
    }

    @Test("A client that is to be slowed down gets no empty answers, but what there is for it")
    func slowedDown() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        #expect(Self.arrive(&window, Self.message(12)) == "process")
        #expect(window.order(hasOutput: false, isInputPaused: true) == .wait)
        #expect(window.order(hasOutput: true, isInputPaused: true) == .payload)
    }

    @Test(
        "§14.2: numbers beyond the window end the session",
        arguments: [
            (11, "process"), (12, "keep"), (13, "item-not-found"), (1 << 50, "item-not-found"),
        ])
    func above(rid: Int, outcome: String) {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(rid)) == outcome)
    }

    @Test("§14.2: a gap is waited for, and filled in order")
    func gap() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(12)) == "keep")
        #expect(window.takeNext() == nil)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .wait)
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        guard case .process(let request, let load) = window.takeNext() else {
            Issue.record("the kept request was not given out")
            return
        }
        #expect(request.rid == 12)
        #expect(load == "load 12")
        #expect(window.takeNext() == nil)
        #expect(window.answerOldest([], isEmpty: true, now: 5000) == "p11")
        #expect(window.lastRid == 12)
    }

    @Test("§14.3: an answer is given again to a repeat, the last two of them")
    func repeats() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(10)) == "again first")
        for rid in 11...12 {
            #expect(Self.arrive(&window, Self.message(rid)) == "process")
            _ = window.answerOldest(Self.bytes("answer \(rid)"), isEmpty: false, now: 5000)
        }
        #expect(Self.arrive(&window, Self.message(12)) == "again answer 12")
        #expect(Self.arrive(&window, Self.message(11)) == "again answer 11")
        #expect(Self.arrive(&window, Self.message(10)) == "item-not-found")
        #expect(Self.arrive(&window, Self.message(9)) == "item-not-found")
    }

    @Test("§14.3: a repeat of a held request takes its place, eight times at most")
    func repeatOfHeld() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11), by: "a") == "process")
        #expect(Self.arrive(&window, Self.message(11), by: "b") == "swap a")
        for _ in 2...8 { #expect(Self.arrive(&window, Self.message(11), by: "b") == "swap b") }
        #expect(Self.arrive(&window, Self.message(11), by: "b") == "policy-violation")
    }

    @Test("§14.3: what came while the connection was lost waits for the repeat")
    func lostConnection() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11), by: "a") == "process")
        window.lost(now: 6000) { $0 == "a" }
        #expect(!window.isHolding)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .wait)
        #expect(Self.arrive(&window, Self.message(11), by: "b") == "swap nobody")
        #expect(window.order(hasOutput: true, isInputPaused: false) == .payload)
        #expect(window.answerOldest([], isEmpty: false, now: 7000) == "b")
    }

    @Test("§14.3: what was for a lost connection goes by the next one")
    func lostAndLater() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        window.lost(now: 6000) { $0 == "p11" }
        #expect(Self.arrive(&window, Self.message(12)) == "process")
        #expect(window.order(hasOutput: true, isInputPaused: false) == .empty)
        #expect(window.answerOldest(Self.bytes("empty"), isEmpty: true, now: 6000) == nil)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .payload)
        #expect(window.answerOldest(Self.bytes("payload"), isEmpty: false, now: 6000) == "p12")
        #expect(Self.arrive(&window, Self.message(11), by: "again") == "again empty")
    }

    @Test("§11: more requests at once than allowed break the rules; a pause or an end may follow")
    func tooMany() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        #expect(Self.arrive(&window, Self.message(12)) == "process")
        var other = window
        #expect(Self.arrive(&other, Self.message(13)) == "policy-violation")
        let end = Window.Request(rid: 13, isUrgent: true)
        #expect(Self.arrive(&window, end) == "process")
        #expect(
            Self.arrive(&window, Window.Request(rid: 14, isUrgent: true)) == "policy-violation")
    }

    @Test(
        "§11: an empty request that fills the window soon after the last breaks the rules",
        arguments: [(1999, "policy-violation"), (2000, "process")])
    func pollingFast(after: Int, outcome: String) {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11), now: 5000) == "process")
        #expect(Self.arrive(&window, Self.poll(12), now: 5000 + after) == outcome)
    }

    @Test("§11: a poll that a later request overtook is not too fast")
    func overtakenPoll() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(12), now: 100) == "keep")
        #expect(Self.arrive(&window, Self.poll(11), now: 100) == "process")
    }

    @Test(
        "§12: in a polling session two empty requests need a pause between them",
        arguments: [
            (1999, true, "policy-violation"), (1999, false, "process"), (2000, true, "process"),
        ])
    func pollingSession(after: Int, wasEmpty: Bool, outcome: String) {
        var window = Self.window(["hold": "0"])
        #expect(Self.arrive(&window, Self.poll(11), now: 100) == "process")
        #expect(window.order(hasOutput: false, isInputPaused: false) == .empty)
        _ = window.answerOldest([], isEmpty: wasEmpty, now: 100)
        #expect(Self.arrive(&window, Self.poll(12), now: 100 + after) == outcome)
    }

    @Test("§10: a pause has all answered, its own request with nothing, and stretches the time")
    func pause() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        let request = Window.Request(rid: 12, isUrgent: true, isPause: true)
        #expect(Self.arrive(&window, request) == "process")
        #expect(window.pause(seconds: 100) == nil)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .payload)
        _ = window.answerOldest([], isEmpty: false, now: 5000)
        #expect(window.order(hasOutput: true, isInputPaused: false) == .empty)
        _ = window.answerOldest([], isEmpty: true, now: 5000)
        #expect(window.deadline == 105_000)
        #expect(Self.arrive(&window, Self.message(13), now: 90_000) == "process")
        _ = window.answerOldest([], isEmpty: true, now: 90_000)
        #expect(window.deadline == 120_000)
    }

    @Test(
        "§10: a pause is no longer than offered",
        arguments: [(0, 0), (1, 1), (120, 120), (121, 120), (Int.max, 120)])
    func pauseLength(asked: Int, seconds: Int) {
        var window = Self.window()
        #expect(window.pause(seconds: asked) == nil)
        #expect(window.deadline == seconds * 1000)
    }

    @Test("§10: what is no number is no pause")
    func noPause() {
        var window = Self.window()
        #expect(window.pause(seconds: -1) == .badRequest)
        #expect(window.deadline == 30_000)
    }

    @Test("§14.3: the answer to a pause is not kept for a repeat")
    func repeatOfPause() {
        var window = Self.window()
        let request = Window.Request(rid: 11, isUrgent: true, isPause: true)
        #expect(Self.arrive(&window, request) == "process")
        #expect(window.answerOldest(Self.bytes("pausing"), isEmpty: true, now: 5000) == "p11")
        #expect(Self.arrive(&window, Self.message(10)) == "again first")
        #expect(Self.arrive(&window, request) == "item-not-found")
    }

    @Test("§14.3: a repeat of an early request takes its place, eight times at most")
    func repeatOfEarly() {
        var window = Self.window()
        #expect(Self.arrive(&window, Self.message(12), by: "a") == "keep")
        #expect(Self.arrive(&window, Self.message(12), by: "b") == "swap a")
        for _ in 2...8 { #expect(Self.arrive(&window, Self.message(12), by: "b") == "swap b") }
        #expect(Self.arrive(&window, Self.message(12), by: "b") == "policy-violation")
    }

    @Test("§9, §10: the oldest request is answered after its wait, a silent client is gone")
    func time() {
        var window = Self.window()
        #expect(window.due(now: 29_999) == .later(30_000))
        #expect(window.due(now: 30_000) == .end)
        #expect(Self.arrive(&window, Self.message(11), now: 10_000) == "process")
        #expect(window.due(now: 69_999) == .later(70_000))
        #expect(window.due(now: 70_000) == .answer)
        window.lost(now: 20_000) { $0 == "p11" }
        #expect(window.due(now: 50_000) == .end)
    }

    // MARK: acknowledgements

    @Test("§9.2: answers say what has arrived when that is more than what they answer")
    func acknowledges() {
        var window = Self.window(["ack": "1"], isAnswered: false)
        #expect(window.notes == Window.Notes(isOpening: true, ack: 10))
        _ = window.answerOldest([], isEmpty: true, now: 0)
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        #expect(window.notes == Window.Notes())
        #expect(Self.arrive(&window, Self.message(12)) == "process")
        #expect(window.notes == Window.Notes(ack: 12))
    }

    @Test("§9.2: an acknowledged answer is not kept")
    func acknowledged() {
        var window = Self.window(["ack": "1"])
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        #expect(Self.arrive(&window, Self.message(10)) == "item-not-found")
    }

    @Test("§9.2: a client that misses an answer for long is told at once")
    func reports() {
        var window = Self.window(["ack": "1"])
        #expect(Self.arrive(&window, Self.message(11)) == "process")
        _ = window.answerOldest([], isEmpty: true, now: 5000)
        var request = Self.message(12)
        request.ack = 10
        #expect(Self.arrive(&window, request, now: 7000) == "process")
        #expect(window.order(hasOutput: false, isInputPaused: false) == .empty)
        #expect(window.notes == Window.Notes(report: 11, milliseconds: 2000))
    }

    @Test("§9.2: a client that leaves too many answers unacknowledged is let go, with all of them")
    func unacknowledged() {
        var window = Self.window(["ack": "1"])
        for rid in 11...41 {
            var request = Self.message(rid)
            request.ack = 9
            #expect(Self.arrive(&window, request) == "process", "\(rid)")
            _ = window.answerOldest(Self.bytes("\(rid)"), isEmpty: false, now: 5000)
        }
        var other = window
        var request = Self.message(42)
        request.ack = 9
        #expect(Self.arrive(&window, request) == "policy-violation")
        let texts = window.takeDoubtfulAnswers().map { String(decoding: $0, as: UTF8.self) }
        #expect(texts == ["first"] + (11...41).map { "\($0)" })
        request.ack = 10
        #expect(Self.arrive(&other, request) == "process")
        #expect(other.takeDoubtfulAnswers().count == 31)
        #expect(other.takeDoubtfulAnswers().isEmpty)
    }

    // MARK: keys

    private static let keys: [String] = {
        var keys = [BOSHKeys.hash("seed")]
        for _ in 1...4 { keys.append(BOSHKeys.hash(keys[keys.count - 1])) }
        return keys.reversed()
    }()

    private static func keyed(_ rid: Int, _ key: String?, newKey: String? = nil) -> Window.Request {
        Window.Request(rid: rid, key: key, newKey: newKey)
    }

    @Test("§15: each key is the hash's origin of the one before, whatever its case")
    func goodKeys() {
        var window = Self.window(newKey: Self.keys[0].uppercased())
        #expect(Self.arrive(&window, Self.keyed(11, Self.keys[1])) == "process")
        _ = window.answerOldest(Self.bytes("a"), isEmpty: false, now: 0)
        #expect(
            Self.arrive(&window, Self.keyed(12, Self.keys[2], newKey: BOSHKeys.hash("new")))
                == "process")
        _ = window.answerOldest([], isEmpty: true, now: 0)
        #expect(Self.arrive(&window, Self.keyed(11, Self.keys[1].uppercased())) == "again a")
        #expect(Self.arrive(&window, Self.keyed(13, "new")) == "process")
    }

    @Test(
        "§15: a wrong or missing key ends the session",
        arguments: [nil, "", "wrong", keys[0], keys[2]])
    func badKey(key: String?) {
        var window = Self.window(newKey: Self.keys[0])
        #expect(Self.arrive(&window, Self.keyed(11, key)) == "item-not-found")
    }

    @Test("§15: a repeat needs the key of its request")
    func keyOfRepeat() {
        var window = Self.window(newKey: Self.keys[0])
        #expect(Self.arrive(&window, Self.keyed(11, Self.keys[1])) == "process")
        #expect(Self.arrive(&window, Self.keyed(11, "wrong")) == "item-not-found")
        _ = window.answerOldest([], isEmpty: true, now: 0)
        #expect(Self.arrive(&window, Self.keyed(11, nil)) == "item-not-found")
    }

    @Test("§15: a repeat of an early request needs its key", arguments: [nil, "wrong", keys[1]])
    func keyOfEarlyRepeat(key: String?) {
        var window = Self.window(newKey: Self.keys[0])
        #expect(Self.arrive(&window, Self.keyed(12, Self.keys[2])) == "keep")
        #expect(Self.arrive(&window, Self.keyed(12, Self.keys[2].uppercased())) == "swap p12")
        #expect(Self.arrive(&window, Self.keyed(12, key)) == "item-not-found")
    }

    @Test("§15: a request that came early has its key checked in its turn")
    func keyOfEarly() {
        var window = Self.window(newKey: Self.keys[0])
        #expect(Self.arrive(&window, Self.keyed(12, "wrong")) == "keep")
        #expect(Self.arrive(&window, Self.keyed(11, Self.keys[1])) == "process")
        guard case .refuse(.itemNotFound, "p12") = window.takeNext() else {
            Issue.record("a wrong key was taken")
            return
        }
    }
}
