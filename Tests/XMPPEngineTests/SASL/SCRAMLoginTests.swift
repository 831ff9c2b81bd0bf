import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("SCRAM logins · RFC 5802, RFC 7677")
struct SCRAMLoginTests {
    private func scene(
        _ security: TransportSecurity = .encrypted, passwords: PasswordPolicy = PasswordPolicy()
    ) throws -> LoginScene {
        var policy = SASLPolicy()
        policy.passwords = passwords
        return try LoginScene(
            policy: policy, security: security,
            accounts: [
                "juliet@example.com": try credentials(of: "r0m30myr0m30", policy: passwords)
            ])
    }

    /// Plays an exchange to its end.
    private func login(
        _ scene: inout LoginScene, _ mechanism: String, _ client: SCRAMClient
    ) throws -> SASLNegotiation.Order {
        let order = scene.start(mechanism, client.first)
        guard let challenge = order.challenge else { return order }
        return scene.respond(try client.final(challenge))
    }

    private struct Example {
        let mechanism: String
        let keys: SCRAMKeys
        let nonce: String
        let messages: [String]
    }

    private func play(_ example: Example) throws {
        var scene = try LoginScene(accounts: ["user@example.com": .scram([example.keys])])
        let challenge = scene.start(
            example.mechanism, example.messages[0], nonce: example.nonce)
        #expect(challenge == .challenge(Array(example.messages[1].utf8)))
        let identity = SASLIdentity(account: try address("user@example.com"), isAnonymous: false)
        #expect(
            scene.respond(example.messages[2])
                == .succeed(identity, additionalData: Array(example.messages[3].utf8)))
    }

    @Test("RFC 5802 §5: the example, byte for byte")
    func sha1Example() throws {
        try play(
            Example(
                mechanism: "SCRAM-SHA-1",
                keys: keys(of: "pencil", .sha1, salt: "QSXCR+Q6sek8bf92"),
                nonce: "3rfcNHYJY1ZVvWVs7j",
                messages: [
                    "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                        + "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
                ]))
    }

    @Test("RFC 7677 §3: the example, byte for byte")
    func sha256Example() throws {
        try play(
            Example(
                mechanism: "SCRAM-SHA-256",
                keys: keys(of: "pencil", .sha256, salt: "W22ZaJ0SNY7soEsUEjb6gQ=="),
                nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                messages: [
                    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
                ]))
    }

    @Test("every hash function, with and without an initial response")
    func hashes() throws {
        for hash in HashFunction.allCases {
            let client = SCRAMClient(hash: hash)
            let mechanism = SASLMechanism.scramName(of: hash)
            var scene = try scene()
            #expect(try login(&scene, mechanism, client).account == "juliet@example.com")
            var asked = try self.scene()
            #expect(asked.start(mechanism, nil) == .challenge([]))
            let challenge = try #require(asked.respond(client.first).challenge)
            #expect(asked.respond(try client.final(challenge)).account == "juliet@example.com")
        }
    }

    @Test("passwords that are stored as they are: keys are derived, the salt stays the same")
    func storedPlain() throws {
        let client = SCRAMClient(hash: .sha512)
        var scene = try scene(passwords: PasswordPolicy(format: .plain, iterations: 5000))
        let first = scene.start("SCRAM-SHA-512", client.first)
        #expect(scene.start("SCRAM-SHA-512", client.first) == first)
        let challenge = try #require(first.challenge)
        #expect(challenge.hasSuffix(",i=5000"))
        #expect(scene.respond(try client.final(challenge)).account == "juliet@example.com")
        #expect(scene.work == ["look up", "derive 5000", "look up", "derive 5000"])
    }

    @Test("§5.1: user name with a comma and an equals sign, prepared")
    func username() throws {
        var scene = try LoginScene(accounts: ["a,b=c@example.com": try credentials(of: "p")])
        let client = SCRAMClient(username: "A=2Cb=3D\u{AD}c", password: "p")
        #expect(try login(&scene, "SCRAM-SHA-256", client).account == "a,b=c@example.com")
    }

    @Test("RFC 6120 §6.3.8: authorization identity: one's own address or none")
    func authzid() throws {
        for (authzid, isAccepted) in [
            ("", true), ("a=juliet@example.com", true), ("a=Juliet@example.com", true),
            ("a=romeo@example.com", false), ("a=juliet", false), ("a=juliet@example.com/x", false),
        ] {
            var scene = try scene()
            let order = try login(
                &scene, "SCRAM-SHA-256", SCRAMClient(header: "n,\(authzid),"))
            #expect((order.account != nil) == isAccepted, "\(authzid)")
            #expect(order.condition == (isAccepted ? nil : .invalidAuthzid), "\(authzid)")
        }
    }

    @Test("extensions that may be ignored are")
    func extensions() throws {
        var scene = try scene()
        let client = SCRAMClient()
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        let final = try client.final(challenge, extensions: ",x=1=2,Z=ä")
        #expect(scene.respond(final).account == "juliet@example.com")
    }

    @Test("a wrong password is not authorized")
    func wrongPassword() throws {
        for hash in HashFunction.allCases {
            var scene = try scene()
            let client = SCRAMClient(hash: hash, password: "r0m30")
            let order = try login(&scene, SASLMechanism.scramName(of: hash), client)
            #expect(order == .fail(.notAuthorized))
        }
    }

    @Test("a name that no account can have is not authorized")
    func badName() throws {
        var scene = try scene()
        for name in ["a b", "\u{7}", "juliet@example.com", "\u{AD}"] {
            let order = scene.start("SCRAM-SHA-256", "n,,n=\(name),r=abc")
            #expect(order == .fail(.notAuthorized))
        }
        #expect(scene.work == [])
    }

    @Test("a proof cannot be used again")
    func replay() throws {
        var scene = try scene()
        let client = SCRAMClient()
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        let proof = try client.final(challenge)
        _ = scene.start("SCRAM-SHA-256", client.first, nonce: "another")
        #expect(scene.respond(proof).condition == .notAuthorized)
    }
}

