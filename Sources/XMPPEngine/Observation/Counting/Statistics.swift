import Synchronization
import XMPPCore

/// What the server has counted since its start, over all threads.
///
/// A thread with much to count has a `CounterSheet` of its own (`StreamLoop.counters`); everything
/// else counts in `elsewhere`. A `Mutex` guards the list of sheets, for readers.
package final class Statistics: Sendable {
    private struct State {
        var sheets: [CounterSheet] = []
        var retired = [Int](repeating: 0, count: Counter.count)
    }

    /// For threads without a sheet: use its `addFromAnyThread` and `observeFromAnyThread`.
    package let elsewhere = CounterSheet()
    private let state = Mutex(State())

    package init() {}

    /// Counts a thread's sheet in from now on; once or again, it is counted once.
    package func adopt(_ sheet: CounterSheet) {
        state.withLock { state in
            guard !state.sheets.contains(where: { $0 === sheet }) else { return }
            state.sheets.append(sheet)
        }
    }

    /// Keeps what the sheet of an ended thread counted, but for gauges, and lets go of the sheet.
    package func retire(_ sheet: CounterSheet) {
        state.withLock { state in
            guard let index = state.sheets.firstIndex(where: { $0 === sheet }) else { return }
            state.sheets.remove(at: index)
            sheet.add(to: &state.retired, exceptGauges: true)
        }
    }

    /// The sums over all sheets; counters never go back.
    package func totals() -> CounterTotals {
        let (sheets, retired) = state.withLock { ($0.sheets, $0.retired) }
        var totals = retired
        for sheet in sheets { sheet.add(to: &totals) }
        elsewhere.add(to: &totals)
        return CounterTotals(cells: totals)
    }
}

/// Every counter of the server at one moment.
package struct CounterTotals: Sendable {
    private let cells: [Int]

    fileprivate init(cells: [Int]) { self.cells = cells }

    /// What one counter says.
    package subscript(_ counter: Counter) -> Int { cells[counter.index] }

    /// A distribution of times.
    package subscript(_ latency: Latency) -> LatencyReading {
        let buckets = (0...Latency.bounds.count).map { self[.cell(latency, $0)] }
        return LatencyReading(
            buckets: buckets, sumNanoseconds: self[.cell(latency, Latency.cells - 1)])
    }

    /// Stanzas of all kinds that came in, over one transport or all.
    package func stanzasIn(_ transport: TransportClass? = nil) -> Int {
        sum(transport) { transport in
            self[.stanzasIn(.message, transport)] + self[.stanzasIn(.presence, transport)]
                + self[.stanzasIn(.iq, transport)]
        }
    }

    /// Stanzas of all kinds that went out, over one transport or all.
    package func stanzasOut(_ transport: TransportClass? = nil) -> Int {
        sum(transport) { transport in
            self[.stanzasOut(.message, transport)] + self[.stanzasOut(.presence, transport)]
                + self[.stanzasOut(.iq, transport)]
        }
    }

    /// Bytes of streams that came in, over one transport or all.
    package func bytesIn(_ transport: TransportClass? = nil) -> Int {
        sum(transport) { self[.bytesIn($0)] }
    }

    /// Bytes of streams that went out, over one transport or all.
    package func bytesOut(_ transport: TransportClass? = nil) -> Int {
        sum(transport) { self[.bytesOut($0)] }
    }

    /// Answers to HTTP requests, of all classes.
    package var httpResponses: Int {
        (1...5).reduce(0) { $0 + self[.httpResponses(class: $1)] }
    }

    private func sum(_ transport: TransportClass?, _ value: (TransportClass) -> Int) -> Int {
        guard let transport else { return TransportClass.allCases.reduce(0) { $0 + value($1) } }
        return value(transport)
    }
}
