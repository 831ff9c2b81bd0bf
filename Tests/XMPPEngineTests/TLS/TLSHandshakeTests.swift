import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import XMPPEngine

@Suite("TLS handshake · RFC 6120 §5, RFC 7590")
struct TLSHandshakeTests {
    let folder = try? CertificateFolder()

    private func store(_ hosts: String..., fallback: String? = nil) throws -> CertificateStore {
        let folder = try #require(folder)
        let files = try hosts.map { try folder.certificate($0, file: $0 + ".pem") }
        return try CertificateStore(files: files, fallbackHost: fallback)
    }

    @Test(
        "TLS 1.2 and 1.3 both end with the same facts and channel bindings on both sides",
        arguments: ["no_tlsv1_3", "no_tlsv1_2"])
    func versions(option: String) throws {
        let profile = TLSProfile(protocolOptions: [option])
        let pair = try TLSPair(
            store: try store("verona.example"), clientProfile: profile, sni: "verona.example")
        try pair.run()
        let server = try #require(pair.server.recorder.facts)
        let client = try #require(pair.client.recorder.facts)
        #expect(server.version == (option == "no_tlsv1_3" ? "TLSv1.2" : "TLSv1.3"))
        #expect(server.version == client.version && server.cipher == client.cipher)
        #expect(server.exporterBinding?.count == 32)
        #expect(server.exporterBinding == client.exporterBinding)
        #expect(server.serverEndPointBinding?.count == 32)
        #expect(server.serverEndPointBinding == client.serverEndPointBinding)
        #expect(server.serverName == "verona.example" && !server.isResumed)
        #expect(client.peer?.names.hosts == ["verona.example", "*.verona.example"])
        #expect(client.peer?.isTrusted == false)
    }

    @Test("A handshake in pieces of one byte succeeds, and so does what follows")
    func pieces() throws {
        let pair = try TLSPair(store: try store("verona.example"))
        try pair.run(pieces: 1)
        pair.client.send("<stream/>")
        try pair.run(pieces: 1)
        #expect(pair.server.recorder.text == "<stream/>")
    }

    @Test(
        "RFC 6066 §3: each host shows its own certificate, an unknown one the fallback's",
        arguments: [
            ("verona.example", "verona.example"), ("Mantua.Example", "mantua.example"),
            ("chat.mantua.example", "mantua.example"), ("padua.example", "mantua.example"),
            ("a.b.verona.example", "mantua.example"),
        ])
    func serverNames(sni: String, shown: String) throws {
        let store = try store("verona.example", "mantua.example", fallback: "mantua.example")
        let pair = try TLSPair(store: store, sni: sni)
        try pair.run()
        #expect(pair.client.recorder.facts?.peer?.names.hosts.first == shown)
    }

    @Test("Without SNI the stream's to chooses the certificate, with SNI it does not")
    func streamHost() throws {
        let store = try store("verona.example", "mantua.example")
        let silent = try TLSPair(store: store, to: "mantua.example")
        try silent.run()
        #expect(silent.client.recorder.facts?.peer?.names.hosts.first == "mantua.example")
        let named = try TLSPair(store: store, sni: "verona.example", to: "mantua.example")
        try named.run()
        #expect(named.client.recorder.facts?.peer?.names.hosts.first == "verona.example")
    }

    @Test("Without any certificate the handshake fails and names the host")
    func noCertificate() throws {
        let pair = try TLSPair(store: try CertificateStore(files: []), sni: "verona.example")
        try pair.run()
        #expect(pair.server.recorder.tlsErrors == [.noCertificate(host: "verona.example")])
        #expect(pair.client.recorder.tlsErrors == [.alertReceived("tlsv1 unrecognized name")])
        #expect(!pair.server.channel.isActive)
    }

    @Test(
        "XEP-0368 §4: xmpp-client is chosen whatever else is offered",
        arguments: [["xmpp-client"], ["h2", "xmpp-client"]])
    func applicationProtocol(offer: [String]) throws {
        let pair = try TLSPair(
            store: try store("verona.example"), serverProfile: .directClients,
            clientProfile: TLSProfile(applicationProtocols: offer))
        try pair.run()
        #expect(pair.server.recorder.facts?.applicationProtocol == "xmpp-client")
        #expect(pair.client.recorder.facts?.applicationProtocol == "xmpp-client")
    }

