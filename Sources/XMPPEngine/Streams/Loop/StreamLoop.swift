import Glibc
import Synchronization
import XMPPCore

/// What a stream loop needs of the thread it runs on.
package protocol LoopDriver: Sendable {
    /// Runs the work on the loop's thread, soon; callable from any thread.
    func wake(_ work: @escaping @Sendable () -> Void)
    /// Runs the work on the loop's thread after what is ready now; called on that thread only.
    func atEndOfTurn(_ work: @escaping @Sendable () -> Void)
    /// Runs the work on the loop's thread later; called on that thread only.
    func schedule(afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void)
}

/// Takes stanzas on one loop: a session, a component, a test.
package protocol StanzaReceiver: AnyObject, Sendable {
    var loop: StreamLoop { get }
    /// Called on `loop` only.
    func deliver(_ stanza: Stanza)
    /// Whether it takes no stanzas any more, since another has its place.
    ///
    /// Changed on `loop` by `withdraw`; read there, or under the lock of the loop's mailbox.
    var hasMoved: Bool { get }
}

extension StanzaReceiver {
    package var hasMoved: Bool { false }
}

/// A receiver whose place another may take, on this loop or on another.
package protocol MovableReceiver: StanzaReceiver {
    var hasMoved: Bool { get set }
}

/// What became of a stanza that was to go to a receiver.
package enum Delivery: Sendable {
    case taken
    /// The loop has so much to do that it does not take the stanza.
    case refused
    /// Another has the receiver's place.
    case moved
}

/// Holds written bytes until the end of the loop's turn, so that many stanzas leave in one write.
package protocol FlushedAtEndOfTurn: AnyObject {
    func flushOutput()
}

/// One thread that streams live on: a NIO event loop or an HTTP loop.
///
/// All state of a stream is touched on its loop only. Other threads reach it through the mailbox,
/// which keeps the order in which they wrote and wakes the loop once for many letters. What is
/// delivered on the loop itself waits for letters that came before it.
package final class StreamLoop: @unchecked Sendable {
    // Sendable because all but `mailbox` and `hasLetters` is touched on the loop's own thread only.
    private enum Letter {
        case stanza(Stanza, any StanzaReceiver)
        case work(@Sendable () -> Void)
    }

    private struct Mailbox {
        var letters: [Letter] = []
        var isWakingUp = false
    }

    /// Stanzas that may wait for a loop before senders are told to slow down.
    private static let lettersMax = 65_536

    private let driver: any LoopDriver
    private let mailbox = Mutex(Mailbox())
    /// Whether `mailbox` holds any; changed only while it is locked.
    private let hasLetters = Atomic(false)
    private var isDraining = false
    private var spare: [Letter] = []
    private var unflushed: [any FlushedAtEndOfTurn] = []
    private var isFlushScheduled = false
    /// Parsers between streams.
    package let parsers = ParserPool()
    package let timers = CoarseTimers()
    /// Connections whose bytes go straight to a socket of this loop.
    package let openStreams = OpenStreams()
    /// What happens on this loop; for its own thread to add to.
    package let counters = CounterSheet()

    package init(driver: any LoopDriver) { self.driver = driver }

    /// Stanzas and pieces of work that wait for the loop's thread.
    package var mailboxLength: Int { mailbox.withLock { $0.letters.count } }

    // MARK: which thread

    private static let currentKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Marks the calling thread as this loop's; once, before the first stream.
    package func adoptCurrentThread() {
        pthread_setspecific(Self.currentKey, Unmanaged.passUnretained(self).toOpaque())
    }

    package var isCurrent: Bool {
        pthread_getspecific(Self.currentKey) == Unmanaged.passUnretained(self).toOpaque()
    }

    // MARK: letters

    /// Brings a stanza to a receiver of this loop, at once when the caller is on the loop and no
    /// letter waits.
    package func deliver(_ stanza: Stanza, to receiver: any StanzaReceiver) -> Delivery {
        if isCurrent, !isDraining, !hasLetters.load(ordering: .relaxed) {
            receiver.deliver(stanza)
            return .taken
        }
        let (delivery, mustWake) = mailbox.withLock { box -> (Delivery, Bool) in
            if receiver.hasMoved { return (.moved, false) }
            guard box.letters.count < Self.lettersMax else { return (.refused, false) }
            return (.taken, put(.stanza(stanza, receiver), into: &box))
        }
        if mustWake { driver.wake { self.drain() } }
        if delivery == .refused { counters.addFromAnyThread(.mailboxRefusals) }
        return delivery
    }

    /// Runs work on the loop, after everything that was posted to it before.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        let mustWake = mailbox.withLock { put(.work(work), into: &$0) }
        if mustWake { driver.wake { self.drain() } }
    }

    /// - Returns: Whether the loop must be woken for it.
    private func put(_ letter: Letter, into box: inout Mailbox) -> Bool {
        box.letters.append(letter)
        hasLetters.store(true, ordering: .relaxed)
        guard !box.isWakingUp else { return false }
        box.isWakingUp = true
        return true
    }

    /// Runs work on the loop when no letter is being read; called on the loop only.
    package func betweenTurns(_ work: @escaping @Sendable () -> Void) {
        driver.atEndOfTurn(work)
    }

    /// Takes a receiver off the loop: nothing more is delivered to it here.
    ///
    /// Called between turns. Whoever delivers to it from now on hears that it has moved.
    ///
    /// - Returns: The stanzas that wait for it, in order.
    package func withdraw(_ receiver: any MovableReceiver) -> [Stanza] {
        mailbox.withLock { box in
            receiver.hasMoved = true
            var waiting: [Stanza] = []
            box.letters.removeAll { letter in
                guard case .stanza(let stanza, let other) = letter, other === receiver else {
                    return false
                }
                waiting.append(stanza)
                return true
            }
            return waiting
        }
    }

    private func drain() {
        var letters = mailbox.withLock { box in
            box.isWakingUp = false
            hasLetters.store(false, ordering: .relaxed)
            let letters = box.letters
            box.letters = spare
            spare = []
            return letters
        }
        isDraining = true
        for letter in letters {
            switch letter {
            case .stanza(let stanza, let receiver): receiver.deliver(stanza)
            case .work(let work): work()
            }
        }
        isDraining = false
        guard letters.capacity <= 1024 else { return }
        letters.removeAll(keepingCapacity: true)
        spare = letters
    }

    // MARK: flushing

    /// Asks for one `flushOutput` at the end of this turn.
    package func flushLater(_ output: any FlushedAtEndOfTurn) {
        unflushed.append(output)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        driver.atEndOfTurn { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        var outputs = unflushed
        unflushed = []
        for output in outputs { output.flushOutput() }
        guard unflushed.isEmpty, outputs.capacity <= 1024 else { return }
        outputs.removeAll(keepingCapacity: true)
        unflushed = outputs
    }

    // MARK: time

    /// Runs the work on this loop after at least so many seconds; called on the loop only.
    package func schedule(
        afterSeconds seconds: Int, _ work: @escaping @Sendable () -> Void
    ) -> CoarseTimers.Token {
        let token = timers.add(afterSeconds: seconds, work)
        if timers.mustTick { tick() }
        return token
    }

    /// Runs the work on this loop after a short while that is not worth cancelling.
    package func schedule(
        afterMilliseconds delay: Int, _ work: @escaping @Sendable () -> Void
    ) {
        driver.schedule(afterMilliseconds: delay, work)
    }

    private func tick() {
        driver.schedule(afterMilliseconds: 1000) {
            if self.timers.fireDue() { self.tick() }
        }
    }
}
