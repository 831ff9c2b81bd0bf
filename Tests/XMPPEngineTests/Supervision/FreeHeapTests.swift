import Glibc
import Testing

@testable import XMPPEngine

private let much = FreeHeap.worthwhileBytes

@Suite("Free heap goes back to the system")
struct FreeHeapTests {
    /// What a heap answers to each sample.
    private static func answers(_ samples: Int...) -> [Bool] {
        var heap = FreeHeap()
        return samples.map { heap.isWorthGivingBack(residentBytes: $0) }
    }

    @Test("After a burst, once memory grows no more")
    func burst() {
        #expect(Self.answers(100, 100 + much, 90 + much * 3) == [false, false, false])
        #expect(Self.answers(100, 100 + much, 100 + much) == [false, false, true])
        #expect(Self.answers(100, 200 + much * 2, 150 + much * 2) == [false, false, true])
        #expect(Self.answers(100, 99 + much, 99 + much) == [false, false, false])
    }

    @Test("The least since counts, not what it was at first")
    func least() {
        let high = 500 << 20
        #expect(
            Self.answers(high, high, high - much, high, high) == [false, false, false, false, true])
    }

    /// What a heap answers to each sample, after some was given back that left so many bytes.
    private static func answers(after left: Int, _ samples: Int...) -> [Bool] {
        var heap = FreeHeap()
        heap.gaveBack(residentBytes: left)
        return samples.map { heap.isWorthGivingBack(residentBytes: $0) }
    }

    @Test("What could not be given back is not tried again, until as much has come anew")
    func again() {
        #expect(
            Self.answers(after: much, much, much + 9, much * 2 - 1, much * 2 - 1).allSatisfy { !$0 }
        )
        #expect(Self.answers(after: much, much * 2, much * 2) == [false, true])
    }

    @Test("What is not known is not taken for little")
    func unknown() {
        #expect(Self.answers(0, much * 2, 0, much * 2) == [false, false, false, false])
        #expect(Self.answers(after: 0, much * 2, much * 2) == [false, false])
    }

    @Test("The monitor gives back, and what it reports is what is left")
    func monitor() async {
        let resident = Observed(100)
        let given = Observed(0)
        let monitor = SystemMonitor(
            alarms: [],
            source: {
                var sample = ProcessSample()
                sample.residentBytes = resident.value
                return sample
            },
            giveBack: {
                given.update { $0 += 1 }
                resident.update { $0 = 200 }
            }, report: { _, _ in })
        await monitor.sample()
        resident.update { $0 = 300 + much }
        await monitor.sample()
        #expect(given.value == 0)
        let last = await monitor.sample()
        #expect(given.value == 1)
        #expect(last.process.residentBytes == 200)
        await monitor.sample()
        #expect(given.value == 1)
    }

    // MARK: the allocator

    /// How much less is resident after `body`.
    private static func falls(_ body: () -> Void) -> Int {
        let before = ProcessSample.brief().residentBytes
        body()
        return before - ProcessSample.brief().residentBytes
    }

    /// Blocks that have been written to.
    private static func blocks(_ count: Int, bytes: Int) -> [UnsafeMutableRawPointer] {
        (0..<count).compactMap { _ in
            let block = malloc(bytes)
            if let block { memset(block, 1, bytes) }
            return block
        }
    }

    @Test("Pages that a burst has left between others do go back")
    func pages() {
        // Small enough to come from the heap, and every hundredth stays.
        let blocks = Self.blocks(20_000, bytes: 4096)
        for (index, block) in blocks.enumerated() where index % 100 > 0 { free(block) }
        #expect(Self.falls { FreeHeap.giveBack() } > 40 << 20)
        for (index, block) in blocks.enumerated() where index % 100 == 0 { free(block) }
    }

    @Test("Large blocks go back as they are freed, whatever was freed before")
    func largeBlocks() {
        free(malloc(16 << 20))
        FreeHeap.keepLargeBlocksApart()
        var large: [UnsafeMutableRawPointer] = []
        var between: [UnsafeMutableRawPointer] = []
        for _ in 0..<200 {
            large += Self.blocks(1, bytes: 256 << 10)
            between += Self.blocks(1, bytes: 5000)
        }
        #expect(Self.falls { for block in large { free(block) } } > 40 << 20)
        for block in between { free(block) }
    }
}