    @Test("RFC 7301 §3.2: ALPN without a protocol that is served ends in an alert")
    func wrongApplicationProtocol() throws {
        let pair = try TLSPair(
            store: try store("verona.example"), serverProfile: .directClients,
            clientProfile: TLSProfile(applicationProtocols: ["h2", "http/1.1"]))
        try pair.run()
        #expect(pair.server.recorder.tlsErrors == [.noApplicationProtocol])
        #expect(
            pair.client.recorder.tlsErrors == [
                .alertReceived("tlsv1 alert no application protocol")
            ])
    }

    @Test("XEP-0368 §4: a client that offers no ALPN is served")
    func noApplicationProtocol() throws {
        let pair = try TLSPair(
            store: try store("verona.example"), serverProfile: .directClients)
        try pair.run()
        #expect(pair.server.recorder.facts?.applicationProtocol == nil)
        #expect(pair.server.recorder.errors.isEmpty)
    }

    @Test("Peers with no version in common do not agree")
    func noCommonVersion() throws {
        let pair = try TLSPair(
            store: try store("verona.example"),
            serverProfile: TLSProfile(protocolOptions: ["no_tlsv1_2"]),
            clientProfile: TLSProfile(protocolOptions: ["no_tlsv1_3"]))
        try pair.run()
        #expect(pair.server.recorder.tlsErrors == [.handshakeFailed("unsupported protocol")])
        #expect(!pair.client.channel.isActive)
    }

    @Test(
        "Garbage instead of a ClientHello is an error and the end, and reaches nobody",
        arguments: [
            "<stream:stream xmlns='jabber:client'>", "GET / HTTP/1.1\r\n\r\n",
            String(repeating: "\u{0}", count: 64), "\u{16}\u{3}\u{1}\u{0}\u{5}hello",
            "SSH-2.0-OpenSSH_9.2\r\n", String(repeating: "x", count: 70_000),
        ])
    func garbage(bytes: String) throws {
        let context = try TLSContext(.server(try store("verona.example")), profile: .startTLS)
        let server = try TLSEnd(context)
        server.channel.pipeline.fireChannelRead(ByteBuffer(string: bytes))
        server.channel.pipeline.fireChannelReadComplete()
        #expect(server.recorder.tlsErrors.count == 1)
        #expect(server.recorder.received.readableBytes == 0)
        #expect(!server.channel.isActive)
    }

    @Test("A connection that ends within the handshake is an error, wherever it is cut")
    func truncated() throws {
        let store = try store("verona.example")
        for length in stride(from: 0, to: 200, by: 17) {
            let pair = try TLSPair(store: store)
            let hello = try #require(try pair.client.outbound().first)
            let part = hello.getSlice(at: 0, length: length)
            pair.server.channel.pipeline.fireChannelRead(try #require(part))
            pair.server.lose()
            #expect(pair.server.recorder.tlsErrors == [.truncated])
            #expect(pair.server.recorder.isInactive)
        }
    }

    @Test("RFC 6120 §13.7.1.2: a client certificate's identities are told, trusted or not")
    func clientCertificate() throws {
        let folder = try #require(folder)
        let client = try folder.romeosCertificate()
        for authority in [nil, client] {
            let profile = TLSProfile(requestsPeerCertificate: true, authoritiesFile: authority)
            let pair = try TLSPair(
                store: try store("verona.example"), serverProfile: profile,
                clientStore: try CertificateStore(files: [client]))
            try pair.run()
            let peer = try #require(pair.server.recorder.facts?.peer)
            #expect(peer.names.addresses == ["romeo@verona.example"])
            #expect(peer.names.services == ["_xmpp-client.verona.example"])
            #expect(peer.names.emails == ["romeo@mail.example"])
            #expect(peer.names.hosts == ["verona.example"])
            #expect(peer.names.commonName == "Romeo")
            #expect(peer.isTrusted == (authority != nil))
        }
    }

    @Test("A client asked for a certificate may have none")
    func noClientCertificate() throws {
        let pair = try TLSPair(
            store: try store("verona.example"),
            serverProfile: TLSProfile(requestsPeerCertificate: true))
        try pair.run()
        let facts = try #require(pair.server.recorder.facts)
        #expect(facts.peer == nil)
    }

    @Test(
        "Unusable options are named",
        arguments: [
            TLSProfile(ciphers: "NO-SUCH-CIPHER"), TLSProfile(ciphers: "TLS_NO_SUCH_SUITE"),
            TLSProfile(protocolOptions: ["no_tlsv1_4"]),
            TLSProfile(protocolOptions: ["no_tlsv1_2", "no_tlsv1_3"]),
            TLSProfile(requestsPeerCertificate: true, authoritiesFile: "/nowhere.pem"),
        ])
    func badOptions(profile: TLSProfile) throws {
        let store = try CertificateStore(files: [])
        #expect {
            try TLSContext(.server(store), profile: profile)
        } throws: { error in
            if case .badOption = error as? TLSError { true } else { false }
        }
    }
}

extension CertificateFolder {
    /// A self-signed client certificate with every kind of identity.
    func romeosCertificate() throws -> String {
        let names = """
            [req]
            distinguished_name=n
            [n]
            [v]
            subjectAltName=@a
            [a]
            otherName.1=1.3.6.1.5.5.7.8.5;UTF8:romeo@verona.example
            otherName.2=1.3.6.1.5.5.7.8.7;IA5:_xmpp-client.Verona.example
            email.1=romeo@mail.example
            DNS.1=Verona.example
            """
        let config = try write(names, "romeo.cnf")
        try openSSL(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=Romeo", "-config", config, "-extensions", "v", "-keyout",
                "romeo.key", "-out", "romeo.crt",
            ], in: path)
        return try write(try read("romeo.crt") + read("romeo.key"), "romeo.pem")
    }
}
