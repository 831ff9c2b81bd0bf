import Foundation
import NIOCore
import Testing

@testable import XMPPEngine

/// The server against OpenSSL's own command line client over loopback.
@Suite("TLS with openssl s_client")
struct OpenSSLClientTests {
    private let folder: CertificateFolder
    private let store: CertificateStore

    init() throws {
        let folder = try CertificateFolder()
        let files = try ["verona.example", "mantua.example"].map {
            try folder.certificate($0, file: $0 + ".pem")
        }
        self.folder = folder
        store = try CertificateStore(files: files)
    }

    private func connect(
        _ server: LoopbackServer, _ arguments: [String], input: String = "hello from here\n"
    ) async throws -> String {
        let all = ["s_client", "-connect", "127.0.0.1:\(server.port)"] + arguments
        let path = folder.path
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try openSSL(all, input: input, in: path) })
            }
        }
    }

    private func server(_ profile: TLSProfile = .directClients) async throws -> LoopbackServer {
        try await LoopbackServer(tls: TLSContext(.server(store), profile: profile))
    }

    @Test(
        "TLS 1.2 and 1.3 are spoken, 1.1 is not",
        arguments: [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2")])
    func versions(option: String, name: String) async throws {
        let server = try await server()
        let text = try await connect(server, [option])
        #expect(text.contains("New, \(name), Cipher is"))
        #expect(text.contains("Compression: NONE"))
        let old = try await connect(server, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(old.contains("alert protocol version"))
        try await server.stop()
    }

    @Test("SNI chooses the certificate", arguments: ["verona.example", "mantua.example"])
    func serverName(host: String) async throws {
        let server = try await server()
        let text = try await connect(server, ["-servername", host])
        #expect(text.contains("subject=CN = \(host)"))
        try await server.stop()
    }

    @Test("ALPN: xmpp-client is chosen, h2 alone is refused")
    func applicationProtocol() async throws {
        let server = try await server()
        let good = try await connect(server, ["-alpn", "h2,xmpp-client"])
        #expect(good.contains("ALPN protocol: xmpp-client"))
        let bad = try await connect(server, ["-alpn", "h2"])
        #expect(bad.contains("no application protocol"))
        try await server.stop()
    }

    @Test(
        "Sessions are resumed with a ticket, in TLS 1.2 also without",
        arguments: [["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-no_ticket"]])
    func resumption(options: [String]) async throws {
        let server = try await server()
        let name = ["-servername", "verona.example"]
        _ = try await connect(server, options + name + ["-sess_out", "session.pem"])
        let again = try await connect(server, options + name + ["-sess_in", "session.pem"])
        #expect(again.contains("Reused, TLS"))
        try await server.stop()
    }

    @Test("A session is not resumed once its certificate was replaced")
    func resumptionAfterReload() async throws {
        let server = try await server()
        let options = ["-tls1_3", "-servername", "verona.example"]
        _ = try await connect(server, options + ["-sess_out", "session.pem"])
        try folder.certificate("verona.example", file: "verona.example.pem")
        try store.reload()
        let again = try await connect(server, options + ["-sess_in", "session.pem"])
        #expect(again.contains("New, TLSv1.3"))
        try await server.stop()
    }

    @Test("A client's renegotiation is refused, the session goes no further")
    func renegotiation() async throws {
        let server = try await server()
        let text = try await connect(server, ["-tls1_2"], input: "R\n")
        #expect(text.contains("RENEGOTIATING"))
        #expect(text.contains("no renegotiation"))
        try await server.stop()
    }

    @Test("A client that asks for TLS 1.0 to 1.2 ciphers without ECDHE is refused")
    func weakCipher() async throws {
        let server = try await server()
        let text = try await connect(server, ["-tls1_2", "-cipher", "AES128-SHA"])
        #expect(text.contains("handshake failure"))
        try await server.stop()
    }
}
