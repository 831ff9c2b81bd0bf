import XMPPCore

/// What the stream of another server is told, as long as there is no federation (RFC 6120 §4).
///
/// Its header is checked like that of any stream; one with nothing wrong in it is refused, too.
package struct S2SInStateMachine {
    /// What a header comes to.
    package struct Opening: Sendable, Equatable {
        package var isStreamsNamespace = false
        package var isNamedStream = false
        package var isServerNamespace = false
        package var version = StreamVersion.none
        /// Whether `to` is a served domain.
        package var isServed = false
        /// Whether `from` is the domain of another server; one may leave it out.
        package var isForeign = false

        package init() {}
    }

    package enum OnStreamOpened: Sendable, Equatable {
        /// Answer with our header, then close.
        case refuse(StreamError)
        case ignore
    }

    private enum State { case waitForStream, closed }

    private var state = State.waitForStream

    package init() {}

    package mutating func streamOpened(_ opening: Opening) -> OnStreamOpened {
        switch state {
        case .waitForStream:
            state = .closed
            return .refuse(Self.error(for: opening))
        case .closed:
            return .ignore
        }
    }

    package mutating func closed() { state = .closed }

    /// `policy-violation` (RFC 6120 §4.9.3.14) for a sound header: that there is no federation is
    /// a rule of this service, and the text may say which.
    ///
    /// Other conditions say something else: `host-unknown` that the domain is not served here,
    /// `not-authorized` that authentication is missing, `unsupported-feature` that a stream feature
    /// is, and `remote-connection-failed` is about third parties.
    private static func error(for opening: Opening) -> StreamError {
        guard opening.isStreamsNamespace, opening.isServerNamespace else {
            return StreamError(.invalidNamespace)
        }
        guard opening.isNamedStream else { return StreamError(.badFormat) }
        guard opening.version != .unsupported else { return StreamError(.unsupportedVersion) }
        guard opening.isServed else { return StreamError(.hostUnknown) }
        guard opening.isForeign else { return StreamError(.invalidFrom) }
        return StreamError(.policyViolation, "this server does not talk to other servers")
    }
}
