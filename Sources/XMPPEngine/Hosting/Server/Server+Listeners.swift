import XMPPConfig

/// A configured listener, and whether it listens.
package struct ListenerReport: Sendable {
    package let listener: ListenerConfiguration
    /// Why it does not listen, in words; `nil` when it does.
    package let trouble: String?

    init(_ listener: ListenerConfiguration, _ state: ChildState?) {
        self.listener = listener
        trouble =
            switch state {
            case .running: nil
            case .backingOff(let error):
                "cannot listen: \(Self.reason(error, at: listener)); trying again"
            case .waiting, .starting, nil: "does not listen yet"
            case .stopping, .stopped, .terminated: "does not listen"
            }
    }

    /// An error without the address, which stands before it.
    private static func reason(_ error: String, at listener: ListenerConfiguration) -> String {
        let address = listener.address.description
        var reason = error[...]
        for start in ["cannot listen on \(address): "] where reason.hasPrefix(start) {
            reason = reason.dropFirst(start.count)
        }
        for end in [": \(address)", " at \(address)"] where reason.hasSuffix(end) {
            reason = reason.dropLast(end.count)
        }
        return reason.prefix(1).lowercased() + reason.dropFirst()
    }
}

extension Server {
    /// The configured listeners that are served, in their order.
    package func listenerReports() async -> [ListenerReport] {
        let children = await listeners.snapshot().children
        let states = Dictionary(children.map { ($0.name, $0.state) }) { first, _ in first }
        return configuration.listeners.filter(\.isServed).map { listener in
            ListenerReport(listener, states[listener.identity.description])
        }
    }
}
