import NIOCore
import XMPPCore
import XMPPEngine

/// Takes what a stream sends, as bytes.
package final class FakeTransport: StreamTransport {
    package let loop: StreamLoop
    package let kind: TransportKind
    package var isBehind: Bool { false }
    package private(set) var output = ByteBuffer()
    package private(set) var isClosed = false
    package private(set) var error: StreamError?
    package var onRestart: () -> Void = {}
    package var onResume: () -> Void = {}
    package var onClose: () -> Void = {}

    package init(loop: StreamLoop, kind: TransportKind) {
        self.loop = loop
        self.kind = kind
    }

    package func open(_ opening: StreamOpening) {
        output.write(opening, contentNamespace: .client)
    }

    package func send(_ stanza: Stanza) { output.write(stanza, framing: .standalone) }

    package func send(_ nonza: Element) { output.write(nonza, in: .client) }

    package func restart() { onRestart() }

    package func startTLS() {}

    package func pauseInput() {}

    package func resumeInput() { onResume() }

    package func flushOutput() {}

    package func close(_ error: StreamError?) {
        isClosed = true
        self.error = error
        onClose()
    }
}
