import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

/// A served host in memory, with a database of its own, on loops of its own.
final class TestHost: Sendable {
    let host: VirtualHost
    let router = Router()
    let stores: Stores
    let loops: [StreamLoop]
    let rosters: CountedRosters
    let directory: TestDirectory
    let heldSessions: HeldSessions
    private let database: SQLiteDatabase
    private let group: MultiThreadedEventLoopGroup
    private let path: String
    private let users = Mutex<[TestUser]>([])

    /// - Parameters:
    ///   - domain: The served domain.
    ///   - loops: How many threads the sessions are spread over.
    ///   - held: What sessions without a connection may take.
    /// - Throws: What the database throws.
    init(
        _ domain: String = "example.com", loops: Int = 1, held: HeldLimits = HeldLimits()
    ) async throws {
        path = NSTemporaryDirectory() + "host-" + UUID().uuidString + ".db"
        database = SQLiteDatabase(SQLiteConfiguration(path: path, readers: 1))
        try await database.open()
        let plain = Stores(database: database)
        rosters = CountedRosters(plain.rosters)
        stores = Stores(
            accounts: plain.accounts, rosters: rosters, offlineMessages: plain.offlineMessages,
            privateStorage: plain.privateStorage, vCards: plain.vCards,
            lastActivity: plain.lastActivity, tokens: plain.tokens, uploads: plain.uploads,
            accountRemoval: plain.accountRemoval)
        group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        var made: [StreamLoop] = []
        for eventLoop in group.makeIterator() {
            let loop = StreamLoop(driver: NIOLoopDriver(eventLoop))
            try await eventLoop.submit { loop.adoptCurrentThread() }.get()
            made.append(loop)
        }
        self.loops = made
        directory = TestDirectory()
        heldSessions = HeldSessions(held)
        host = try Self.makeHost(domain, router: router, stores: stores, heldSessions)
        directory.add(host)
        RosterService.attach(to: host, owner: "mod_roster")
    }

    /// Logs a user in without a session.
    func stream(
        _ name: String, loop: Int = 0, kind: TransportKind = .tcp
    ) async throws -> TestUser {
        let user = TestUser(
            account: try await account(name), resource: "-", loop: loops[loop % loops.count],
            directory: directory, kind: kind)
        await user.authenticate()
        users.withLock { $0.append(user) }
        return user
    }

    /// A second domain beside the first.
    func addHost(_ domain: String) throws -> VirtualHost {
        let host = try Self.makeHost(domain, router: router, stores: stores, heldSessions)
        directory.add(host)
        RosterService.attach(to: host, owner: "mod_roster")
        return host
    }

    private static func makeHost(
        _ domain: String, router: Router, stores: Stores, _ heldSessions: HeldSessions
    ) throws -> VirtualHost {
        struct NoDomain: Error {}
        guard let jid = BareJID(domain) else { throw NoDomain() }
        let login = LoginServices(
            policy: SASLPolicy(),
            decoys: DecoyCredentials(secret: [UInt8](repeating: 1, count: 32)), cache: nil,
            workers: .singleton)
        let host = VirtualHost(
            jid: jid, router: router, stores: stores, settings: HostSettings(login: login),
            heldSessions: heldSessions)
        _ = router.add(host, for: domain)
        host.iqs.attach("test", TestUser.syncNamespace, to: .account, .now { _ in .empty })
        return host
    }

    func account(_ name: String) async throws -> BareJID {
        let jid = BareJID(name.contains("@") ? name : "\(name)@\(host.domain)")
        struct NoAddress: Error {}
        guard let jid else { throw NoAddress() }
        _ = try await stores.accounts.create(jid, credentials: "-")
        return jid
    }

    /// Puts a contact into a roster, as if the two had agreed long ago.
    func befriend(
        _ account: String, _ contact: String, _ subscription: RosterSubscription
    ) async throws {
        let (account, contact) = (try await self.account(account), try await self.account(contact))
        _ = try await host.presence.rosters.edit(contact, of: account) { _ in
            .store(RosterItem(contact: contact, subscription: subscription))
        }
    }

    /// An item as the store has it.
    func item(_ contact: String, of account: String) async -> RosterItem? {
        guard let account = BareJID("\(account)@example.com"), let contact = BareJID(contact)
        else { return nil }
        do {
            return try await stores.rosters.item(contact, of: account)
        } catch {
            Issue.record(error)
            return nil
        }
    }

