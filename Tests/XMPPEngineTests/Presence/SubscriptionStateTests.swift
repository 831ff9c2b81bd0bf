import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Subscription states · RFC 6121 appendix A")
struct SubscriptionStateTests {
    /// A row of a table: existing state, whether the stanza goes on, new state.
    typealias Row = (SubscriptionState, Bool, SubscriptionState)

    // MARK: A.2

    @Test(
        "A.2.1: outbound subscribe",
        arguments: [
            (.none, true, .nonePendingOut),
            (.nonePendingOut, true, .nonePendingOut),
            (.nonePendingIn, true, .nonePendingOutIn),
            (.nonePendingOutIn, true, .nonePendingOutIn),
            (.to, true, .to),
            (.toPendingIn, true, .toPendingIn),
            (.from, true, .fromPendingOut),
            (.fromPendingOut, true, .fromPendingOut),
            (.both, true, .both),
        ] as [Row])
    func outboundSubscribe(row: Row) {
        let outcome = row.0.sending(.subscribe)
        #expect(outcome == OutboundSubscription(state: row.2, isRouted: row.1))
    }

    @Test(
        "A.2.2: outbound unsubscribe",
        arguments: [
            (.none, true, .none),
            (.nonePendingOut, true, .none),
            (.nonePendingIn, true, .nonePendingIn),
            (.nonePendingOutIn, true, .nonePendingIn),
            (.to, true, .none),
            (.toPendingIn, true, .nonePendingIn),
            (.from, true, .from),
            (.fromPendingOut, true, .from),
            (.both, true, .from),
        ] as [Row])
    func outboundUnsubscribe(row: Row) {
        let outcome = row.0.sending(.unsubscribe)
        #expect(outcome == OutboundSubscription(state: row.2, isRouted: row.1))
    }

    @Test(
        "A.2.3: outbound subscribed; without a request it approves one in advance (§3.4.2)",
        arguments: [
            (.none, false, .none),
            (.nonePendingOut, false, .nonePendingOut),
            (.nonePendingIn, true, .from),
            (.nonePendingOutIn, true, .fromPendingOut),
            (.to, false, .to),
            (.toPendingIn, true, .both),
            (.from, false, .from),
            (.fromPendingOut, false, .fromPendingOut),
            (.both, false, .both),
        ] as [Row])
    func outboundSubscribed(row: Row) {
        let outcome = row.0.sending(.subscribed)
        #expect(outcome.state == row.2)
        #expect(outcome.isRouted == row.1)
        let isApproval: Set<SubscriptionState> = [.none, .nonePendingOut, .to]
        #expect(outcome.approval == (isApproval.contains(row.0) ? .grant : .keep))
    }

    @Test(
        "A.2.4: outbound unsubscribed; it takes an approval in advance back (§3.4.2)",
        arguments: [
            (.none, false, .none),
            (.nonePendingOut, false, .nonePendingOut),
            (.nonePendingIn, true, .none),
            (.nonePendingOutIn, true, .nonePendingOut),
            (.to, false, .to),
            (.toPendingIn, true, .to),
            (.from, true, .none),
            (.fromPendingOut, true, .nonePendingOut),
            (.both, true, .to),
        ] as [Row])
    func outboundUnsubscribed(row: Row) {
        let outcome = row.0.sending(.unsubscribed)
        let expected = OutboundSubscription(
            state: row.2, isRouted: row.1, approval: .withdraw)
        #expect(outcome == expected)
    }

    // MARK: A.3

    @Test(
        "A.3.1: inbound subscribe; a subscriber is answered at once (§3.1.3)",
        arguments: [
            (.none, true, .nonePendingIn),
            (.nonePendingOut, true, .nonePendingOutIn),
            (.nonePendingIn, false, .nonePendingIn),
            (.nonePendingOutIn, false, .nonePendingOutIn),
            (.to, true, .toPendingIn),
            (.toPendingIn, false, .toPendingIn),
            (.from, false, .from),
            (.fromPendingOut, false, .fromPendingOut),
            (.both, false, .both),
        ] as [Row])
    func inboundSubscribe(row: Row) {
        let outcome = row.0.receiving(.subscribe, isApproved: false)
        let isSubscriber: Set<SubscriptionState> = [.from, .fromPendingOut, .both]
        let reply: SubscriptionAct? = isSubscriber.contains(row.0) ? .subscribed : nil
        let expected = InboundSubscription(state: row.2, isDelivered: row.1, reply: reply)
        #expect(outcome == expected)
    }

