import Testing
import XMPPCore
import XMPPStorage

@testable import XMPPEngine

@Suite("Names of guests on a host")
struct GuestNameTests {
    @Test("A name is one guest's at a time")
    func oneGuest() async throws {
        try await withHost { host in
            let name = try address("whoever@example.com")
            #expect(try await host.host.reserve(name))
            #expect(try await !host.host.reserve(name))
            host.host.release(name)
            #expect(try await host.host.reserve(name))
        }
    }

    @Test("The name of an account is never a guest's, not even of one that cannot log in")
    func accounts() async throws {
        try await withHost { host in
            let romeo = try await host.account("romeo")
            #expect(try await host.host.loginRecord(of: romeo) == nil)
            #expect(try await !host.host.reserve(romeo))
            #expect(!host.host.guests.contains(romeo))
            #expect(try await host.stores.accounts.exists(romeo))
        }
    }

    @Test("What a former guest left is not the next one's")
    func leftovers() async throws {
        try await withHost { host in
            let name = try address("whoever@example.com")
            try await host.stores.vCards.storeVCard([1], of: name)
            #expect(try await host.host.reserve(name))
            #expect(try await host.stores.vCards.vCard(of: name) == nil)
        }
    }

    @Test("Nobody registers a name while a guest has it")
    func registration() async throws {
        try await withHost { host in
            let service = AccountService(host.host)
            let name = try address("whoever@example.com")
            #expect(try await host.host.reserve(name))
            #expect(try await service.create("whoever", password: "p") == .exists)
            host.host.release(name)
            #expect(try await service.create("whoever", password: "p") == .done)
            #expect(try await !host.host.reserve(name))
        }
    }

    @Test("An account that was made meanwhile takes the name from its guest")
    func revoked() async throws {
        try await withHost { host in
            let name = try address("whoever@example.com")
            #expect(try await host.host.reserve(name))
            host.host.revokeGuest(name)
            #expect(host.host.guests.isRevoked(name))
            host.host.release(name)
            #expect(!host.host.guests.isRevoked(name))
            host.host.revokeGuest(name)
            #expect(!host.host.guests.contains(name))
        }
    }
    @Test("Its guest is sent away then, wherever its session is by now, and nobody else")
    func guestSessions() async throws {
        try await withHost(loops: 2) { host in
            let name = try address("whoever@example.com")
            #expect(try await host.host.reserve(name))
            let guest = try await host.stream("whoever", loop: 1)
            let session = guest.session
            await session.onLoop { session.isAnonymous = true }
            await guest.bind("r")
            let bystander = try await host.user("romeo", loop: 1)
            #expect(guest.bound?.isAnonymous == true)
            #expect(bystander.bound?.isAnonymous == false)
            host.host.revokeGuest(name)
            await guest.receives("closed: conflict")
            #expect(await bystander.isOver() == false)
        }
    }
}