    /// All items as the store has them.
    func items(of account: BareJID) async -> [RosterItem] {
        do {
            return try await stores.rosters.roster(of: account).items
        } catch {
            Issue.record(error)
            return []
        }
    }

    /// Logs a user in: `"romeo"`, or `"romeo@other.example"`; makes the account when it is new.
    func user(
        _ name: String, _ resource: String = "home", loop: Int = 0
    ) async throws -> TestUser {
        let account = try await account(name)
        let user = TestUser(
            account: account, resource: resource, loop: loops[loop % loops.count],
            directory: directory)
        await user.logIn()
        users.withLock { $0.append(user) }
        return user
    }

    /// Waits until the server has dealt with everything that any user sent.
    func settle() async {
        let users = users.withLock { $0 }
        for _ in 0..<2 {
            for user in users { await user.sync() }
        }
    }

    func shutDown() async throws {
        for user in users.withLock({ $0 }) { await user.end() }
        await database.close()
        try await group.shutdownGracefully()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

/// Runs a play on a host that goes away afterwards.
func withHost(
    loops: Int = 1, held: HeldLimits = HeldLimits(), _ play: (TestHost) async throws -> Void
) async throws {
    let host = try await TestHost(loops: loops, held: held)
    do {
        try await play(host)
    } catch {
        try await host.shutDown()
        throw error
    }
    try await host.shutDown()
}

/// Stands for a component: keeps what is routed to it; a `Mutex` guards that.
final class TestComponent: DomainRoute {
    private let inbox = Inbox()
    private let router: Router

    init(_ domain: String, _ router: Router) {
        self.router = router
        _ = router.add(self, for: domain)
    }

    func route(_ stanza: Stanza, origin: any StanzaOrigin) { inbox.put(.stanza(stanza)) }

    /// Sends a stanza, and waits until it is dealt with.
    func send(
        _ kind: Stanza.Kind, _ type: StanzaType, from: String, to: String, id: String? = nil,
        _ elements: [Element] = []
    ) async {
        let work = CollectedWork()
        router.route(
            Stanza(
                kind, type: type, id: id, from: JID(from), to: JID(to), elements: elements),
            origin: work)
        await work.finish()
    }

    func receives(
        _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await inbox.gives(expected, sourceLocation)
    }

    /// The next stanza.
    func next() async -> Stanza? {
        guard case .stanza(let stanza) = await inbox.next() else { return nil }
        return stanza
    }

    func receivedNothing(sourceLocation: SourceLocation = #_sourceLocation) {
        let rest = inbox.takeAll().map(\.description)
        #expect(rest.isEmpty, sourceLocation: sourceLocation)
    }
}

/// Counts how often whole rosters are read.
final class CountedRosters: RosterStore {
    private let store: any RosterStore
    private let count = Atomic<Int>(0)

    init(_ store: any RosterStore) { self.store = store }

    var reads: Int { count.load(ordering: .relaxed) }

    func roster(of account: BareJID) async throws(StorageError) -> Roster {
        count.wrappingAdd(1, ordering: .relaxed)
        return try await store.roster(of: account)
    }

    func item(_ contact: BareJID, of account: BareJID) async throws(StorageError) -> RosterItem? {
        try await store.item(contact, of: account)
    }

    func edit(
        _ contact: BareJID, of account: BareJID, itemsMax: Int,
        by decide: @escaping @Sendable (RosterItem?) -> RosterEdit
    ) async throws(StorageError) -> RosterEditResult {
        try await store.edit(contact, of: account, itemsMax: itemsMax, by: decide)
    }

    func changes(of account: BareJID, since version: RosterVersion)
        async throws(StorageError) -> RosterChanges
    {
        try await store.changes(of: account, since: version)
    }

    func removeRoster(of account: BareJID) async throws(StorageError) -> Bool {
        try await store.removeRoster(of: account)
    }
}

/// The hosts that streams may name; a `Mutex` guards them.
final class TestDirectory: C2SDirectory {
    private let hosts = Mutex<[String: VirtualHost]>([:])

    var defaultDomain: String { "example.com" }

    func add(_ host: VirtualHost) { hosts.withLock { $0[host.domain] = host } }

    func host(_ domain: String) -> (any C2SHost)? { hosts.withLock { $0[domain] } }
}
