import HTTPFront
import Testing
import XMPPEngine

@testable import AdminUI

/// A module with a page of its own.
private struct Rooms: ServerModule {
    static let manifest = Manifest<Rooms>(
        name: "mod_rooms", "Has rooms.",
        pages: [
            ConsolePage("rooms", "Rooms", "Where people meet.", in: .features, scope: .host) {
                request in
                let room = ConsoleRow(
                    [.text("balcony of \(request.host?.domain ?? "")")],
                    actions: [ConsoleAction("Nothing", "no_such_command")])
                return ConsoleContent([
                    .table(ConsoleTable("rooms", columns: [ConsoleColumn("Room")], rows: [room]))
                ])
            },
            // The name of a built-in page: that one stays.
            ConsolePage("accounts", "Not these", "", in: .features) { _ in ConsoleContent([]) },
        ])

    init(_ context: ModuleContext) {}
}

@Suite("Pages that modules bring")
struct ModulePageTests {
    @Test("A page is in the menu and drawn while a host has its module")
    func present() async throws {
        try await ConsoleScene.play(
            modules: [ModuleType(Rooms.self)], more: "\n  mod_rooms: {}\n"
        ) { scene in
            let visitor = Visitor(scene)
            await visitor.signIn()
            #expect(await visitor.get("rooms?host=other.localhost").status == .ok)
            #expect(visitor.html.contains("balcony of other.localhost"))
            #expect(visitor.html.contains("href=\"/admin/rooms\""))
            #expect(!visitor.html.contains("Not these"))
            #expect(!visitor.html.contains("no_such_command"))
        }
    }

    @Test("Without its module there is no page")
    func absent() async throws {
        try await ConsoleScene.visit(modules: [ModuleType(Rooms.self)]) { _, visitor in
            #expect(await visitor.get("rooms").status == .notFound)
            #expect(!visitor.html.contains("href=\"/admin/rooms\""))
        }
    }
}
