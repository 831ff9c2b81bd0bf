import Testing
import XMPPConfig

@testable import HTTPFront

@Suite("Whom a proxy speaks for · RFC 7239")
struct ForwardedClientTests {
    private static let proxy = PeerAddress(forwarded: "10.0.0.1")

    /// What the fields say behind a trusted proxy; 10.0.0.0/8 is trusted.
    private static func read(_ fields: ForwardingFields) throws -> ForwardedClient? {
        let trusted = TrustedProxies.networks([IPNetwork("10.0.0.0/8")].compactMap { $0 })
        let peer = try #require(proxy)
        return try fields.client(behind: peer) { trusted.trusts($0) }
    }

    private static func standard(_ lines: String...) throws -> ForwardedClient? {
        try read(ForwardingFields(forwarded: lines))
    }

    private static func usual(_ lines: String...) throws -> ForwardedClient? {
        try read(ForwardingFields(addresses: lines))
    }

    @Test(
        "§4: the last address that is not a trusted proxy's",
        arguments: [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"192.0.2.1:80\"", "192.0.2.1"),
            ("for=\"[2001:db8::1]\"", "2001:db8::1"),
            ("for=\"[2001:db8::1]:80\";proto=https;by=10.0.0.1", "2001:db8::1"),
            ("for=198.51.100.9, for=192.0.2.1", "192.0.2.1"),
            ("for=198.51.100.9,for=192.0.2.1 , for=10.1.2.3", "192.0.2.1"),
            ("for=10.1.2.3, for=10.1.2.4", "10.1.2.3"),
            ("for=192.0.2.1, for=unknown", "10.0.0.1"),
            ("for=192.0.2.1, for=_secret, for=10.2.2.2", "10.2.2.2"),
            ("for=_gazonk", "10.0.0.1"),
            (",, for=192.0.2.1 ,,", "192.0.2.1"),
            ("for=192.0.2.1;", "192.0.2.1"),
            ("for=\"192.0.2.\\1\"", "192.0.2.1"),
        ])
    func standardAddress(field: String, address: String) throws {
        #expect(try Self.standard(field)?.address.description == address)
    }

    @Test("§4: elements in several lines are one list")
    func severalLines() throws {
        let client = try Self.standard("for=198.51.100.9", "for=192.0.2.1;proto=https")
        #expect(client?.address.description == "192.0.2.1")
        #expect(client?.isSecure == true)
    }

    @Test(
        "§4: what is malformed is refused: it may hide another proxy's element",
        arguments: [
            "for=\"192.0.2.1", "for=192.0.2.1 for=1", "for", "for=", "=192.0.2.1", "for=[::1]",
            "for=192.0.2.1;for=192.0.2.2", "for =192.0.2.1", "for= 192.0.2.1", "for=\"a\\", "@=1",
            "for=\"198.51.100.9, for=192.0.2.1",
        ])
    func malformed(field: String) {
        #expect(throws: ForwardingFields.Contradiction.self) { try Self.standard(field) }
    }

    @Test(
        "X-Forwarded-For: the last address that is not a trusted proxy's",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:1", "2001:db8::1"),
            ("198.51.100.9, 192.0.2.1", "192.0.2.1"),
            ("198.51.100.9,192.0.2.1,10.3.3.3", "192.0.2.1"),
            ("\"; drop, 192.0.2.1", "192.0.2.1"), ("192.0.2.1, unknown", "10.0.0.1"),
            ("192.0.2.1, 300.1.1.1", "10.0.0.1"), ("192.0.2.1, 1.2.3.4:99999", "10.0.0.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("10.4.4.4", "10.4.4.4"),
        ])
    func usualAddress(field: String, address: String) throws {
        #expect(try Self.usual(field)?.address.description == address)
    }

    @Test("scheme and host are those of the hop that names the client")
    func schemeAndHost() throws {
        let standard = try Self.standard(
            "for=192.0.2.1;proto=https;host=Chat.example, for=10.1.1.1;proto=http;host=inner")
        #expect(standard?.isSecure == true)
        #expect(standard?.host == "Chat.example")
        let usual = try Self.read(
            ForwardingFields(
                addresses: ["192.0.2.1, 10.1.1.1"], schemes: ["https, http"], hosts: ["chat, inner"]
            ))
        #expect(usual?.isSecure == true)
        #expect(usual?.host == "chat")
        let rewritten = try Self.read(
            ForwardingFields(addresses: ["192.0.2.1, 10.1.1.1"], schemes: ["HTTPS"], hosts: ["h"]))
        #expect(rewritten?.isSecure == true)
        #expect(try Self.usual("192.0.2.1")?.isSecure == nil)
        #expect(try Self.read(ForwardingFields(schemes: ["http"]))?.isSecure == false)
    }

    @Test("two kinds of fields that contradict each other are refused: one is the client's own")
    func contradiction() throws {
        let agreeing = try Self.read(
            ForwardingFields(forwarded: ["for=192.0.2.1"], addresses: ["192.0.2.1:80"]))
        #expect(agreeing?.address.description == "192.0.2.1")
        let lying = [
            ForwardingFields(forwarded: ["for=192.0.2.1"], addresses: ["192.0.2.2"]),
            ForwardingFields(forwarded: ["for=192.0.2.1"], addresses: ["nobody"]),
            ForwardingFields(forwarded: ["for=192.0.2.1;proto=http"], schemes: ["https"]),
            ForwardingFields(forwarded: ["host=a"], hosts: ["b"]),
        ]
        for fields in lying {
            #expect(throws: ForwardingFields.Contradiction.self) { try Self.read(fields) }
        }
        let both = try Self.read(
            ForwardingFields(forwarded: ["proto=https"], addresses: ["192.0.2.1"]))
        #expect(both?.address.description == "192.0.2.1")
        #expect(both?.isSecure == true)
    }

    @Test("X-Real-IP counts alone only, and no field says nothing")
    func realAddress() throws {
        let alone = try Self.read(ForwardingFields(realAddress: ["192.0.2.1"]))
        #expect(alone?.address.description == "192.0.2.1")
        let beside = try Self.read(
            ForwardingFields(addresses: ["192.0.2.2"], realAddress: ["192.0.2.1"]))
        #expect(beside?.address.description == "192.0.2.2")
        #expect(try Self.read(ForwardingFields()) == nil)
    }
}
