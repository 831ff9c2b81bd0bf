import Synchronization
import XMPPCore

/// An IQ request that the server answers itself, or for one of its accounts.
package struct IQ: Sendable {
    package let stanza: Stanza
    /// The one child of a request.
    package let request: Element
    package let from: JID
    package let to: JID
    /// The session that sent it, when it is one of this host's.
    package let session: ClientResource?

    package var isSet: Bool { stanza.type == .set }
    /// Whether an account asks for or about itself.
    package var isOwn: Bool { from.bare == to.bare }
}

/// What a handler says to a request.
package enum IQReply: Sendable {
    case result([Element])
    /// An answer of another shape, complete with its addresses.
    case stanza(Stanza)
    /// The handler has answered itself.
    case answered

    package static let empty = IQReply.result([])
}

/// How a handler answers requests.
package enum IQHandler: Sendable {
    /// Answers at once.
    case now(@Sendable (IQ) throws(StanzaError) -> IQReply)
    /// Needs time; the sender's later stanzas wait.
    case later(@Sendable (IQ) async throws(StanzaError) -> IQReply)
}

/// Whom a request is for.
package enum IQTarget: Hashable, Sendable {
    /// The host itself.
    case host
    /// The bare address of an account, answered on its behalf (RFC 6121 §8.5.2.1.3).
    case account
}

/// The handlers of IQ requests, by target and namespace (the classic `ejabberd_local`,
/// `gen_iq_handler`).
///
/// A `Mutex` guards the table for a look-up.
package final class IQDispatcher: Sendable {
    private struct Key: Hashable {
        let target: IQTarget
        let namespace: Namespace
    }

    private struct Entry: Sendable {
        let owner: String
        let handler: IQHandler
    }

    private let table = Mutex<[Key: Entry]>([:])

    package init() {}

    package func attach(
        _ owner: String, _ namespace: Namespace, to target: IQTarget, _ handler: IQHandler
    ) {
        table.withLock {
            $0[Key(target: target, namespace: namespace)] = Entry(owner: owner, handler: handler)
        }
    }

    package func detach(_ owner: String) {
        table.withLock { table in table = table.filter { $0.value.owner != owner } }
    }

    package func handler(_ namespace: Namespace, _ target: IQTarget) -> IQHandler? {
        table.withLock { $0[Key(target: target, namespace: namespace)]?.handler }
    }

    /// Namespaces with a handler, for service discovery.
    package func namespaces(_ target: IQTarget) -> [Namespace] {
        table.withLock { table in
            table.keys.filter { $0.target == target }.map(\.namespace)
        }.sorted { $0.name < $1.name }
    }
}
