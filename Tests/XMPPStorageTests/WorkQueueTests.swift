import Testing

@testable import XMPPStorage

@Suite("Work queue")
struct WorkQueueTests {
    @Test("Work is taken in order, as much at once as asked for", arguments: [1, 3, 7, 100])
    func order(_ size: Int) {
        let queue = WorkQueue<Int>(limit: 100)
        for number in 0..<50 { #expect(queue.put(number) == .taken) }
        var taken: [Int] = []
        while taken.count < 50 {
            let some = queue.take(atMost: size)
            #expect((1...size).contains(some.count))
            taken += some
            if taken.count == 21 { #expect(queue.put(50) == .taken) }
        }
        #expect(Array(taken.prefix(50)) == Array(0..<50))
    }

    @Test("A full queue refuses until something is taken")
    func full() {
        let queue = WorkQueue<Int>(limit: 2)
        #expect(queue.put(1) == .taken)
        #expect(queue.put(2) == .taken)
        #expect(queue.put(3) == .full)
        #expect(queue.take(atMost: 1) == [1])
        #expect(queue.put(3) == .taken)
        #expect(queue.take(atMost: 5) == [2, 3])
    }

    @Test("A closed queue refuses work and gives away what it has")
    func closed() {
        let queue = WorkQueue<Int>(limit: 2)
        _ = queue.put(1)
        queue.close()
        #expect(queue.put(2) == .closed)
        #expect(queue.take(atMost: 5) == [1])
        #expect(queue.take(atMost: 5) == [])
    }
}
