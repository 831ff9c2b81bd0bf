import ControlProtocol
import Testing
import XMPPStorage

@testable import XMPPEngine

@Suite("Event feed and alarms")
struct EventFeedTests {
    /// A watcher whose turn comes when the test says so.
    private final class Watcher: Sendable {
        let queue = Observed<[@Sendable () -> Void]>([])
        let seen = Observed<[ServerEvent]>([])
        let drops = Observed(0)

        func subscribe(
            to feed: EventFeed, _ kinds: Set<ServerEvent.Kind>, after id: Int? = nil,
            waitingMax: Int = 1024
        ) -> EventFeed.Subscribed? {
            feed.subscribe(
                to: kinds, after: id, waitingMax: waitingMax,
                execute: { [queue] work in queue.update { $0.append(work) } },
                notify: { [seen, drops] notice in
                    switch notice {
                    case .events(let events): seen.update { $0 += events }
                    case .dropped: drops.update { $0 += 1 }
                    }
                })
        }

        func run() {
            let work = queue.update { queue in
                defer { queue = [] }
                return queue
            }
            for body in work { body() }
        }
    }

    private static func member(_ number: Int) -> [JSONValue.Member] {
        [.init("n", .int(number))]
    }

    @Test("A watcher gets the kinds it asked for, in order, with one wake-up for many")
    func order() {
        let feed = EventFeed()
        let watcher = Watcher()
        #expect(watcher.subscribe(to: feed, [.session])?.isComplete == true)
        for number in 1...3 { feed.publish(.session, "opened", Self.member(number)) }
        feed.publish(.alarm, "raised")
        #expect(watcher.queue.value.count == 1)
        watcher.run()
        #expect(watcher.seen.value.map { $0.fields[0].value.int } == [1, 2, 3])
        feed.publish(.session, "closed", Self.member(4))
        watcher.run()
        #expect(watcher.seen.value.count == 4)
        #expect(watcher.seen.value.map(\.id) == watcher.seen.value.map(\.id).sorted())
    }

    @Test("An event is one flat JSON object")
    func json() {
        let feed = EventFeed(now: { Timestamp(milliseconds: 5) })
        feed.publish(.alarm, "raised", [.init("alarm", "memory")])
        #expect(
            feed.recent([.alarm]).map(\.json.description) == [
                #"{"id":5001,"time":5,"kind":"alarm","event":"raised","alarm":"memory"}"#
            ])
    }

    @Test("Presence costs nothing until somebody watches it, and for a minute after is kept")
    func presence() {
        let time = Observed(Timestamp(milliseconds: 1000))
        let feed = EventFeed(now: { time.value })
        func fields() -> [JSONValue.Member] {
            Issue.record("made fields that nobody wants")
            return []
        }
        #expect(!feed.isWanted(.presence))
        feed.publish(.presence, "available", fields())
        let first = Watcher()
        guard let watch = first.subscribe(to: feed, [.presence]) else {
            Issue.record("not taken")
            return
        }
        feed.publish(.presence, "available", Self.member(1))
        first.run()
        #expect(first.seen.value.count == 1)
        feed.unsubscribe(watch.subscription)
        time.update { $0 = $0.advanced(by: .seconds(30)) }
        feed.publish(.presence, "available", Self.member(2))
        let again = Watcher()
        let second = again.subscribe(
            to: feed, [.presence], after: first.seen.value.last?.id)
        again.run()
        #expect(second?.isComplete == true)
        #expect(again.seen.value.map { $0.fields[0].value.int } == [2])
        if let second { feed.unsubscribe(second.subscription) }
        time.update { $0 = $0.advanced(by: .seconds(61)) }
        feed.publish(.presence, "available", Self.member(3))
        #expect(!feed.isWanted(.presence))
        feed.publish(.presence, "available", fields())
        let late = Watcher().subscribe(to: feed, [.presence], after: again.seen.value.last?.id)
        #expect(late?.isComplete == false)
    }

    @Test("Last-Event-ID brings what was missed, and says when something is lost")
    func replay() {
        let feed = EventFeed(capacity: 8)
        for number in 1...4 { feed.publish(.session, "opened", Self.member(number)) }
        let ids = feed.recent([.session]).map(\.id)
        let watcher = Watcher()
        #expect(watcher.subscribe(to: feed, [.session], after: ids[1])?.isComplete == true)
        watcher.run()
        #expect(watcher.seen.value.map { $0.fields[0].value.int } == [3, 4])
        for number in 5...9 { feed.publish(.session, "opened", Self.member(number)) }
        #expect(feed.recent([.session]).count <= 8)
        let late = Watcher()
        #expect(late.subscribe(to: feed, [.session], after: ids[0])?.isComplete == false)
        for strange in [0, -1, .max, .min] {
            let other = Watcher()
            #expect(other.subscribe(to: feed, [.session], after: strange)?.isComplete == false)
        }
    }

    @Test("A slow watcher is told once that it is dropped, others go on")
    func slow() {
        let feed = EventFeed(capacity: 4)
        let (slow, quick) = (Watcher(), Watcher())
        _ = slow.subscribe(to: feed, [.session], waitingMax: 4)
        _ = quick.subscribe(to: feed, [.session], waitingMax: 4)
        for number in 1...10 {
            feed.publish(.session, "opened", Self.member(number))
            quick.run()
        }
        slow.run()
        slow.run()
        #expect(slow.drops.value == 1)
        #expect(slow.seen.value.isEmpty)
        #expect(quick.seen.value.count == 10)
        #expect(quick.drops.value == 0)
    }

    @Test("Nothing is called after the end of a watch; watchers have a limit")
    func limits() {
        let feed = EventFeed()
        let watcher = Watcher()
        let watch = watcher.subscribe(to: feed, [.alarm])
        feed.publish(.alarm, "raised")
        if let watch { feed.unsubscribe(watch.subscription) }
        watcher.run()
        #expect(watcher.seen.value.isEmpty)
        let watchers = (0..<EventFeed.subscriptionsMax).map { _ in Watcher() }
        #expect(watchers.allSatisfy { $0.subscribe(to: feed, [.alarm]) != nil })
        #expect(watcher.subscribe(to: feed, [.alarm]) == nil)
    }

    @Test("An alarm is raised once, changes its text, and is remembered when cleared")
    func alarms() {
        let feed = EventFeed()
        let alarms = Alarms(events: feed)
        alarms.clear("memory")
        alarms.raise("memory", "90 % are used")
        alarms.raise("memory", "95 % are used", .critical)
        #expect(alarms.raised.map(\.text) == ["95 % are used"])
        #expect(alarms.raised.map(\.severity) == [.critical])
        alarms.set("memory", false, "")
        alarms.clear("memory")
        #expect(alarms.raised.isEmpty)
        #expect(alarms.cleared.map(\.name) == ["memory"])
        #expect(alarms.cleared.first?.clearedAt != nil)
        #expect(feed.recent([.alarm]).map(\.name) == ["raised", "cleared"])
    }

    @Test("Raised and cleared alarms have limits; those of one subject are cleared together")
    func manyAlarms() {
        let alarms = Alarms(events: EventFeed())
        for number in 0..<300 { alarms.raise("certificate \(number)", "it ends soon") }
        #expect(alarms.raised.count == Alarms.raisedMax)
        alarms.clearOthers(prefix: "certificate ", than: ["certificate 7"])
        #expect(alarms.raised.map(\.name) == ["certificate 7"])
        #expect(alarms.cleared.count == Alarms.clearedMax)
    }
}
