import Testing
import XMPPCore

@testable import XMPPEngine

@Suite("Channel binding · RFC 5802 §6, RFC 9266, RFC 5929")
struct ChannelBindingTests {
    private func scene(_ security: TransportSecurity = .bindable) throws -> LoginScene {
        try LoginScene(
            security: security,
            accounts: ["juliet@example.com": try credentials(of: "r0m30myr0m30")])
    }

    private func login(_ mechanism: String, _ client: SCRAMClient) throws -> SASLNegotiation.Order {
        var scene = try scene()
        let order = scene.start(mechanism, client.first)
        guard let challenge = order.challenge else { return order }
        return scene.respond(try client.final(challenge))
    }

    private static let tlsExporter = [UInt8](1...32)

    @Test("tls-exporter and tls-server-end-point, with every hash function")
    func bound() throws {
        for hash in HashFunction.allCases {
            for (name, data) in [
                ("tls-exporter", Self.tlsExporter), ("tls-server-end-point", Array(101...132)),
            ] {
                let client = SCRAMClient(hash: hash, header: "p=\(name),,", bindingData: data)
                let order = try login(SASLMechanism.scramName(of: hash) + "-PLUS", client)
                #expect(order.account == "juliet@example.com")
            }
        }
    }

    private static let mismatch = SASLNegotiation.Order.fail(
        SASLFailure(.notAuthorized, "The channel binding does not match"))

    @Test("data of another connection, of another type, or none at all do not match")
    func wrongData() throws {
        for data: [UInt8] in [[UInt8](2...33), [UInt8](101...132), [UInt8](1...31), []] {
            let client = SCRAMClient(header: "p=tls-exporter,,", bindingData: data)
            #expect(try login("SCRAM-SHA-256-PLUS", client) == Self.mismatch)
        }
    }

    @Test("the header in the proof must be the one that was sent")
    func changedHeader() throws {
        for (sent, proven) in [("n,,", "y,,"), ("n,,", "n,a=juliet@example.com,"), ("n,,", "n,")] {
            var scene = try scene()
            let challenge = try #require(
                scene.start("SCRAM-SHA-256", SCRAMClient(header: sent).first).challenge)
            let order = scene.respond(try SCRAMClient(header: proven).final(challenge))
            #expect(order == Self.mismatch)
        }
    }

    @Test("a client that was kept from seeing -PLUS is told so")
    func downgrade() throws {
        let order = try login("SCRAM-SHA-256", SCRAMClient(header: "y,,"))
        #expect(order.condition == .notAuthorized)
        guard case .fail(let failure) = order else { return }
        #expect(failure.text == "The server does support channel binding")
    }

    @Test("a client that can bind logs in where the server cannot")
    func notOffered() throws {
        var scene = try scene(.encrypted)
        let client = SCRAMClient(header: "y,,")
        let challenge = try #require(scene.start("SCRAM-SHA-256", client.first).challenge)
        #expect(scene.respond(try client.final(challenge)).account == "juliet@example.com")
    }

    @Test("a client that cannot bind logs in where the server can")
    func unsupported() throws {
        #expect(try login("SCRAM-SHA-256", SCRAMClient()).account == "juliet@example.com")
    }

    @Test("flag and mechanism must agree")
    func disagreement() throws {
        for (mechanism, header) in [
            ("SCRAM-SHA-256", "p=tls-exporter,,"), ("SCRAM-SHA-256-PLUS", "n,,"),
            ("SCRAM-SHA-256-PLUS", "y,,"),
        ] {
            let order = try login(mechanism, SCRAMClient(header: header))
            #expect(order.condition == .malformedRequest)
        }
    }

    @Test("a type that is unknown, or that this connection does not have, is refused")
    func otherType() throws {
        let order = try login("SCRAM-SHA-1-PLUS", SCRAMClient(header: "p=tls-unique,,"))
        #expect(order.condition == .notAuthorized)
        var scene = try scene(
            TransportSecurity(isEncrypted: true, channelBindings: [.tlsServerEndPoint: [1]]))
        #expect(scene.negotiation.offer.channelBindings == [.tlsServerEndPoint])
        let refused = scene.start("SCRAM-SHA-1-PLUS", "p=tls-exporter,,n=juliet,r=abc")
        #expect(refused.condition == .notAuthorized)
    }

    @Test("a -PLUS mechanism on a connection without binding is invalid")
    func plusNotOffered() throws {
        var scene = try scene(.encrypted)
        #expect(
            scene.start("SCRAM-SHA-1-PLUS", "p=tls-exporter,,n=juliet,r=abc")
                == .fail(.invalidMechanism))
    }
}
