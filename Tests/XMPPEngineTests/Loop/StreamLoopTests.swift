import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Stream loop")
struct StreamLoopTests {
    /// A loop whose turns the test runs by hand.
    private final class Driver: LoopDriver {
        private let waiting = Mutex<[@Sendable () -> Void]>([])

        func wake(_ work: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(work) } }
        func atEndOfTurn(_ work: @escaping @Sendable () -> Void) { wake(work) }
        func schedule(afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void) {}

        func runTurn() {
            let works = waiting.withLock { works in
                defer { works = [] }
                return works
            }
            works.forEach { $0() }
        }
    }

    private final class Receiver: StanzaReceiver {
        let loop: StreamLoop
        let ids = Mutex<[String]>([])

        init(_ loop: StreamLoop) { self.loop = loop }

        func deliver(_ stanza: Stanza) { ids.withLock { $0.append(stanza.id ?? "") } }
    }

    private let driver = Driver()

    /// A thread of its own, which has not been a loop's before.
    private func onFreshThread(_ play: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let isStarted = BlockingThread.start("play") {
                play()
                continuation.resume()
            }
            guard !isStarted else { return }
            Issue.record("no thread could be started")
            continuation.resume()
        }
    }

    private func message(_ id: String) -> Stanza {
        Stanza(.message, type: .chat, id: id, elements: [])
    }

    @Test("On the loop a stanza is delivered at once when no letter waits")
    func atOnce() async {
        await onFreshThread { [self] in
            let loop = StreamLoop(driver: driver)
            loop.adoptCurrentThread()
            let receiver = Receiver(loop)
            #expect(loop.deliver(message("a"), to: receiver) == .taken)
            #expect(receiver.ids.withLock { $0 } == ["a"])
        }
    }

    @Test("On the loop a stanza waits for the letters that came before it")
    func afterLetters() async {
        await onFreshThread { [self] in
            let loop = StreamLoop(driver: driver)
            let receiver = Receiver(loop)
            // The thread is not the loop's yet, so these two go by the mailbox.
            _ = loop.deliver(message("a"), to: receiver)
            _ = loop.deliver(message("b"), to: receiver)
            loop.adoptCurrentThread()
            _ = loop.deliver(message("c"), to: receiver)
            #expect(receiver.ids.withLock { $0 }.isEmpty)
            driver.runTurn()
            #expect(receiver.ids.withLock { $0 } == ["a", "b", "c"])
            _ = loop.deliver(message("d"), to: receiver)
            #expect(receiver.ids.withLock { $0 } == ["a", "b", "c", "d"])
        }
    }

    @Test("What a letter sends on its own loop waits for the letters behind it")
    func amongLetters() async {
        await onFreshThread { [self] in
            let loop = StreamLoop(driver: driver)
            let answer = message("answer")
            let receiver = Receiver(loop)
            loop.execute { _ = loop.deliver(answer, to: receiver) }
            _ = loop.deliver(message("a"), to: receiver)
            loop.adoptCurrentThread()
            driver.runTurn()
            driver.runTurn()
            #expect(receiver.ids.withLock { $0 } == ["a", "answer"])
        }
    }

    @Test("A receiver that is withdrawn leaves with what waits for it, and gets nothing more")
    func withdrawn() async {
        await onFreshThread { [self] in
            let loop = StreamLoop(driver: driver)
            let (receiver, other) = (Traveller(loop), Receiver(loop))
            for id in ["a", "b", "c"] {
                #expect(loop.deliver(message(id), to: receiver) == .taken)
                #expect(loop.deliver(message(id), to: other) == .taken)
            }
            #expect(loop.withdraw(receiver).map(\.id) == ["a", "b", "c"])
            #expect(loop.deliver(message("d"), to: receiver) == .moved)
            #expect(loop.deliver(message("d"), to: other) == .taken)
            loop.adoptCurrentThread()
            driver.runTurn()
            #expect(other.ids.withLock { $0 } == ["a", "b", "c", "d"])
        }
    }

    private final class Traveller: MovableReceiver, @unchecked Sendable {
        // Sendable because one test thread has it.
        let loop: StreamLoop
        var hasMoved = false

        init(_ loop: StreamLoop) { self.loop = loop }

        func deliver(_ stanza: Stanza) { Issue.record("delivered: \(stanza.id ?? "-")") }
    }
}
