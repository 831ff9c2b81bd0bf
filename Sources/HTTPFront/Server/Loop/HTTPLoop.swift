import Glibc
import Logging
import NIOCore
import Synchronization
import XMPPEngine

/// What a feature keeps once for each loop: made at first use, guarded by the loop.
protocol KeptByLoop: AnyObject {
    init()
}

/// A thread that runs one libmicrohttpd daemon, a mailbox and timers.
///
/// All that happens to an HTTP connection happens on the thread of its loop: handlers run there,
/// exchanges live there. libmicrohttpd is driven by that thread rather than by one of its own, so a
/// kept exchange is answered without a lock, a wake-up or a hop between threads.
package final class HTTPLoop: @unchecked Sendable {
    // Sendable because other threads touch only constants and `mailbox`, which has its own lock.
    // All other state belongs to the loop's thread.

    /// For log lines.
    package let name: String
    package let limits: HTTPLimits
    /// Streams whose transport is HTTP live here.
    package let streams: StreamLoop
    /// Tasks of this loop.
    let executor: LoopExecutor
    let log: Logger
    private let mailbox: LoopMailbox
    private let turnEnd: TurnEnd
    private let poll: LoopPoll
    private(set) var daemon: MicroHTTPDaemon?
    private let thread = Mutex<pthread_t?>(nil)
    private let finished = LoopGate()

    var wheel: TimerWheel
    /// Milliseconds of the monotonic clock at the start of this turn.
    private(set) var now: UInt64
    private var isRunning = true
    var connections: [Int32: HTTPConnection] = [:]
    /// Refused connections that are kept open a little.
    var lingeringCount = 0
    /// TLS connections that have something left to send.
    var relayCount = 0
    /// What TLS connections read into, one after the other.
    var relayBuffer = ByteBuffer()
    private var watched: [Int32: any LoopWatch] = [:]
    private var leftDescriptors: [Int32] = []
    private var kept: [ObjectIdentifier: any KeptByLoop] = [:]
    private var sweepAt: UInt64 = 0
    private var stopping: LoopStop?

    /// Starts a loop with its thread.
    ///
    /// - Throws: `HTTPServerError.resources` when the system has no descriptor or thread to give.
    package init(
        name: String, limits: HTTPLimits = HTTPLimits(), log: Logger
    ) throws(HTTPServerError) {
        self.name = name
        self.limits = limits
        self.log = log
        now = Self.clock()
        wheel = TimerWheel(now: now)
        poll = try LoopPoll()
        mailbox = try LoopMailbox()
        executor = LoopExecutor(mailbox)
        turnEnd = TurnEnd()
        let driver = HTTPLoopDriver(mailbox: mailbox, turnEnd: turnEnd)
        streams = StreamLoop(driver: driver)
        daemon = nil
        driver.loop = self
        let started = try MicroHTTPDaemon(limits: limits, owner: self)
        daemon = started
        try poll.add(mailbox.descriptor, for: .input)
        try poll.add(started.descriptor, for: .input)
        try startThread()
    }

    /// True on the loop's own thread.
    package var isCurrent: Bool {
        thread.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    /// Runs `body` on the loop's thread, after what was handed over before.
    ///
    /// From the loop's own thread it runs later in the same turn. After `stop` it is dropped.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        mailbox.append(body)
    }

    /// The one object of a type that a feature keeps for each loop; to be called on the loop.
    func kept<Kept: KeptByLoop>(_ type: Kept.Type) -> Kept {
        assertCurrent()
        if let known = kept[ObjectIdentifier(type)] as? Kept { return known }
        let made = Kept()
        kept[ObjectIdentifier(type)] = made
        return made
    }

    /// A timer of this loop; to be called on the loop.
    package func timer(_ action: @escaping () -> Void) -> HTTPTimer {
        assertCurrent()
        return TimerWheel.timer(on: self, action: action)
    }

    /// Runs `action` once on the loop after `delay`; to be called on the loop.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> HTTPTimer {
        let timer = timer(action)
        timer.arm(after: delay)
        return timer
    }

    /// Answers what is held, waits up to `grace` for answers to leave, closes all, ends the thread.
    ///
    /// Blocks until the thread has ended; not to be called on a loop.
    package func stop(grace: Duration = .seconds(2)) {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let graceMilliseconds = UInt64(max(0, grace.inMilliseconds))
        execute { self.beginStop(graceMilliseconds: graceMilliseconds) }
        finished.wait()
    }

    func assertCurrent() {
        assert(isCurrent, "to be called on the thread of its loop")
    }

    static func clock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

// MARK: The thread

extension HTTPLoop {
    private func startThread() throws(HTTPServerError) {
        let context = Unmanaged.passRetained(self).toOpaque()
        var id = pthread_t()
        let failure = thread.withLock { thread in
            // The new thread finds its id set: it waits for this lock when it first asks.
            let failure = pthread_create(
                &id, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<HTTPLoop>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context)
            thread = failure == 0 ? id : nil
            return failure
        }
        guard failure == 0 else {
            Unmanaged<HTTPLoop>.fromOpaque(context).release()
            throw .resources("pthread_create", errno: failure)
        }
        pthread_detach(id)
    }

