import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Roster requests · RFC 6121 §2.1, §2.3.3")
struct RosterRequestTests {
    private func read(
        _ items: [Element], isSet: Bool = true, version: String? = nil, name: String = "query"
    ) -> Result<RosterRequest, StanzaError> {
        guard let account = BareJID("romeo@example.com") else { return .failure(.badRequest) }
        let query = Element(name, .roster, attributes: [("ver", version)], children: items)
        do throws(StanzaError) {
            return .success(try RosterRequest(query, isSet: isSet, account: account))
        } catch {
            return .failure(error)
        }
    }

    private func item(
        _ jid: String? = "juliet@example.com", name: String? = nil, subscription: String? = nil,
        groups: [String] = []
    ) -> Element {
        Element(
            "item", .roster,
            attributes: [("jid", jid), ("name", name), ("subscription", subscription)],
            children: groups.map { Element("group", .roster, text: $0) })
    }

    @Test("§2.2: a get carries a version or none")
    func get() {
        #expect(read([], isSet: false) == .success(.get(version: nil)))
        #expect(read([], isSet: false, version: "") == .success(.get(version: "")))
        #expect(read([], isSet: false, version: "7") == .success(.get(version: "7")))
    }

    @Test("§2.3: a set gives name and groups, and the address is prepared")
    func set() throws {
        let contact = try #require(BareJID("juliet@example.com"))
        let request = read([item("Juliet@EXAMPLE.com", name: "J", groups: ["a", "b"])])
        #expect(request == .success(.set(contact: contact, name: "J", groups: ["a", "b"])))
        let bare = read([item()])
        #expect(bare == .success(.set(contact: contact, name: nil, groups: [])))
        let empty = read([item(name: "")])
        #expect(empty == .success(.set(contact: contact, name: "", groups: [])))
    }

    @Test(
        "§2.1.2.5: a subscription other than remove is not the client's to set",
        arguments: ["both", "to", "from", "none", "Remove", ""])
    func ignoredSubscription(subscription: String) throws {
        let contact = try #require(BareJID("juliet@example.com"))
        let request = read([item(subscription: subscription)])
        #expect(request == .success(.set(contact: contact, name: nil, groups: [])))
    }

    @Test("§2.5: a removal needs no more than the address")
    func removal() throws {
        let contact = try #require(BareJID("juliet@example.com"))
        let request = read([item(name: String(repeating: "x", count: 5000), subscription: "remove")]
        )
        #expect(request == .success(.remove(contact)))
    }

    @Test("§2.1.3: an item in a get is a bad request")
    func itemInGet() {
        #expect(read([item()], isSet: false) == .failure(.badRequest))
    }

    @Test("§2.3.3: none or two items are a bad request")
    func itemCount() {
        #expect(read([]) == .failure(.badRequest))
        #expect(read([item(), item("nurse@example.com")]) == .failure(.badRequest))
    }

    @Test("An element of another name or namespace is a bad request")
    func foreignElements() {
        #expect(
            read([Element("item", .vcard, attributes: [("jid", "a@b")])]) == .failure(.badRequest))
        #expect(read([Element("contact", .roster)]) == .failure(.badRequest))
        #expect(read([item()], name: "roster") == .failure(.badRequest))
    }

    @Test("An item without a whole bare address is refused")
    func addresses() {
        #expect(read([item(nil)]) == .failure(.badRequest))
        #expect(read([item("")]) == .failure(.jidMalformed))
        #expect(read([item("@example.com")]) == .failure(.jidMalformed))
        #expect(read([item("a b@example.com")]) == .failure(.jidMalformed))
        #expect(read([item("juliet@example.com/home")]) == .failure(.badRequest))
    }

    @Test("The account itself is no contact")
    func ownAddress() {
        #expect(read([item("romeo@example.com")]) == .failure(.notAllowed))
        #expect(read([item("Romeo@example.com", subscription: "remove")]) == .failure(.notAllowed))
    }

    @Test("§2.3.3: the same group twice is a bad request")
    func groupTwice() {
        #expect(read([item(groups: ["a", "b", "a"])]) == .failure(.badRequest))
    }

    @Test("§2.3.3: an empty group is not acceptable")
    func emptyGroup() {
        #expect(read([item(groups: ["a", ""])]) == .failure(.notAcceptable))
    }

    @Test("§2.3.3: names are as long as the limit and no longer")
    func longNames() {
        let longest = String(repeating: "x", count: RosterRequest.textBytesMax)
        guard case .success = read([item(name: longest, groups: [longest])]) else {
            Issue.record("the longest name is refused")
            return
        }
        #expect(read([item(name: longest + "x")]) == .failure(.notAcceptable))
        #expect(read([item(groups: [longest + "x"])]) == .failure(.notAcceptable))
        let wide = String(repeating: "\u{E9}", count: RosterRequest.textBytesMax / 2 + 1)
        #expect(read([item(name: wide)]) == .failure(.notAcceptable))
    }

    @Test("More groups than the limit are not acceptable")
    func manyGroups() {
        let groups = (0...RosterRequest.groupsMax).map { "g\($0)" }
        #expect(read([item(groups: groups)]) == .failure(.notAcceptable))
        guard case .success = read([item(groups: groups.dropLast())]) else {
            Issue.record("as many groups as allowed are refused")
            return
        }
    }
}
