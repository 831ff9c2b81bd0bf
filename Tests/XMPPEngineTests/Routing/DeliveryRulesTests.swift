import Synchronization
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

/// The table of RFC 6121 §8.5, row by row.
@Suite("Delivery rules · RFC 6121 §8.5", .timeLimit(.minutes(2)))
struct DeliveryRulesTests {
    /// How it stands with juliet's account.
    enum Condition: CaseIterable {
        case doesNotExist
        case noSession
        /// `home` with priority −1.
        case onlyNegative
        /// `home` with priority 0.
        case one
        /// `home` and `desk` with 5, `phone` with 1, `robot` with −1; `silent` is not available.
        case several
    }

    enum Address: String, CaseIterable {
        case bare = ""
        /// A session that is there, in the conditions with sessions.
        case matching = "/home"
        case other = "/elsewhere"
    }

    enum Outcome: Equatable, CustomStringConvertible {
        case delivered([String])
        case offline
        case error(String)
        case ignored

        var description: String {
            switch self {
            case .delivered(let resources): "delivered to \(resources)"
            case .offline: "kept offline"
            case .error(let condition): "error \(condition)"
            case .ignored: "ignored"
            }
        }
    }

    private static let refused = Outcome.error("service-unavailable")

    // MARK: the table

    static func message(_ type: String, _ address: Address, _ condition: Condition) -> Outcome {
        let isMatched =
            address == .matching && condition != .doesNotExist
            && condition != .noSession
        if isMatched { return .delivered(["home"]) }
        switch type {
        case "error": return .ignored
        case "groupchat": return refused
        case "headline":
            guard address == .bare else { return .ignored }
            switch condition {
            case .doesNotExist, .noSession, .onlyNegative: return .ignored
            case .one: return .delivered(["home"])
            case .several: return .delivered(["desk", "home", "phone"])
            }
        default:
            switch condition {
            case .doesNotExist: return refused
            case .noSession, .onlyNegative: return .offline
            case .one: return .delivered(["home"])
            case .several: return .delivered(["desk", "home"])
            }
        }
    }

    static func presence(_ type: String, _ address: Address, _ condition: Condition) -> Outcome {
        let isBare = address == .bare
        switch condition {
        case .doesNotExist, .noSession: return .ignored
        case .onlyNegative, .one:
            return address == .other ? .ignored : .delivered(["home"])
        case .several:
            if isBare { return .delivered(["desk", "home", "phone", "robot"]) }
            return address == .other ? .ignored : .delivered(["home"])
        }
    }

    static func iq(_ type: String, _ address: Address, _ condition: Condition) -> Outcome {
        let isMatched =
            address == .matching && condition != .doesNotExist
            && condition != .noSession
        if isMatched { return .delivered(["home"]) }
        return type == "get" || type == "set" ? refused : .ignored
    }

    // MARK: the tests

    @Test("§8.5: messages by type, address and availability", arguments: Condition.allCases)
    func messages(condition: Condition) async throws {
        try await withScene(condition) { scene in
            for address in Address.allCases {
                for type in ["normal", "chat", "groupchat", "headline", "error", "unheard-of"] {
                    let attribute = type == "normal" ? "" : "type='\(type)' "
                    let outcome = await scene.send(
                        """
                        <message \(attribute)id='x' to='juliet@example.com\(address.rawValue)'>\
                        <body>Hi</body></message>
                        """)
                    let expected = Self.message(type, address, condition)
                    #expect(outcome == expected, "\(type) to \(address), \(condition)")
                }
            }
        }
    }

    @Test("§8.5: presence by type, address and availability", arguments: Condition.allCases)
    func presence(condition: Condition) async throws {
        try await withScene(condition) { scene in
            for address in Address.allCases {
                for type in ["available", "unavailable", "error"] {
                    let attribute = type == "available" ? "" : "type='\(type)' "
                    let outcome = await scene.send(
                        """
                        <presence \(attribute)id='x' \
                        to='juliet@example.com\(address.rawValue)'/>
                        """)
                    let expected = Self.presence(type, address, condition)
                    #expect(outcome == expected, "\(type) to \(address), \(condition)")
                }
            }
        }
    }

    @Test("§8.5: requests by type, address and availability", arguments: Condition.allCases)
    func requests(condition: Condition) async throws {
        try await withScene(condition) { scene in
            for address in Address.allCases {
                for type in ["get", "set", "result", "error"] {
                    let outcome = await scene.send(
                        """
                        <iq type='\(type)' id='x' to='juliet@example.com\(address.rawValue)'>\
                        <query xmlns='urn:example:unknown'/></iq>
                        """)
                    let expected = Self.iq(type, address, condition)
                    #expect(outcome == expected, "\(type) to \(address), \(condition)")
                }
            }
        }
    }

