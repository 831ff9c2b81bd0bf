import Foundation
import Testing

@testable import XMPPEngine

@Suite("Secret of the installation")
struct ServerSecretTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-secret-\(SecureRandom.bytes(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("It is the same after a restart, and another for each purpose")
    func stays() throws {
        try withFolder { folder in
            let first = ServerSecret(in: folder)
            let second = ServerSecret(in: folder)
            #expect(first.key(for: "a") == second.key(for: "a"))
            #expect(first.key(for: "a") != first.key(for: "b"))
        }
    }

    @Test("It differs between installations")
    func differs() throws {
        try withFolder { one in
            try withFolder { other in
                #expect(
                    ServerSecret(in: one).key(for: "a") != ServerSecret(in: other).key(for: "a"))
            }
        }
    }

    @Test("Only its owner may read it")
    func permissions() throws {
        try withFolder { folder in
            _ = ServerSecret(in: folder)
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/secret")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("A file cut short is replaced; a folder that is not there leaves a secret for now")
    func broken() throws {
        try withFolder { folder in
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/secret"))
            let made = ServerSecret(in: folder).key(for: "a")
            #expect(ServerSecret(in: folder).key(for: "a") == made)
        }
        #expect(!ServerSecret(in: "/nonexistent/folder").key(for: "a").isEmpty)
    }
}
