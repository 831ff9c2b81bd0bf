import Synchronization
import Testing
import XMPPEngine

@Suite("Where stanzas come from")
struct StanzaOriginTests {
    @Test("What a stream left behind is worked off in order, however long each takes")
    func order() async {
        let origin = EndedOrigin()
        let done = Mutex<[Int]>([])
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        for number in 0..<50 {
            origin.hold {
                if number == 0 { for await _ in gate { break } }
                done.withLock { $0.append(number) }
                if number == 49 { end.yield() }
            }
        }
        #expect(done.withLock { $0.isEmpty })
        open.yield()
        for await _ in ends { break }
        #expect(done.withLock { $0 } == Array(0..<50))
    }
}
