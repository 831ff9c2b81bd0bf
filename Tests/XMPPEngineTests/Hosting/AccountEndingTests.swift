import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Streams of an account that ends", .timeLimit(.minutes(1)))
struct AccountEndingTests {
    enum Stage: CaseIterable {
        /// The password is being checked.
        case checking
        /// Before the stream restarts, RFC 6120 §6.4.6.
        case loggedIn
        case restarted
        case bound
    }

    private func play(
        _ stage: Stage, _ act: (AccountService, BareJID) async throws -> AccountService.Outcome
    ) async throws {
        try await withHost(loops: 2) { host in
            let romeo = try await host.stream("romeo")
            let juliet = try await host.stream("juliet", loop: 1)
            for user in [romeo, juliet] { await bring(user, to: stage) }
            #expect(try await act(AccountService(host.host), romeo.account) == .done)
            let isOver = await romeo.session.onLoop { romeo.session.isOver }
            #expect(isOver)
            #expect(romeo.takeAll().contains { $0.contains("not-authorized") })
            let stays = await juliet.session.onLoop { !juliet.session.isOver }
            #expect(stays)
            #expect(host.host.sessions.sessions(of: romeo.account).isEmpty)
        }
    }

    private func bring(_ user: TestUser, to stage: Stage) async {
        switch stage {
        case .checking, .loggedIn: await user.begin(isLoggedIn: stage == .loggedIn)
        case .restarted: break
        case .bound: await user.bind("home")
        }
    }

    @Test("A removed account has no stream left, however far it is", arguments: Stage.allCases)
    func removed(stage: Stage) async throws {
        try await play(stage) { service, account in try await service.remove(account) }
    }

    @Test("Nor has one that is locked out", arguments: Stage.allCases)
    func disabled(stage: Stage) async throws {
        try await play(stage) { service, account in
            try await service.setDisabled(true, of: account, reason: "spam")
        }
    }

    @Test("A new password ends no stream", arguments: Stage.allCases)
    func changed(stage: Stage) async throws {
        try await withHost { host in
            let romeo = try await host.stream("romeo")
            await bring(romeo, to: stage)
            let outcome = try await AccountService(host.host).changePassword(
                of: romeo.account, to: "new")
            #expect(outcome == .done)
            let stays = await romeo.session.onLoop { !romeo.session.isOver }
            #expect(stays)
        }
    }
}
