import Synchronization

/// The counters of one thread.
///
/// Only that thread calls `add` and `observe`, which are plain loads and stores without a lock or
/// a locked instruction; any thread reads. Other threads use `Statistics.elsewhere`.
package final class CounterSheet: @unchecked Sendable {
    // Sendable because the cells are atomic, and the pointer to them is constant.
    private typealias Cell = Atomic<Int>

    private let cells: UnsafeMutablePointer<Cell>
    private var turns: UInt8 = 0

    package init() {
        // Room before and after: no other thread's memory shares a cache line with it.
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<Cell>.stride * (Counter.count + 16), alignment: 64)
        cells = bytes.bindMemory(to: Cell.self, capacity: Counter.count)
        for index in 0..<Counter.count { (cells + index).initialize(to: Cell(0)) }
    }

    deinit {
        cells.deinitialize(count: Counter.count)
        UnsafeMutableRawPointer(cells).deallocate()
    }

    /// Adds to a counter; called on the sheet's own thread only.
    @inline(__always)
    package func add(_ counter: Counter, _ amount: Int = 1) {
        let cell = cells + counter.index
        let value = cell.pointee.load(ordering: .relaxed)
        cell.pointee.store(value &+ amount, ordering: .relaxed)
    }

    /// Adds to a counter from whatever thread; slower than `add`.
    package func addFromAnyThread(_ counter: Counter, _ amount: Int = 1) {
        cells[counter.index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// Notes a time; called on the sheet's own thread only.
    package func observe(_ latency: Latency, nanoseconds: Int) {
        let time = max(0, nanoseconds)
        add(.cell(latency, Latency.bucket(time)))
        add(.cell(latency, Latency.cells - 1), time)
    }

    /// Notes a time from whatever thread.
    package func observeFromAnyThread(_ latency: Latency, nanoseconds: Int) {
        let time = max(0, nanoseconds)
        addFromAnyThread(.cell(latency, Latency.bucket(time)))
        addFromAnyThread(.cell(latency, Latency.cells - 1), time)
    }

    /// True one time in 16: whether the present turn is to be timed.
    @inline(__always)
    package func isTimed() -> Bool {
        turns &+= 1
        return turns & 15 == 0
    }

    /// What a counter says now; from any thread.
    package subscript(_ counter: Counter) -> Int {
        cells[counter.index].load(ordering: .relaxed)
    }

    func add(to totals: inout [Int], exceptGauges: Bool = false) {
        for index in totals.indices where !exceptGauges || !Counter.gauges.contains(index) {
            totals[index] &+= cells[index].load(ordering: .relaxed)
        }
    }
}