    @Test(
        "§3.4.2: a request approved in advance is granted without a word to the client",
        arguments: [
            (.none, false, .from),
            (.nonePendingOut, false, .fromPendingOut),
            (.nonePendingIn, false, .from),
            (.nonePendingOutIn, false, .fromPendingOut),
            (.to, false, .both),
            (.toPendingIn, false, .both),
            (.from, false, .from),
            (.fromPendingOut, false, .fromPendingOut),
            (.both, false, .both),
        ] as [Row])
    func inboundSubscribeApproved(row: Row) {
        let outcome = row.0.receiving(.subscribe, isApproved: true)
        let expected = InboundSubscription(
            state: row.2, isDelivered: row.1, reply: .subscribed)
        #expect(outcome == expected)
    }

    @Test(
        "A.3.2: inbound unsubscribe",
        arguments: [
            (.none, false, .none),
            (.nonePendingOut, false, .nonePendingOut),
            (.nonePendingIn, true, .none),
            (.nonePendingOutIn, true, .nonePendingOut),
            (.to, false, .to),
            (.toPendingIn, true, .to),
            (.from, true, .none),
            (.fromPendingOut, true, .nonePendingOut),
            (.both, true, .to),
        ] as [Row])
    func inboundUnsubscribe(row: Row) {
        let outcome = row.0.receiving(.unsubscribe, isApproved: false)
        #expect(outcome == InboundSubscription(state: row.2, isDelivered: row.1))
    }

    @Test(
        "A.3.3: inbound subscribed",
        arguments: [
            (.none, false, .none),
            (.nonePendingOut, true, .to),
            (.nonePendingIn, false, .nonePendingIn),
            (.nonePendingOutIn, true, .toPendingIn),
            (.to, false, .to),
            (.toPendingIn, false, .toPendingIn),
            (.from, false, .from),
            (.fromPendingOut, true, .both),
            (.both, false, .both),
        ] as [Row])
    func inboundSubscribed(row: Row) {
        let outcome = row.0.receiving(.subscribed, isApproved: false)
        #expect(outcome == InboundSubscription(state: row.2, isDelivered: row.1))
    }

    @Test(
        "A.3.4: inbound unsubscribed",
        arguments: [
            (.none, false, .none),
            (.nonePendingOut, true, .none),
            (.nonePendingIn, false, .nonePendingIn),
            (.nonePendingOutIn, true, .nonePendingIn),
            (.to, true, .none),
            (.toPendingIn, true, .nonePendingIn),
            (.from, false, .from),
            (.fromPendingOut, true, .from),
            (.both, true, .from),
        ] as [Row])
    func inboundUnsubscribed(row: Row) {
        let outcome = row.0.receiving(.unsubscribed, isApproved: false)
        #expect(outcome == InboundSubscription(state: row.2, isDelivered: row.1))
    }

    // MARK: roster items

    private static let states: [SubscriptionState] = [
        .none, .nonePendingOut, .nonePendingIn, .nonePendingOutIn, .to, .toPendingIn, .from,
        .fromPendingOut, .both,
    ]

    @Test("A.1: each of the nine states survives the roster item that keeps it")
    func roundTrip() throws {
        let contact = try #require(BareJID("juliet@example.com"))
        for state in Self.states {
            var item = RosterItem(contact: contact)
            state.write(to: &item, request: [1])
            #expect(SubscriptionState(item) == state)
            #expect(item.subscription == state.attribute)
        }
        #expect(Set(Self.states).count == 9)
        #expect(SubscriptionState(nil) == .none)
    }

    @Test("A.1: an item that contradicts itself reads as the state its subscription says")
    func contradictions() throws {
        let contact = try #require(BareJID("juliet@example.com"))
        let asking = RosterItem(contact: contact, subscription: .both, isAsking: true)
        #expect(SubscriptionState(asking) == .both)
        let asked = RosterItem(contact: contact, subscription: .from, pendingRequest: [1])
        #expect(SubscriptionState(asked) == .from)
    }

    @Test(
        "Other types of stanza are no acts of subscription",
        arguments: [.available, .unavailable, .probe, .error, .normal, .get] as [StanzaType])
    func otherTypes(type: StanzaType) {
        #expect(SubscriptionAct(type) == nil)
    }
}
