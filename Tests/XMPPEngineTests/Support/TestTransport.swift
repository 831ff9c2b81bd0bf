import NIOCore
import Synchronization
import Testing
import XMPPCore

@testable import XMPPEngine

/// A transport without a wire: what the server sends is kept for the test to look at.
final class TestTransport: StreamTransport {
    let loop: StreamLoop
    let kind: TransportKind
    var isBehind: Bool { false }
    let inbox: Inbox

    init(loop: StreamLoop, inbox: Inbox, kind: TransportKind = .tcp) {
        self.loop = loop
        self.kind = kind
        self.inbox = inbox
    }

    func open(_ opening: StreamOpening) {}
    func send(_ stanza: Stanza) { inbox.put(.stanza(stanza)) }
    func send(_ nonza: Element) { inbox.put(.nonza(nonza)) }
    func restart() {}
    func startTLS() {}
    func pauseInput() {}
    func resumeInput() {}
    func close(_ error: StreamError?) { inbox.put(.closed(error)) }
    func flushOutput() {}
}

/// What a client got, in order; a `Mutex` guards it.
final class Inbox: Sendable {
    enum Item: Sendable {
        case stanza(Stanza)
        case nonza(Element)
        case closed(StreamError?)
    }

    private typealias Waiter = CheckedContinuation<Item?, Never>

    private struct State: Sendable {
        var items: [Item] = []
        var waiter: Waiter?
        var waits = 0
    }

    private let state = Mutex(State())

    /// Longer than any answer takes, even on a busy machine.
    private static let patience = Duration.seconds(20)

    func put(_ item: Item) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.waiter else {
                state.items.append(item)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: item)
    }

    /// The oldest item, as soon as there is one; `nil` when none comes.
    func next() async -> Item? {
        await withCheckedContinuation { waiter in
            let (item, wait) = state.withLock { state -> (Item?, Int) in
                state.waits += 1
                guard state.items.isEmpty else { return (state.items.removeFirst(), state.waits) }
                state.waiter = waiter
                return (nil, state.waits)
            }
            if let item { return waiter.resume(returning: item) }
            Task { await giveUp(wait) }
        }
    }

    /// The next items are just these, in this order.
    func gives(_ expected: [String], _ sourceLocation: SourceLocation) async {
        for expected in expected {
            let item = await next()
            #expect(item?.description == expected, sourceLocation: sourceLocation)
        }
    }

    private func giveUp(_ wait: Int) async {
        try? await Task.sleep(for: Self.patience)
        let waiter = state.withLock { state -> Waiter? in
            guard state.waits == wait, let waiter = state.waiter else { return nil }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Takes everything that is there now.
    func takeAll() -> [Item] {
        state.withLock { state in
            let items = state.items
            state.items = []
            return items
        }
    }
}

extension Inbox.Item: CustomStringConvertible {
    /// As written on the stream; of roster pushes id and version, which are made up, are left out.
    var description: String {
        switch self {
        case .stanza(let stanza): stanza.written
        case .nonza(let element): "<\(element.name)/>"
        case .closed(let error): "closed: \(error?.condition.rawValue ?? "without error")"
        }
    }
}

extension Stanza {
    var written: String {
        var shown = self
        if kind == .iq, type == .set {
            let elements = elements.map { element in
                var element = element
                element["ver"] = nil
                return element
            }
            shown = Stanza(.iq, type: .set, from: from, to: to, elements: elements)
        }
        var buffer = ByteBuffer()
        buffer.write(shown, framing: .stream)
        return String(buffer: buffer)
    }
}
