import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("What a TCP stream gives back at its end", .timeLimit(.minutes(2)))
struct UnsentStreamTests {
    private func play(
        tls: Bool, limits: OutputLimits = OutputLimits(bytesMax: 64 << 20),
        _ act: (UnsentScene) async throws -> Void
    ) async throws {
        let scene = try await UnsentScene(tls: tls, limits: limits)
        do {
            try await act(scene)
        } catch {
            try await scene.end()
            throw error
        }
        try await scene.end()
    }

    /// Nothing is missing, nothing is out of order, and next to nothing is there twice.
    private func check(
        _ outcome: UnsentScene.Outcome, of all: Range<Int>, tls: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let first = outcome.returned.first ?? all.upperBound
        #expect(
            outcome.returned == Array(first..<all.upperBound), sourceLocation: sourceLocation)
        // A record that left in part holds one stanza or two.
        let doubles = outcome.got - first
        #expect((0...(tls ? 3 : 0)).contains(doubles), sourceLocation: sourceLocation)
        #expect(outcome.got > 0 && outcome.got < all.count, sourceLocation: sourceLocation)
    }

    @Test(
        "Written in one go: what the system took of it is not given back", arguments: [false, true])
    func firstPiece(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            scene.stream.send(UnsentScene.many)
            scene.stream.onLoop { stream in stream.onLoop { _ in scene.peer.endWriting() } }
            check(try await scene.outcome(), of: UnsentScene.many, tls: tls)
        }
    }

    @Test("Read in part, and more written meanwhile", arguments: [false, true])
    func laterPieces(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            scene.stream.send(0..<600)
            try await scene.peer.read(atLeast: 2_000_000)
            scene.stream.send(600..<1_500)
            try await scene.peer.read(atLeast: 3_000_000)
            for number in 1_500..<1_600 { scene.stream.send(number..<(number + 1)) }
            scene.stream.onLoop { stream in stream.onLoop { _ in scene.peer.endWriting() } }
            check(try await scene.outcome(), of: 0..<1_600, tls: tls)
        }
    }

    @Test("Read to the end, nothing comes back", arguments: [false, true])
    func taken(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            scene.stream.send(UnsentScene.many)
            try await scene.peer.read(
                atLeast: UnsentScene.many.count * (UnsentScene.bodyBytes + 60))
            scene.peer.endWriting()
            let outcome = try await scene.outcome()
            #expect(outcome.got == UnsentScene.many.count && outcome.returned.isEmpty)
        }
    }

    @Test("A peer that reads nothing any more is cut off at once", arguments: [false, true])
    func stalled(tls: Bool) async throws {
        let limits = OutputLimits(bytesMax: 64 << 20, stallSeconds: 1)
        try await play(tls: tls, limits: limits) { scene in
            scene.stream.send(UnsentScene.many)
            check(try await scene.outcome(), of: UnsentScene.many, tls: tls)
        }
    }

    @Test("The stanza that is one too many is not lost", arguments: [false, true])
    func tooMuch(tls: Bool) async throws {
        let limits = OutputLimits(bytesMax: 64 << 20, stanzasMax: 20)
        try await play(tls: tls, limits: limits) { scene in
            scene.stream.send(0..<800)
            try await scene.peer.read(atLeast: 1_000)
            scene.stream.send(800..<900)
            check(try await scene.outcome(), of: UnsentScene.many, tls: tls)
        }
    }

    @Test("A reset: all that was not read comes back, and in order", arguments: [false, true])
    func reset(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            scene.stream.send(UnsentScene.many)
            try await scene.peer.read(atLeast: 1_000_000)
            try await scene.peer.reset()
            let returned = await scene.stream.returned.value() ?? []
            let first = try #require(returned.first)
            #expect(returned == Array(first..<UnsentScene.many.upperBound))
            // A write that the reset cut short may not have told what it took of the first piece.
            #expect(first == 0 || first >= 95, "so many were read")
        }
    }

    @Test("Refused by the very first write, all comes back", arguments: [false, true])
    func refused(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            let isReset = OneShot<Bool>()
            let isBlocked = OneShot<Bool>()
            scene.stream.onLoop { stream in
                isBlocked.fulfil(true)
                // The loop learns of the reset by its write.
                while isReset.current == nil {}
                stream.sendNow(0..<3)
                stream.flushNow()
                stream.sendNow(3..<5)
            }
            _ = await isBlocked.value()
            try await scene.peer.reset()
            isReset.fulfil(true)
            #expect(await scene.stream.returned.value()?.prefix(3) == [0, 1, 2])
        }
    }

    @Test("Written and not flushed yet, all comes back")
    func unflushed() async throws {
        try await play(tls: false) { scene in
            scene.stream.onLoop { stream in
                stream.sendNow(0..<3)
                stream.loop.openStreams.cutShort()
            }
            #expect(await scene.stream.returned.value() == [0, 1, 2])
        }
    }

    @Test(
        "A server that stops hears that a stream is gone when its rest is back",
        arguments: [false, true])
    func stop(tls: Bool) async throws {
        try await play(tls: tls) { scene in
            let wasBack = OneShot<Bool>()
            scene.stream.onLoop { stream in
                stream.sendNow(UnsentScene.many)
                stream.flushNow()
                let streams = stream.loop.openStreams
                streams.shutDown(StreamError(.systemShutdown)) {
                    wasBack.fulfil(stream.returned.current != nil)
                }
                #expect(wasBack.current == nil && stream.returned.current == nil)
                streams.cutShort()
                #expect(streams.count == 0)
            }
            #expect(await wasBack.value() == true)
            check(try await scene.outcome(), of: UnsentScene.many, tls: tls)
        }
    }
}
