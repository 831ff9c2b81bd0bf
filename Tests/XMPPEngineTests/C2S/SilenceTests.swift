import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Quiet streams · RFC 6120 §4.6", .timeLimit(.minutes(1)))
struct SilenceTests {
    @Test("A client that says nothing is cut off in time, counted from its last word")
    func idle() async throws {
        try await withHost { host in
            let romeo = TestUser(
                account: try await host.account("romeo"), resource: "balcony", loop: host.loops[0],
                directory: host.directory, idleTimeout: 2)
            await romeo.logIn()
            let session = romeo.session
            let start = ContinuousClock.now
            // Halfway through comes a word.
            await withCheckedContinuation { continuation in
                session.loop.execute {
                    session.loop.schedule(afterMilliseconds: 1000) {
                        session.took(1)
                        continuation.resume()
                    }
                }
            }
            await romeo.receives("closed: connection-timeout")
            let passed = start.duration(to: .now)
            #expect(passed > .milliseconds(2950))
            #expect(passed < .milliseconds(4200))
        }
    }
}
