import XMPPConfig
import XMPPCore
import XMPPStorage

/// What a hook decides about a stanza.
package enum StanzaVerdict: Sendable {
    case pass
    case change(Stanza)
    /// Dropped without a word to the sender.
    case drop
    /// Answered with an error, when its type allows an answer.
    case bounce(StanzaError)
}

/// Where modules look into the way of a stanza on one host; every point is declared here.
package final class HostHooks: Sendable {
    package typealias Screen = @Sendable (Stanza) -> StanzaVerdict

    /// A stanza of one of the host's clients, before it is routed.
    package let sent = HookPoint<@Sendable (Stanza, C2SSession) -> StanzaVerdict>()
    /// A stanza for an account of the host, before it is delivered.
    package let arriving = HookPoint<Screen>()
    /// A message went to these sessions of a local account.
    package let delivered = HookPoint<@Sendable (Stanza, [ClientResource]) -> Void>()
    /// A message found no session that takes it; the first handler that answers `true` has kept it.
    package let undelivered = HookPoint<@Sendable (Stanza, BareJID) async -> OfflineOutcome>()
    /// A session became available for the first time, or with another priority than a negative one.
    package let becameAvailable = HookPoint<@Sendable (ClientResource) async -> Void>()
    package let sessionBound = HookPoint<@Sendable (ClientResource) -> Void>()
    /// Another stream has taken a session over.
    package let sessionResumed = HookPoint<@Sendable (ClientResource) -> Void>()
    package let sessionEnded = HookPoint<@Sendable (ClientResource) -> Void>()
    package let accountCreated = HookPoint<@Sendable (BareJID) async -> Void>()
    package let accountRemoved = HookPoint<@Sendable (BareJID) async -> Void>()
    /// An element that is neither a stanza nor part of the login, of a stream that has logged in;
    /// the first handler that answers `true` has taken it.
    package let nonza = HookPoint<@Sendable (Element, C2SSession) -> Bool>()
    /// What an account was let in with before counts no more: its password is another, or it is
    /// locked out or removed.
    package let accessEnded = HookPoint<@Sendable (BareJID) -> Void>()
    /// Stream features to offer (RFC 6120 §4.3.2); the Boolean says whether the client has logged
    /// in.
    package let streamFeatures = HookPoint<@Sendable (Bool, C2SSession) -> [Element]>()
    /// In-band registration before login (XEP-0077); the first handler answers.
    package let registration = HookPoint<@Sendable (Stanza, C2SSession) async -> Stanza>()
    /// A client's stream that opens or has tried to log in; an error ends it.
    package let streamOpening = HookPoint<@Sendable (C2SSession) -> StreamError?>()
    /// A password, token or certificate was right or wrong, on a stream or elsewhere.
    package let loginChecked = HookPoint<@Sendable (CheckedLogin) -> Void>()
    /// Whether streams without version may log in by IQ (XEP-0078): when anybody is attached.
    package let legacyAuthentication = HookPoint<Void>()
    /// An element for the body of presence that leaves the host's accounts.
    package let presenceSent = HookPoint<Screen>()

    package init() {}

    /// Removes everything a module attached.
    package func detach(_ owner: String) {
        sent.detach(owner)
        arriving.detach(owner)
        delivered.detach(owner)
        undelivered.detach(owner)
        becameAvailable.detach(owner)
        sessionBound.detach(owner)
        sessionResumed.detach(owner)
        sessionEnded.detach(owner)
        nonza.detach(owner)
        accountCreated.detach(owner)
        accountRemoved.detach(owner)
        accessEnded.detach(owner)
        streamFeatures.detach(owner)
        registration.detach(owner)
        streamOpening.detach(owner)
        loginChecked.detach(owner)
        legacyAuthentication.detach(owner)
        presenceSent.detach(owner)
    }
}

/// What became of a message for an account without a session (XEP-0160).
package enum OfflineOutcome: Sendable {
    case kept
    /// Not one to keep; the sender hears nothing.
    case ignored
    /// The store is full or failed; the sender is told.
    case refused(StanzaError)
    /// Not this handler's affair.
    case unhandled
}

/// A login whose credentials were looked at.
package struct CheckedLogin: Sendable, Equatable {
    /// The client's own; `nil` when it is not known.
    package let address: IPAddress?
    /// Whom the client wanted to be; `nil` when it named no account.
    package let account: String?
    package let isAccepted: Bool
}
