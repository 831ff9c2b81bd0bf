extension TransportClass {
    /// The class of a client's transport.
    init(_ kind: TransportKind, isEncrypted: Bool) {
        switch kind {
        case .tcp: self = isEncrypted ? .tls : .tcp
        case .bosh: self = .bosh
        case .webSocket: self = .webSocket
        case .polling: self = .polling
        }
    }
}
