/// A timer of an `HTTPLoop`: armed again as often as its owner likes, at almost no cost.
///
/// Guarded by its loop: touched on the loop's thread only. Fires up to one tick (64 ms) late. It
/// is meant to be kept by its owner; `action` should hold that owner weakly.
package final class HTTPTimer {
    fileprivate let loop: HTTPLoop
    fileprivate var action: (() -> Void)?
    /// When to fire; `nil` while not armed.
    fileprivate var dueTick: UInt64?
    /// The slot's tick this timer waits in; it may be earlier than `dueTick`.
    fileprivate var queuedTick: UInt64?

    fileprivate init(loop: HTTPLoop, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    /// True while the timer will fire.
    package var isArmed: Bool { dueTick != nil }

    /// Fires once after `delay`; an earlier arming is forgotten.
    package func arm(after delay: Duration) {
        loop.assertCurrent()
        loop.wheel.arm(self, after: delay)
    }

    /// Will not fire any more, until armed again.
    package func disarm() {
        loop.assertCurrent()
        dueTick = nil
    }
}

/// The timers of one loop in slots of 64 ms; re-arming for later moves nothing.
///
/// A timer armed again for a later time stays in its slot and is moved on when that slot comes up,
/// so a session that re-arms its timer with every request pays for it twice a minute.
struct TimerWheel {
    static let tickMilliseconds: UInt64 = 64
    private static let slotCount = 512

    private var slots = [[HTTPTimer]](repeating: [], count: slotCount)
    private var waitingCount = 0
    private var currentTick: UInt64

    init(now: UInt64) {
        currentTick = now / Self.tickMilliseconds
    }

    static func timer(on loop: HTTPLoop, action: @escaping () -> Void) -> HTTPTimer {
        HTTPTimer(loop: loop, action: action)
    }

    mutating func arm(_ timer: HTTPTimer, after delay: Duration) {
        let wanted = max(0, min(delay.inMilliseconds, 1 << 40))
        let ticks = (UInt64(wanted) + Self.tickMilliseconds - 1) / Self.tickMilliseconds
        let due = currentTick + max(1, ticks)
        timer.dueTick = due
        if let queued = timer.queuedTick, queued <= due { return }
        enqueue(timer, tick: due)
    }

    private mutating func enqueue(_ timer: HTTPTimer, tick: UInt64) {
        // The furthest slot is one turn of the wheel away; later timers pass through it.
        let slotTick = min(tick, currentTick + UInt64(Self.slotCount) - 1)
        timer.queuedTick = slotTick
        slots[Int(slotTick % UInt64(Self.slotCount))].append(timer)
        waitingCount += 1
    }

    /// Milliseconds until the next slot with a timer; `nil` when none waits.
    func delay(from now: UInt64) -> UInt64? {
        guard waitingCount > 0 else { return nil }
        for ahead in 1...UInt64(Self.slotCount) {
            let tick = currentTick + ahead
            guard !slots[Int(tick % UInt64(Self.slotCount))].isEmpty else { continue }
            let dueAt = tick * Self.tickMilliseconds
            return dueAt > now ? dueAt - now : 0
        }
        return nil
    }

    /// Moves on to `now` and takes out the timers that are due, disarmed.
    mutating func advance(to now: UInt64) -> [HTTPTimer] {
        let target = now / Self.tickMilliseconds
        guard waitingCount > 0 else {
            currentTick = max(currentTick, target)
            return []
        }
        var due: [HTTPTimer] = []
        while currentTick < target {
            currentTick += 1
            let slot = Int(currentTick % UInt64(Self.slotCount))
            guard !slots[slot].isEmpty else { continue }
            let timers = slots[slot]
            slots[slot] = []
            waitingCount -= timers.count
            for timer in timers where timer.queuedTick == currentTick {
                timer.queuedTick = nil
                guard let dueTick = timer.dueTick else { continue }
                if dueTick <= currentTick {
                    due.append(timer)
                } else {
                    enqueue(timer, tick: dueTick)
                }
            }
        }
        return due
    }

    /// Runs a timer taken out by `advance`, unless it was disarmed or armed anew meanwhile.
    func fire(_ timer: HTTPTimer) {
        guard let dueTick = timer.dueTick, dueTick <= currentTick else { return }
        timer.dueTick = nil
        timer.action?()
    }

    /// Forgets all timers and what they would have done.
    mutating func removeAll() {
        for slot in slots.indices {
            for timer in slots[slot] {
                timer.action = nil
                timer.dueTick = nil
                timer.queuedTick = nil
            }
            slots[slot] = []
        }
        waitingCount = 0
    }
}

/// A time-out in whole milliseconds, taken from a `Duration` once.
struct Timeout {
    let milliseconds: UInt64

    init(_ duration: Duration) {
        milliseconds = UInt64(max(0, duration.inMilliseconds))
    }
}

extension Duration {
    /// Whole milliseconds, saturating.
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, wrapped) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return wrapped ? (seconds < 0 ? .min : .max) : sum
    }
}
