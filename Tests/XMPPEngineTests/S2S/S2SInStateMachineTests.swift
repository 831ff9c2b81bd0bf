import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Streams of other servers · RFC 6120 §4")
struct S2SInStateMachineTests {
    private static var sound: S2SInStateMachine.Opening {
        var opening = S2SInStateMachine.Opening()
        opening.isStreamsNamespace = true
        opening.isNamedStream = true
        opening.isServerNamespace = true
        opening.version = .current
        opening.isServed = true
        opening.isForeign = true
        return opening
    }

    private func condition(
        _ change: (inout S2SInStateMachine.Opening) -> Void
    ) -> StreamError.Condition? {
        var opening = Self.sound
        change(&opening)
        var machine = S2SInStateMachine()
        guard case .refuse(let error) = machine.streamOpened(opening) else { return nil }
        return error.condition
    }

    @Test("§4.9.3.14: a sound stream is refused by policy, with a text that says which")
    func policy() {
        var machine = S2SInStateMachine()
        let answer = machine.streamOpened(Self.sound)
        #expect(
            answer
                == .refuse(
                    StreamError(.policyViolation, "this server does not talk to other servers")))
        #expect(condition { $0.version = .none } == .policyViolation)
    }

    @Test("§4.9.3: what is wrong with a header is told first")
    func wrong() {
        #expect(condition { $0.isStreamsNamespace = false } == .invalidNamespace)
        #expect(condition { $0.isServerNamespace = false } == .invalidNamespace)
        #expect(condition { $0.isNamedStream = false } == .badFormat)
        #expect(condition { $0.version = .unsupported } == .unsupportedVersion)
        #expect(condition { $0.isServed = false } == .hostUnknown)
        #expect(condition { $0.isForeign = false } == .invalidFrom)
    }

    @Test("Of several faults the first in the order of reading is told")
    func order() {
        #expect(condition { $0 = S2SInStateMachine.Opening() } == .invalidNamespace)
        #expect(
            condition {
                $0.isServed = false
                $0.version = .unsupported
            } == .unsupportedVersion)
    }

    @Test("Nothing follows on a closed stream")
    func closed() {
        var machine = S2SInStateMachine()
        _ = machine.streamOpened(Self.sound)
        #expect(machine.streamOpened(Self.sound) == .ignore)
        var lost = S2SInStateMachine()
        lost.closed()
        #expect(lost.streamOpened(Self.sound) == .ignore)
    }
}
