import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Component stream states · XEP-0114 §3")
struct ComponentStateMachineTests {
    private func opened() -> ComponentStateMachine {
        var machine = ComponentStateMachine()
        _ = machine.streamOpened(
            isStreamsNamespace: true, isComponentNamespace: true, domain: "c.example",
            streamID: "1")
        return machine
    }

    @Test("A handshake is verified against the stream's id, then stanzas flow")
    func joins() {
        var machine = opened()
        #expect(machine.handshakeReceived() == .verify(domain: "c.example", streamID: "1"))
        machine.joined(["c.example"])
        #expect(machine.stanzaReceived() == .route)
        #expect(machine.handshakeReceived() != .verify(domain: "c.example", streamID: "1"))
        #expect(machine.state == .closed)
    }

    @Test(
        "A bad header has its error",
        arguments: [
            (false, true, "c.example", StreamError.Condition.invalidNamespace),
            (true, false, "c.example", .invalidNamespace), (true, true, nil, .hostUnknown),
        ] as [(Bool, Bool, String?, StreamError.Condition)])
    func badHeader(
        isStreams: Bool, isComponent: Bool, domain: String?, condition: StreamError.Condition
    ) {
        var machine = ComponentStateMachine()
        let answer = machine.streamOpened(
            isStreamsNamespace: isStreams, isComponentNamespace: isComponent, domain: domain,
            streamID: "1")
        #expect(answer == .refuse(StreamError(condition)))
    }

    @Test("A stanza before the handshake closes the stream")
    func early() {
        var fresh = ComponentStateMachine()
        #expect(fresh.stanzaReceived() == .close(StreamError(.notAuthorized)))
        var machine = opened()
        #expect(machine.stanzaReceived() == .close(StreamError(.notAuthorized)))
        #expect(machine.stanzaReceived() == .ignore)
        #expect(machine.handshakeReceived() == .ignore)
    }
}
