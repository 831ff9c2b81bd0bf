import Testing

@testable import XMPPEngine

@Suite("Stored credentials · RFC 5803")
struct StoredCredentialsTests {
    private static let sha1 =
        "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92"
        + "$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="

    @Test("RFC 5802 §5: the example's keys, written and read")
    func example() throws {
        let keys = try keys(of: "pencil", .sha1, salt: "QSXCR+Q6sek8bf92")
        #expect(StoredCredentials.scram([keys]).encoded == Self.sha1)
        #expect(StoredCredentials(encoded: Self.sha1) == .scram([keys]))
    }

    @Test("keys for all hash functions survive being stored")
    func roundTrip() throws {
        let made = try credentials(of: "r0m30myr0m30")
        #expect(StoredCredentials(encoded: made.encoded) == made)
        #expect(made.encoded.split(separator: " ").count == 3)
    }

    @Test("every set of keys has a salt of its own")
    func salts() throws {
        guard case .scram(let sets) = try credentials(of: "a") else {
            Issue.record("not SCRAM keys")
            return
        }
        #expect(Set(sets.map(\.salt)).count == 3)
        #expect(sets.allSatisfy { $0.salt.count == 16 && $0.iterations == 4096 })
    }

    @Test("passwords stored as they are survive", arguments: ["a", "$ :=,", "pässwörd", "PLAIN$"])
    func plain(text: String) throws {
        let made = try credentials(of: text, policy: PasswordPolicy(format: .plain))
        #expect(made.encoded == "PLAIN$" + text)
        #expect(StoredCredentials(encoded: made.encoded) == made)
    }

    @Test(
        "broken text is refused",
        arguments: [
            "", " ", "PLAIN$", "PLAIN$\u{1}", "plain$a", "PLAIN", "SCRAM-SHA-1",
            sha1 + " ", " " + sha1, sha1 + "  " + sha1, sha1 + " " + sha1, sha1 + "$", sha1 + ":",
            String(sha1.dropLast()), sha1.replacing("SHA-1", with: "SHA-384"),
            sha1.replacing("SCRAM-SHA-1", with: "SCRAM-SHA-256"),
            sha1.replacing("SCRAM", with: "scram"), sha1.replacing("4096", with: "4095"),
            sha1.replacing("4096", with: "1000001"), sha1.replacing("4096", with: "-4096"),
            sha1.replacing("4096", with: "+4096"), sha1.replacing("4096", with: ""),
            sha1.replacing("4096", with: "99999999999999999999"),
            sha1.replacing("4096:", with: "4096"), sha1.replacing("QSXCR+Q6sek8bf92", with: ""),
            sha1.replacing("QSXCR", with: "QS!CR"),
            sha1.replacing(
                "QSXCR+Q6sek8bf92", with: Base64.encode([UInt8](repeating: 1, count: 65))),
            sha1.replacing("6dlGYMOdZcOPutkcNY8U2g7vK9Y=", with: ""),
            sha1.replacing("6dlGYMOdZcOPutkcNY8U2g7vK9Y=", with: "6dlGYMOd"),
            sha1.replacing("D+CSWLOshSulAsxiupA+qs2/fTE=", with: ""), "\u{0}", "SCRAM-SHA-1$$",
        ])
    func broken(text: String) {
        #expect(StoredCredentials(encoded: text) == nil)
    }

    @Test("a policy's rounds stay in range", arguments: [(-1, 4096), (0, 4096), (4097, 4097)])
    func rounds(asked: Int, given: Int) {
        #expect(PasswordPolicy(iterations: asked).iterations == given)
        #expect(PasswordPolicy(iterations: .max).iterations == PasswordPolicy.iterationsMax)
    }
}

@Suite("Password hasher · RFC 5802 §3")
struct PasswordHasherTests {
    @Test("the right password is verified, others are not", arguments: HashFunction.allCases)
    func verify(hash: HashFunction) throws {
        let made = try credentials(of: "pencil", policy: PasswordPolicy(hashes: [hash]))
        #expect(PasswordHasher.verify(try password("pencil"), against: made))
        #expect(!PasswordHasher.verify(try password("pencils"), against: made))
        #expect(!PasswordHasher.verify(try password("Pencil"), against: made))
    }

    @Test("a stored password is verified, others are not")
    func plain() throws {
        let made = try credentials(of: "pencil", policy: PasswordPolicy(format: .plain))
        #expect(PasswordHasher.verify(try password("pencil"), against: made))
        #expect(!PasswordHasher.verify(try password("penci"), against: made))
    }

    @Test("RFC 4013: two spellings of one password are one")
    func prepared() throws {
        let made = try credentials(of: "e\u{301}\u{AD}")
        #expect(PasswordHasher.verify(try password("\u{E9}"), against: made))
    }

    @Test("the cheapest keys decide")
    func cheapest() throws {
        let made = StoredCredentials.scram([
            try keys(of: "dear", .sha512), try keys(of: "dear", .sha1, iterations: 40_000),
            try keys(of: "cheap", .sha256),
        ])
        #expect(PasswordHasher.verify(try password("cheap"), against: made))
        #expect(!PasswordHasher.verify(try password("dear"), against: made))
    }

    @Test("no keys, no login")
    func none() throws {
        #expect(!PasswordHasher.verify(try password("a"), against: .scram([])))
    }
}