    @Test("§8.5.2.1.3: a request to a bare address is answered on the account's behalf")
    func answeredRequest() async throws {
        try await withScene(.several) { scene in
            scene.romeo.send(
                """
                <iq type='get' id='q' to='juliet@example.com'>\
                <sync xmlns='urn:example:sync'/></iq>
                """)
            await scene.romeo.receives(
                "<iq type='result' id='q' to='romeo@example.com/home' from='juliet@example.com'/>")
            for user in scene.sessions { await user.receivesNothing() }
        }
    }

    @Test(
        "§8.2–8.4: what the host itself takes",
        arguments: [
            ("<message id='x' to='example.com'><body/></message>", "service-unavailable"),
            ("<message id='x' to='example.com/a'><body/></message>", "item-not-found"),
            ("<message id='x' type='headline' to='example.com'><body/></message>", nil),
            ("<message id='x' type='error' to='example.com'><body/></message>", nil),
            ("<presence id='x' to='example.com'/>", nil),
            ("<presence id='x' type='probe' to='example.com'/>", nil),
            ("<iq id='x' type='get' to='example.com'><q xmlns='a'/></iq>", "service-unavailable"),
            ("<iq id='x' type='set' to='example.com/a'><q xmlns='a'/></iq>", "item-not-found"),
            ("<iq id='x' type='result' to='example.com'/>", nil),
            ("<iq id='x' type='error' to='example.com/a'/>", nil),
        ] as [(String, String?)])
    func host(stanza: String, condition: String?) async throws {
        try await withScene(.doesNotExist) { scene in
            let outcome = await scene.send(stanza)
            #expect(outcome == condition.map { .error($0) } ?? .ignored)
        }
    }

    // MARK: the scene

    struct Scene {
        let romeo: TestUser
        let sessions: [TestUser]
        let kept: Keeper

        /// Sends a stanza of romeo's and tells what became of it.
        func send(_ stanza: String) async -> Outcome {
            romeo.send(stanza)
            await romeo.sync()
            var takers: [String] = []
            for user in sessions where !user.takeAll().isEmpty {
                takers.append(user.jid.split(separator: "/").last.map(String.init) ?? "")
            }
            let answer = romeo.takeStanza()
            if kept.take() {
                return takers.isEmpty && answer == nil ? .offline : .ignored
            }
            if let answer {
                let error = answer.elements.first { $0.name == "error" }
                return .error(error?.elements.first?.name ?? "none")
            }
            return takers.isEmpty ? .ignored : .delivered(takers.sorted())
        }
    }

    /// Keeps messages for later, in name only; a `Mutex` guards the count.
    final class Keeper: Sendable {
        private let count = Mutex(0)
        func keep() { count.withLock { $0 += 1 } }
        func take() -> Bool {
            count.withLock { count in
                defer { count = 0 }
                return count > 0
            }
        }
    }

    private func withScene(
        _ condition: Condition, _ play: (Scene) async throws -> Void
    ) async throws {
        try await withHost { host in
            let kept = Keeper()
            host.host.hooks.undelivered.attach("test", .deliver) { _, _ in
                kept.keep()
                return .kept
            }
            let romeo = try await host.user("romeo")
            var priorities: [(String, Int?)] = []
            switch condition {
            case .doesNotExist: break
            case .noSession: _ = try await host.account("juliet")
            case .onlyNegative: priorities = [("home", -1)]
            case .one: priorities = [("home", 0)]
            case .several:
                priorities = [
                    ("phone", 1), ("home", 5), ("silent", nil), ("desk", 5), ("robot", -1),
                ]
            }
            var sessions: [TestUser] = []
            for (resource, priority) in priorities {
                let user = try await host.user("juliet", resource)
                if let priority {
                    await user.becomesAvailable(
                        "<presence><priority>\(priority)</priority></presence>")
                }
                sessions.append(user)
            }
            for user in sessions { _ = user.takeAll() }
            try await play(Scene(romeo: romeo, sessions: sessions, kept: kept))
        }
    }
}

extension TestUser {
    /// The one stanza that is there, if any.
    fileprivate func takeStanza() -> Stanza? {
        for case .stanza(let stanza) in takeItems() { return stanza }
        return nil
    }
}