    private func run() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        streams.adoptCurrentThread()
        while isRunning {
            turn()
        }
        daemon?.stop()
        daemon = nil
        wheel.removeAll()
        mailbox.close()
        for watch in watched.values { watch.ended() }
        watched = [:]
        closeLeft()
        finished.open()
    }

    private func turn() {
        let daemonReady = waitForEvents()
        now = Self.clock()
        for timer in wheel.advance(to: now) { wheel.fire(timer) }
        mailbox.drain()
        if daemonReady || daemon?.hasWork == true { daemon?.run() }
        endTurn()
        closeLeft()
        if now >= sweepAt { sweep() }
        if let stopping { continueStop(stopping) }
    }

    /// Flushes what streams collected in this turn, and sends the answers that makes.
    private func endTurn() {
        // Sending may take the next requests in; a busy loop looks at its mailbox in between.
        for _ in 0..<4 where !turnEnd.isEmpty {
            turnEnd.run()
            if daemon?.hasWork == true { daemon?.run() }
        }
    }

    /// Sleeps until there is something to do; true when libmicrohttpd has events.
    private func waitForEvents() -> Bool {
        var daemonReady = false
        poll.wait(milliseconds: sleepTime()) { descriptor, events in
            if descriptor == daemon?.descriptor {
                daemonReady = true
            } else if descriptor == mailbox.descriptor {
                mailbox.clearWakeUp()
            } else {
                watched[descriptor]?.happened(events, on: descriptor)
            }
        }
        closeLeft()
        return daemonReady
    }

    private func sleepTime() -> Int32 {
        if !turnEnd.isEmpty || daemon?.hasWork == true || mailbox.prepareToSleep() { return 0 }
        let current = Self.clock()
        var delay = wheel.delay(from: current) ?? .max
        if let resumes = daemon?.workResumes {
            delay = min(delay, resumes > current ? resumes - current : 0)
        }
        if !connections.isEmpty || stopping != nil {
            delay = min(delay, sweepAt > current ? sweepAt - current : 0)
        }
        return delay > 60_000 ? (delay == .max ? -1 : 60_000) : Int32(delay)
    }
}

// MARK: Descriptors beside libmicrohttpd's

extension HTTPLoop {
    /// Calls `watch` when `descriptor` is ready, until `unwatch`.
    func watch(
        _ descriptor: Int32, for interest: LoopInterest, _ watch: any LoopWatch
    ) throws(HTTPServerError) {
        try poll.add(descriptor, for: interest)
        watched[descriptor] = watch
    }

    /// Watches for something else from now on; nothing at all ends the watch.
    func rewatch(
        _ descriptor: Int32, from old: LoopInterest, to interest: LoopInterest,
        _ watch: any LoopWatch
    ) throws(HTTPServerError) {
        if old == interest { return }
        if interest.isEmpty { return unwatch(descriptor) }
        guard old.isEmpty else { return try poll.change(descriptor, to: interest) }
        try self.watch(descriptor, for: interest, watch)
    }

    /// Closes a descriptor once the events at hand are dealt with: none of them may be taken for
    /// one of the next descriptor with that number.
    func closeSoon(_ descriptor: Int32) {
        unwatch(descriptor)
        leftDescriptors.append(descriptor)
    }

    private func closeLeft() {
        guard !leftDescriptors.isEmpty else { return }
        for descriptor in leftDescriptors { close(descriptor) }
        leftDescriptors.removeAll(keepingCapacity: leftDescriptors.count <= 64)
    }

    var isStopping: Bool { stopping != nil }

    var watchedCount: Int { watched.count }

    /// Tells all who watch that a listener stops, or all of them when it is `nil`.
    func stopWatches(of server: HTTPServer?) {
        for watch in Array(watched.values) { watch.serverStops(server) }
    }

    func unwatch(_ descriptor: Int32) {
        guard watched.removeValue(forKey: descriptor) != nil else { return }
        poll.remove(descriptor)
    }
}

// MARK: Time-outs and the end

/// How far a stopping loop has come.
struct LoopStop {
    let deadline: UInt64
}

extension HTTPLoop {
    private static let sweepInterval: UInt64 = 1000

    /// Cuts connections whose request or answer takes too long, and those whose client has left.
    private func sweep() {
        sweepAt = now + (stopping == nil ? Self.sweepInterval : 20)
        for connection in connections.values {
            if connection.deadline < now { connection.cut() } else { connection.checkPresence() }
        }
    }

    private func beginStop(graceMilliseconds: UInt64) {
        guard stopping == nil else { return }
        stopping = LoopStop(deadline: now + graceMilliseconds)
        sweepAt = now
        for connection in Array(connections.values) {
            connection.loopStops()
        }
    }

    private func continueStop(_ stop: LoopStop) {
        guard !connections.isEmpty || (relayCount > 0 && now < stop.deadline) else {
            isRunning = false
            return
        }
        guard now >= stop.deadline else { return }
        for connection in Array(connections.values) { connection.cut() }
        daemon?.run()
        isRunning = false
    }
}