@Suite("SCRAM and users that do not exist · RFC 5802 §9")
struct SCRAMUnknownUserTests {
    private func scene(_ passwords: PasswordPolicy) throws -> LoginScene {
        var policy = SASLPolicy()
        policy.passwords = passwords
        return try LoginScene(
            policy: policy,
            accounts: ["juliet@example.com": try credentials(of: "p", policy: passwords)])
    }

    private static let policies = [
        PasswordPolicy(iterations: 5000), PasswordPolicy(format: .plain, iterations: 5000),
    ]

    @Test(
        "salt, rounds, work and answer are those of a user with another password",
        arguments: policies)
    func indistinguishable(policy: PasswordPolicy) throws {
        for hash in HashFunction.allCases {
            var works: [[String]] = []
            for name in ["juliet", "nobody"] {
                var scene = try scene(policy)
                let client = SCRAMClient(hash: hash, username: name, password: "wrong")
                let order = scene.start(SASLMechanism.scramName(of: hash), client.first)
                let challenge = try #require(order.challenge)
                let fields = challenge.split(separator: ",")
                #expect(Base64.decode(String(fields[1].dropFirst(2)))?.count == 16)
                #expect(fields[2] == "i=5000")
                #expect(scene.respond(try client.final(challenge)) == .fail(.notAuthorized))
                works.append(scene.work)
            }
            #expect(works[0] == works[1])
        }
    }

    @Test(
        "the salt stays the same for one name and hash, and differs for others", arguments: policies
    )
    func stableSalt(policy: PasswordPolicy) throws {
        func salt(_ mechanism: String, _ name: String) throws -> Substring {
            var scene = try scene(policy)
            let challenge = try #require(scene.start(mechanism, "n,,n=\(name),r=abc").challenge)
            return challenge.split(separator: ",")[1]
        }
        let salt1 = try salt("SCRAM-SHA-1", "nobody")
        #expect(try salt("SCRAM-SHA-1", "nobody") == salt1)
        #expect(try salt("SCRAM-SHA-1", "NoBody") == salt1)
        #expect(try salt("SCRAM-SHA-1", "no-one") != salt1)
        #expect(try salt("SCRAM-SHA-256", "nobody") != salt1)
    }

    @Test("the salts of another server's secret are others")
    func secret() throws {
        let account = try address("nobody@example.com")
        let salts = [UInt8(1), 2].map { byte in
            DecoyCredentials(secret: [UInt8](repeating: byte, count: 32))
                .salt(of: account, hash: .sha1)
        }
        #expect(salts[0] != salts[1])
    }

    @Test("an account without keys for the mechanism looks like none")
    func noKeys() throws {
        var scene = try scene(PasswordPolicy())
        scene.accounts["old@example.com"] = .scram([try keys(of: "p", .sha1)])
        let client = SCRAMClient(hash: .sha256, username: "old", password: "p")
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        #expect(scene.respond(try client.final(challenge)) == .fail(.notAuthorized))
    }

    @Test("on a host that stores passwords, not even the made-up one lets anybody in")
    func madeUpPassword() throws {
        let policy = PasswordPolicy(format: .plain)
        let decoys = DecoyCredentials(secret: Array(repeating: 7, count: 32))
        guard
            case .plain(let made) = decoys.credentials(
                of: try address("nobody@example.com"), policy: policy)
        else {
            Issue.record("not a password")
            return
        }
        var scene = try scene(policy)
        let client = SCRAMClient(username: "nobody", password: made.text)
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        #expect(scene.respond(try client.final(challenge)) == .fail(.notAuthorized))
        #expect(scene.start("PLAIN", "\0nobody\0\(made.text)") == .fail(.notAuthorized))
    }
}
